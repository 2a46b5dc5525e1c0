"""Where a run is built from its configuration, lived, measured and written down."""
