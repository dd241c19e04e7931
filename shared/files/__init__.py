"""Files that people send each other: their type, their name, and what the settings say of them."""
