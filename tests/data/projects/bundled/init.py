"""A module that needs lz4, and LevelDB, which needs Snappy: shared libraries of Conan."""
