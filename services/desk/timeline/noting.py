"""Internal notes after they are written: what became of one, and what a person may still do with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.desk.queries.people import User
from services.desk.queries.timeline import Post
from shared.contracts.notes import changeable_until

May = Literal["", "edit", "withdraw"]
"""`edit` covers `withdraw`."""


@dataclass(frozen=True)
class Life:
    """What became of a note since it was written."""

    version: int = 1
    edited_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None


def life_of(post: Post) -> Life:
    edits, edited, withdrawn = (post.details.get(name) for name in ("edits", "edited_at", "withdrawn"))
    version = 1 + edits if isinstance(edits, int) else 1
    edited_at = datetime.fromisoformat(edited) if isinstance(edited, str) else None
    if not isinstance(withdrawn, dict):
        return Life(version, edited_at)
    at = datetime.fromisoformat(str(withdrawn["at"]))
    return Life(version, edited_at, str(withdrawn["by"]) or "a person", at)


def may_do(user: User, post: Post, now: datetime) -> May:
    """Return what somebody may do with a post, as ticketing will judge it."""
    if not user.may_write or post.kind != "note" or life_of(post).withdrawn_at is not None:
        return ""
    if post.user == user.id and now <= changeable_until(post.created_at):
        return "edit"
    return "withdraw" if user.is_admin else ""
