"""What is drawn in the sidebars. Drawing only: no file, no search, no process, no change of state."""
