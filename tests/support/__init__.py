"""What tests and demonstrations need from outside: host Pythons, upstream sources, emulation, a Conan home.

Everything comes from the archive that the machine's own apt sources name; nothing of the machine's own
package database or Conan home is read or changed.
"""
