"""How the gradients of several tasks become one where they meet; one method a file."""
