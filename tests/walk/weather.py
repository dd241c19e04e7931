"""Every fault that the sandbox knows, and what the product makes of it: `python -m tests.walk.weather`.

The table in docs/faults.md is made of it; `test_every_fault` walks mail through each.
"""

from dataclasses import dataclass
from pathlib import Path

from sandbox.knobs import Fault, Knobs

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
WEATHER_AND_NOT_FAULT = {"seed", "send_as", "filtered_delta_cap"}
"""Knobs that break nothing, or nothing that is asked for here."""


CALM = Knobs()


@dataclass(frozen=True)
class Case:
    name: str
    what: str
    """What goes wrong at Graph."""
    then: str
    """What becomes of it here."""
    knobs: Knobs = CALM
    faults: tuple[Fault, ...] = ()
    lifted: bool = False
    """It refuses everything until it is over."""
    bounces: int = 0
    """Mails that come back."""
    told: bool = False
    """Whether Graph tells of new mail: what goes wrong is how."""
    vanishing: tuple[str, ...] = ()
    """Subjects of mail that goes before it was fetched."""


SPOILT = ("hang", "trickle", "html", "garbled")
"""What a network does to answers."""

AGAIN = {"retry_after": 1, "seconds": 0.2}


def _often(match: str, *, send: bool = False) -> tuple[Fault, ...]:
    """One request of a kind after the other fails, each in another way."""
    before = [(status, "before") for status in (401, 429, 500, 502, 503, 504, "drop", *SPOILT)]
    after = [(status, "after") for status in (503, 504, "drop", *SPOILT)]
    return tuple(
        Fault.model_validate({"match": match, "status": status, "when": when, **AGAIN})
        for status, when in (*before, *after, *(after if send else ()))
    )


LATER = "The row comes again, later each time; the mailbox is shown as failing meanwhile."
LOOKED = "We look into Drafts and Sent Items before anything is repeated: it leaves once."

CASES = (
    Case(
        "throttle",
        "429 for every tenth request",
        "The mailbox rests as a whole as long as Graph asks, and is behind; no attempt is used up.",
        Knobs(seed=1, throttle=0.1),
    ),
    Case(
        "retry_after",
        "429 that does not say how long",
        "Pauses double up to ten minutes, spread.",
        Knobs(seed=2, throttle=0.1, retry_after=None),
    ),
    Case(
        "realistic_limits",
        "Exchange's limits are enforced",
        "They are kept by all processes together.",
        Knobs(realistic_limits=True),
    ),
    Case("max_concurrent", "429 for a third request at once", "As above: it waits.", Knobs(max_concurrent=2)),
    Case(
        "gone",
        "410 for every second delta link",
        "The folder is listed anew; what is known stays as it is.",
        Knobs(seed=3, gone=0.5),
    ),
    Case("fail_before", "503 for every tenth request", LATER, Knobs(seed=4, fail_before=0.1)),
    Case("fail_after", "503 although the mail was accepted", LOOKED, Knobs(fail_after=1)),
    Case("drop_after", "The connection breaks although the mail was accepted", LOOKED, Knobs(drop_after=1)),
    Case(
        "ndr",
        "A mail that was sent comes back",
        "The report is tied to the mail that bounced and answered by nobody.",
        Knobs(ndr=("c1@*",)),
        bounces=1,
    ),
    Case("latency_ms", "Every answer is slow", "Others are worked meanwhile.", Knobs(latency_ms=(50, 250))),
    Case(
        "auth_denied",
        "403, an access policy keeps the app out",
        "Shown with Graph's code; tried again at the usual pace, and it recovers by itself.",
        Knobs(auth_denied=True),
        lifted=True,
    ),
    Case("disabled", "404 MailboxNotEnabledForRESTAPI", "As above.", Knobs(disabled=True), lifted=True),
    Case(
        "duplicate_delta",
        "Items stand in a page twice",
        "The ledger has each once.",
        Knobs(seed=5, duplicate_delta=0.7),
    ),
    Case("empty_pages", "Empty pages with a nextLink", "The next page is asked for.", Knobs(empty_pages=1)),
    Case(
        "endless_pages",
        "Each page promises another one, for ever",
        "Their mail is taken; after many idle pages the next is no hurry, at last the listing begins anew.",
        Knobs(endless_pages=True),
    ),
    Case(
        "late_delta", "Items are left out of a round", "They come in the next.", Knobs(seed=6, late_delta=0.6)
    ),
    Case("replay_delta", "Rounds show again what was shown", "The ledger knows it.", Knobs(replay_delta=1)),
    Case(
        "foreign_links",
        "Links of Graph lead to another host",
        "They are not followed and nothing is sent there; the page is asked for again.",
        Knobs(seed=7, foreign_links=0.4),
    ),
    Case(
        "vanish",
        "Mail is deleted between listing and download",
        "It is gone, and the ledger says so; no other waits for it.",
        Knobs(vanish=("Vanishing *",)),
        vanishing=("Vanishing first", "Vanishing second"),
    ),
    Case(
        "lost_ranges",
        "An upload session loses what it was sent",
        "It is sent again from where Graph says; a session that keeps nothing is left, with its draft.",
        Knobs(seed=9, lost_ranges=0.4),
    ),
    Case(
        "no_mime",
        "Exchange cannot turn the mail into MIME",
        "It is put together from its parts: its own header fields, its body, each file.",
        Knobs(no_mime=("*",)),
    ),
    Case(
        "rewrite_message_id",
        "Sent mail gets another Message-ID",
        "It is read back after sending, and the answer finds its ticket.",
        Knobs(rewrite_message_id=True),
    ),
    Case(
        "drop_headers",
        "Header fields of sent mail are lost",
        "What is left suffices.",
        Knobs(drop_headers=("In-Reply-To", "References", "X-Postroom-Key", "Auto-Submitted")),
    ),
    Case(
        "claims_challenge",
        "401 insufficient_claims for every token that was asked for without them",
        "A token is asked for with the claims, once for all mailboxes of the app; nobody notices.",
        Knobs(claims_challenge="1604106651"),
    ),
    Case(
        "notification_lost",
        "A change is told to nobody",
        "The mail is found by the next poll.",
        Knobs(notification_lost=1),
        told=True,
    ),
    Case(
        "notification_missed",
        "The event `missed` comes in place of a change",
        "The folder is listed as after a change.",
        Knobs(notification_missed=1),
        told=True,
    ),
    Case(
        "lifecycle_lost",
        "The subscription is removed, and nobody is told",
        "Polling goes on; the next renewal finds it gone and makes another one.",
        Knobs(seed=7, subscription_removed=0.3, lifecycle_lost=1),
        told=True,
    ),
    Case(
        "notification_delay_ms",
        "Changes are told late",
        "A poll may have been quicker: the ledger knows the mail.",
        Knobs(notification_delay_ms=(200, 2000)),
        told=True,
    ),
    Case(
        "notification_twice",
        "Changes are told twice",
        "Many calls are one scan.",
        Knobs(notification_twice=1),
        told=True,
    ),
    Case(
        "notification_forged",
        "A stranger tells of changes too",
        "Without the subscription's clientState nothing is believed.",
        Knobs(notification_forged=1),
        told=True,
    ),
    Case(
        "subscription_removed",
        "Graph removes the subscription and says so",
        "Another one is made, and the folder is listed.",
        Knobs(seed=8, subscription_removed=0.5),
        told=True,
    ),
    Case(
        "subscription_vanishes",
        "The subscription is gone without a word",
        "As when that is lost.",
        Knobs(seed=9, subscription_vanishes=0.5),
        told=True,
    ),
    Case(
        "subscription",
        "Subscribing fails in one way after the other",
        "A note on the mailbox's page, tried again later; polling goes on.",
        faults=_often("subscription"),
        told=True,
    ),
    Case("token", "The token endpoint fails in one way after the other", LATER, faults=_often("token")),
    Case("delta", "Listing fails in one way after the other", LATER, faults=_often("delta")),
    Case(
        "value",
        "Downloading fails in one way after the other",
        "The mail stays listed and is fetched later.",
        faults=_often("value"),
    ),
    Case(
        "patch",
        "Marking fails in one way after the other",
        "The mail is a ticket already and is marked later; a draft without its key is thrown away.",
        faults=_often("patch"),
    ),
    Case(
        "draft",
        "Laying a mail ready fails in one way after the other",
        "An incomplete draft is thrown away and made anew.",
        faults=_often("draft"),
    ),
    Case(
        "list",
        "Looking for a draft or copy fails in one way after the other",
        "We look again; nothing is sent before that.",
        faults=_often("list"),
    ),
    Case("send", "Sending fails before and after it is accepted", LOOKED, faults=_often("send", send=True)),
    Case(
        "any",
        "Every seventh request fails, each kind in any of these ways",
        "Each comes again, and all that was said above holds at once.",
        faults=tuple(
            Fault.model_validate(
                {"match": "any", "status": status, "probability": 0.02, "seed": seed, "times": None, **AGAIN}
            )
            for seed, status in enumerate((401, 429, 500, 503, "drop", *SPOILT))
        ),
    ),
)


def page() -> str:
    """Write docs/faults.md."""
    rows = "\n".join(f"| `{case.name}` | {case.what} | {case.then} |" for case in CASES)
    return f"""# Faults of Graph, and what becomes of them

Written by `python -m tests.walk.weather`; do not edit. `tests/walk/test_every_fault.py` walks mail through
each of these, and `test_every_fault_told.py` through those of notifications: in, answered, answered again,
and answered by a person. Then the sandbox is asked: no mail was lost, none is there twice, and none was sent
twice. `tests/walk/test_large_files.py` does so with a file that goes up in ranges;
`tests/plugins/test_graph_codes.py` goes through every code of Graph.

| Knob or request | What goes wrong | What happens |
| --- | --- | --- |
{rows}

"One way after the other" is 401, 429, 500, 502, 503, 504, a broken connection, silence, an answer that
trickles in, a gateway's page and JSON that ends in the middle before anything is done; then 503, 504 and what
a network does, although it was done.
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
