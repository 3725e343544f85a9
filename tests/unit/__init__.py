"""Tests without compiler and Conan."""
