"""Who is asking, and how they came in: passwords, providers, sessions and tokens."""
