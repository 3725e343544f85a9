"""The ground: errors, files, the door to other programs, locks, and where errors end."""
