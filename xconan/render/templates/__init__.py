"""Texts as templates: *.j2 for jinja2, the base of the records that fill them in, quoting for each language."""
