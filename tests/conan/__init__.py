"""Tests with Conan itself and no cross compiler."""
