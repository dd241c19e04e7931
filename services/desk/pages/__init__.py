"""Pages for people, drawn on the server; they read, change and reply without any script."""
