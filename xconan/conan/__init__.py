"""Conan, driven: the calls, the process they run in, what its failures mean."""
