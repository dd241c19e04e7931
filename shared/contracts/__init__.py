"""The messages of the broker, and the values that ride in them. Imports nothing but pydantic."""
