"""`python -m services.parser`."""

from services.parser.app import assemble
from shared.runtime import main

if __name__ == "__main__":
    main("parser", assemble)
