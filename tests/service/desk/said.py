"""What the cases say: the body of each operation and the fields of each form, by the end of its address."""

from collections.abc import Mapping
from typing import Any

from tests.service.desk.api_cases import A
from tests.service.desk.cases import HIDDEN, INCIDENT, PLAIN

BODIES: Mapping[tuple[str, str], Any] = {  # Any: JSON
    ("POST", f"{A}/tickets/bulk"): {"numbers": [HIDDEN], "changes": {"priority": "high"}},
    ("POST", f"{A}/tickets/bulk/preview"): {"numbers": [HIDDEN], "changes": {"priority": "high"}},
    ("POST", f"{A}/outgoing/bulk"): {"action": "release", "incident": INCIDENT},
    ("PATCH", f"{A}/tickets/{{number}}"): {"priority": "high"},
    ("POST", f"{A}/tickets/{{number}}/merge"): {"into": PLAIN},
    ("POST", f"{A}/tickets/{{number}}/links"): {"to": PLAIN, "how": "relates"},
}
FORMS: Mapping[str, dict[str, str]] = {
    "allow": {"address": "anna@firm.test"},
    "bulk": {"do": "release", "incident": INCIDENT, "ticket": str(HIDDEN), "status": "closed"},
    "change": {"priority": "high", "version": "1"},
    "reply": {"text": "Words", "to": "anna@firm.test"},
    "note": {"text": "Words"},
    "images": {"show": "always"},
    "here": {"doing": "writes"},
    "{post}": {"text": "Words", "decision": "belongs"},
    "{draft}": {"text": "Words", "kind": "reply"},
    "merge": {"into": str(PLAIN)},
    "links": {"to": str(PLAIN), "how": "relates"},
}
