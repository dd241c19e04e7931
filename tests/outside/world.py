"""The sandbox as the world sees it, and its control side."""

import ssl
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = "support@helpdesk.example"
SCOPE = "https://graph.microsoft.com/.default"


class World:
    """Where everything is, and what a test may do behind the clients' backs."""

    def __init__(self, told: dict[str, str]) -> None:
        self.base_url, self.http_base_url = told["Graph base URL"], told["Without TLS"]
        self.authority = told["Authority"]
        self.ca_file = told["CA file"]
        self.client_id, self.client_secret = told["Client id"], told["Client secret"]
        self.identity_endpoint, self.identity_header = told["Identity"], told["Identity header"]
        context = ssl.create_default_context(cafile=self.ca_file)
        control = f"{told['Control side']}/{SUPPORT}"
        self._control = httpx.Client(base_url=control, verify=context, trust_env=False)
        self._root = told["Control side"].removesuffix("/mailboxes")

    @property
    def origin(self) -> str:
        return self.base_url.removesuffix("/v1.0")

    @property
    def tenant(self) -> str:
        return self.authority.rpartition("/")[2]

    def receives(self, raw: bytes) -> str:
        """Let a mail arrive; the answer is its immutable id."""
        answer = self._control.post("messages", content=raw)
        answer.raise_for_status()
        return str(answer.json()["id"])

    # Any: JSON of the control side
    def told(self, what: str) -> Any:
        answer = self._control.get(what, headers={"Accept": "application/json"})
        answer.raise_for_status()
        return answer.json()

    def knobs(self, **knobs: object) -> None:
        self._control.put("knobs", json=knobs).raise_for_status()

    def breaks(self, **fault: object) -> None:
        self._control.post("faults", json=fault).raise_for_status()

    def app(self, client: str, **values: object) -> None:
        """Say what Entra knows of an app."""
        self._control.patch(f"{self._root}/apps/{client}", json=values).raise_for_status()

    def reset(self) -> None:
        self._control.post(f"{self._root}/reset").raise_for_status()

    def close(self) -> None:
        self._control.close()


def letter(subject: str, *, html: bool = False) -> EmailMessage:
    """A mail from a customer, to which a test may add."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Bob <bob@customer.example>", SUPPORT, subject
    mail["Message-ID"] = f"<{abs(hash(subject))}@customer.example>"
    mail["Date"] = "Mon, 02 Nov 2026 08:00:00 +0000"
    mail.set_content("It burns.")
    if html:
        mail.add_alternative("<html><body><p>It <b>burns</b>.</p></body></html>", subtype="html")
    return mail


def with_files(subject: str) -> EmailMessage:
    """A mail with a file, an inline image and a mail inside."""
    mail = letter(subject, html=True)
    mail.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="table.csv")
    mail.add_attachment(
        b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="dot.png", disposition="inline",
        cid="<dot@customer.example>",
    )  # fmt: skip
    mail.add_attachment(letter("Inside"))
    return mail
