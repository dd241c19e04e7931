"""Forms whose fields come from types: options, conditions, triggers, settings of plug-ins."""
