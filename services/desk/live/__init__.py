"""Pages that are open: what has changed, and who else is there."""
