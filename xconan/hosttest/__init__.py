"""A wheel tried on its host: the Python that runs here, an environment for it, imports and commands."""
