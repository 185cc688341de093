"""What is drawn over the editors, and what is under the mouse."""
