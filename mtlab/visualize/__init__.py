"""Pictures of what a run has learned: one kind, one file."""
