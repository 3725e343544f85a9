"""Ready-made toolchains and their Pythons: archives that are fetched, verified, unpacked and listed."""
