"""What runs inside of Conan, and what it asks: recipes of wheels, the folder for conan config install."""
