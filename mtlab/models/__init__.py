"""Networks: shared trunks, a head for each task."""
