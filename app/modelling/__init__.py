"""Drawing and changing shapes in the view: tools, the ghosts that they show, the panel with their numbers."""
