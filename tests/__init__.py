"""The project's tests and what they stand on."""
