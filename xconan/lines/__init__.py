"""Lines beside the straight one: to an editable install, to a second wheel of a project."""
