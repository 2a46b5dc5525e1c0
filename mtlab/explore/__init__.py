"""Pictures and measures of a dataset."""
