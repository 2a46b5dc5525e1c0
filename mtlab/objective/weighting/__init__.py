"""How the losses of several tasks become one; one method a file."""
