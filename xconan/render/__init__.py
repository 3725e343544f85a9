"""Records -> the texts that others read: Conan, CMake, the cross interpreter, people."""
