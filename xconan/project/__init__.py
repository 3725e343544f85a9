"""The project to build: what its files say, and the folders that its builds work in."""
