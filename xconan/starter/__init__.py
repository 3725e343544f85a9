"""First projects: names, kinds and libraries to choose from, and the files made of them."""
