"""What a webhook sends, as Standard Webhooks says: the body, and the header fields that sign it. Pure."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from uuid import UUID

from shared.contracts.tickets import TicketEvent

PREFIX = "whsec_"
LEFT_OUT = {"id", "tenant", "caused_by", "hops", "occurred_at", "mail", "replay_of", "silent"}
"""Of an event: how it travels between our services."""


def body_for(event: TicketEvent) -> str:
    """Return the event as JSON; the same text at each attempt."""
    told = {
        "type": event.name.rpartition(".v")[0],
        "timestamp": event.occurred_at.isoformat(),
        "data": event.model_dump(mode="json", exclude=LEFT_OUT),
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def hook_id(delivery: UUID) -> str:
    """Name a delivery; the same at each attempt, so that its receiver knows a repetition."""
    return f"msg_{delivery.hex}"


def signed(delivery: UUID, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Return the header fields of one attempt.

    Raises:
        ValueError: the secret is none.
    """
    named, moment = hook_id(delivery), str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    digest = hmac.new(key, f"{named}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": named,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
