"""What the person touches: the window, its panels, and the command line."""
