"""From folders to runs: what is there is read once, what cannot be read is named."""
