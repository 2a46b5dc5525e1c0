"""Sinks of the user's choice, `tracker=[...]`; one a file."""
