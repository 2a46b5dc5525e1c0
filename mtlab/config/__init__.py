"""From YAML groups to one typed, checked configuration."""
