"""What varied between runs, means over seeds, comparison with published metrics, charts."""
