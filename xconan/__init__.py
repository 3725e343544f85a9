"""Cross-compile Python extension wheels together with the native libraries they need."""

__version__ = "0.1.0"
