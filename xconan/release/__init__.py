"""Many targets at once."""
