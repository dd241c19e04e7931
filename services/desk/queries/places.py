"""Where a page of a list begins, as a token that a program gives back."""

import base64
import binascii
from datetime import datetime
from uuid import UUID


def token_of(at: datetime, row: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row}".encode()).decode().rstrip("=")


def place_of(token: str) -> tuple[datetime, UUID] | None:
    """Read a token; one that is not ours begins at the start."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        moment, _, row = text.partition(" ")
        at = datetime.fromisoformat(moment)
        return (at, UUID(row)) if at.tzinfo else None
    except (ValueError, binascii.Error):
        return None
