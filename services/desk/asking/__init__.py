"""Commands and questions to other services and the broker, and their answers."""
