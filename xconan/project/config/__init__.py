"""pyproject.toml, *.cross.toml and overrides -> records; all errors in one pass."""
