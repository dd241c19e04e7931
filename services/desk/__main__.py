"""`python -m services.desk`."""

from services.desk.serving import assemble, serve
from shared.runtime import main

if __name__ == "__main__":
    main("desk", assemble, serve)
