"""What the receiving server says of a mail's sender, in Authentication-Results (RFC 8601).

Only the topmost field counts: it was added last, by the server next to us, and what a sender wrote stands
below it. Where that server adds none, the topmost one may be forged; so a failure counts against a mail,
and a success never counts for it. Exchange writes the field without the name of the server, and sums up in
`compauth`, which also knows trusted forwarders.
"""

import re

from services.parser.headers import Headers
from shared.contracts.mail import SenderCheck

LONGEST = 10_000
"""Characters looked at."""

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(compauth|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_FOUND = {"pass": SenderCheck.PASSED, "fail": SenderCheck.FAILED}


def sender_check(headers: Headers) -> SenderCheck:
    """What DMARC came to, or Exchange's sum of all checks; SPF or DKIM alone break on honest detours."""
    text = _COMMENT.sub(" ", headers.first("authentication-results")[:LONGEST])
    results = [found for piece in text.split(";") if (found := _RESULT.match(piece))]
    said = {found[1].lower(): _FOUND.get(found[2].lower()) for found in reversed(results)}
    return said.get("compauth") or said.get("dmarc") or SenderCheck.UNKNOWN
