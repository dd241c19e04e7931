"""Threads as people have them: who answers got the mail that they answer; the same from the same seed."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.service.placement.cases import named
from tests.service.placement.office import SUPPORT
from tests.walk.letters import letter

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONGEST_THREAD = 7


@dataclass(frozen=True)
class Written:
    """One mail. `answers`: ids from the first of the thread to the one that it answers."""

    message_id: str
    sender: str
    cc: frozenset[str]
    answers: tuple[str, ...]
    at: datetime

    @property
    def people(self) -> list[str]:
        return sorted({self.sender, *self.cc})


@dataclass(frozen=True)
class Thread:
    key: str
    mails: dict[str, bytes] = field(repr=False)
    """What arrives, by Message-ID in its brackets."""


def thread(rng: random.Random, number: int, ours: str | None = None) -> Thread:
    """Write a thread. `ours`: the Message-ID of our mail that it begins with; else somebody's mail does,
    which in one of ten never arrives."""
    firm = f"firm{number}.example"
    ann = f"ann@{firm}"
    friends = [f"{name}@{name}{number}.example" for name in ("bea", "cy", "dora")]
    cc = frozenset(rng.sample(friends, rng.randrange(3)))
    root_id = f"<{ours}>" if ours else f"<root.{number}@{firm}>"
    root = Written(root_id, ann, frozenset() if ours else cc, (), BEGIN)
    lost = ours is None and rng.random() < 0.1
    known, arrives = [root], {} if lost or ours else {root_id: _raw(rng, number, root)}
    for step in range(1, rng.randrange(2, LONGEST_THREAD + 1)):
        parent = rng.choice(known)
        sender = rng.choice(parent.people)
        all_of_them = lost or rng.random() < 0.7
        mail = Written(
            f"<mail.{number}.{step}@{firm}>",
            sender,
            frozenset(parent.people) - {sender} if all_of_them else frozenset(),
            (*parent.answers, parent.message_id),
            BEGIN + timedelta(minutes=10 * step),
        )
        known.append(mail)
        arrives[mail.message_id] = _raw(rng, number, mail)
    return Thread(f"thread {number}", arrives)


def _raw(rng: random.Random, number: int, mail: Written) -> bytes:
    """In the three forms that mail programs have: both fields, or one of them."""
    fields = {"to": SUPPORT, **({"cc": ", ".join(sorted(mail.cc))} if mail.cc else {})}
    form = rng.random()
    if mail.answers and form < 0.8:
        fields["in_reply_to"] = mail.answers[-1]
    if mail.answers and not 0.6 < form < 0.8:
        fields["references"] = " ".join(mail.answers)
    subject = f"{'Re: ' if mail.answers else ''}Lift {number} is stuck"
    raw = letter(subject, f"It smokes, says {mail.message_id}.", sender=mail.sender, at=mail.at, **fields)
    return named(raw, mail.message_id)
