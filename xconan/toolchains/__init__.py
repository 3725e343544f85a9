"""Compilers and everything around them -> Toolchain."""
