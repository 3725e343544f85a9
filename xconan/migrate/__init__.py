"""Projects of other backends, rewritten: pyproject.toml with our tables, and what has no equivalent."""
