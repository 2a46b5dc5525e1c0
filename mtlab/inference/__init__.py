"""A finished run at work: loading it, asking it, letting several vote, exporting it."""
