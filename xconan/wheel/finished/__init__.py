"""A wheel as a file: opened, read against its name and its own lists, and checked as builds check theirs."""
