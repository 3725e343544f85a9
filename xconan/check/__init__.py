"""A wheel's bytes against its tags -> Findings."""
