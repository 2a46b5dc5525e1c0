"""Tables and figures, and the files that hold them."""
