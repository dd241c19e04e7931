"""`python -m services.ingest`."""

from services.ingest.app import assemble
from shared.runtime import main

if __name__ == "__main__":
    main("ingest", assemble)
