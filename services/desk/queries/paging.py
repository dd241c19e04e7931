"""Where the next page of a list begins: after a moment and an id, as one word in an address."""

import base64
import binascii
from datetime import datetime
from uuid import UUID


def token_of(key: datetime, row: UUID) -> str:
    """Name the place after a row."""
    return base64.urlsafe_b64encode(f"{key.isoformat()} {row}".encode()).decode().rstrip("=")


def place_of(token: str | None) -> tuple[datetime, UUID] | None:
    """Read where a page begins; a token that is not ours begins at the start."""
    if not token:
        return None
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        moment, _, row = text.partition(" ")
        at = datetime.fromisoformat(moment)
        return (at, UUID(row)) if at.tzinfo else None
    except (ValueError, binascii.Error):
        return None
