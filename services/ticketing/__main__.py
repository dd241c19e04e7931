"""`python -m services.ticketing`."""

from services.ticketing.app import assemble
from shared.runtime import main

if __name__ == "__main__":
    main("ticketing", assemble)
