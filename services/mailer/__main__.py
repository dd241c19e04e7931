"""`python -m services.mailer`."""

from services.mailer.app import assemble
from shared.runtime import main

if __name__ == "__main__":
    main("mailer", assemble)
