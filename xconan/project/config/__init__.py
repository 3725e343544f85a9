"""pyproject.toml, cross.toml, local files and `-C override` -> records; all errors in one pass."""
