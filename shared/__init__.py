"""What every service and plug-in may use; layered (docs/architecture.md), importing neither."""
