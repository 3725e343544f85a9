"""What comes from elsewhere: downloads, archives, host Pythons, ready-made toolchains."""
