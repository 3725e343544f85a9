"""What the build machine offers: its programs, its Python's build environment."""
