"""What a binary says of itself: ELF, Mach-O, PE."""
