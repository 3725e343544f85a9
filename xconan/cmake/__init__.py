"""CMake configures, builds and installs, and says what it has made."""
