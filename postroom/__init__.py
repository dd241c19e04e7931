"""The command, and the only place that puts services together; nothing imports it."""
