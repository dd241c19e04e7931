"""`python -m services.triggers`."""

from services.triggers.app import assemble
from shared.runtime import main

if __name__ == "__main__":
    main("triggers", assemble)
