"""Words for what other services keep as one word: states, outcomes, parts of people, what is counted."""

from services.desk.languages import gettext, later

STATES = {
    "listed": later("listed"),
    "stored": later("stored"),
    "settled": later("settled"),
    "ignored": later("ignored"),
    "gone": later("gone"),
    "quarantined": later("quarantined"),
    "kept": later("kept"),
    "warned": later("warned"),
    "duplicate": later("duplicate"),
    "new": later("new"),
    "reopen": later("reopen"),
    "append": later("append"),
    "held": later("held"),
    "automatic": later("automatic"),
    "open": later("open"),
    "pending": later("pending"),
    "resolved": later("resolved"),
    "closed": later("closed"),
    "merged": later("merged"),
    "text": later("text"),
    "number": later("number"),
    "date": later("date"),
    "choice": later("choice"),
    "multi": later("multi"),
    "boolean": later("boolean"),
    "belongs": later("belongs"),
    "sender": later("sender"),
    "submitter": later("submitter"),
    "cc": later("cc"),
    "forwarder": later("forwarder"),
    "added": later("added"),
    "attached": later("attached"),
    "inline": later("inline"),
    "accepted": later("accepted"),
    "declined": later("declined"),
    "tentative": later("tentative"),
    "needs-action": later("not answered yet"),
    "delegated": later("delegated"),
    "reply": later("reply"),
    "quoted": later("quoted"),
    "signature": later("signature"),
    "tickets": later("tickets"),
    "mails received": later("mails received"),
    "mails sent": later("mails sent"),
    "blobs": later("blobs"),
    "parked messages": later("parked messages"),
    "posts that stay elsewhere and name them": later("posts that stay elsewhere and name them"),
    "notes that stay on their tickets": later("notes that stay on their tickets"),
}


def state_word(value: str) -> str:
    """Say one of them; what is not known here stays as it is kept."""
    return gettext(STATES.get(value, value.replace("_", " ")))
