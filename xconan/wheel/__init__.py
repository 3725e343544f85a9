"""Wheels and source distributions: collected, written, joined, checked."""
