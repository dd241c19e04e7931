"""`python -m sandbox`."""

import argparse
from pathlib import Path

from sandbox.serving import MAILBOX, PORT, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description="A Microsoft Graph of your own, for mail.")
    parser.add_argument("--state", type=Path, help="folder that remembers; without it, all is forgotten")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--load", type=Path, help="folder whose .eml files arrive in the first mailbox")
    parser.add_argument("--mailbox", action="append", help=f"address; may be repeated (default {MAILBOX})")
    asked = parser.parse_args()
    serve(asked.state, asked.port, asked.load, asked.mailbox or (MAILBOX,))


if __name__ == "__main__":
    main()
