"""What the doctor has to say of how an app proves who it is, and of when that ends."""

from datetime import datetime

from plugins.mailboxes.graph.certificates import Certificate
from plugins.mailboxes.graph.credentials import ClientSecret, Credential, Federated, Identity, Unusable
from plugins.mailboxes.graph.remedies import remedy
from shared.plugins.mailboxes import Finding, Verdict
from shared.plugins.proofs import ending, step_of

CHECK = "credential"
_UNKNOWN = "Enter that day on the mailbox's page: then you are told 30, 14 and 3 days before it."
_CERTIFICATE = (
    "Make a new certificate, upload it to the app in Entra beside the old one, then enter it on the"
    " mailbox's page."
)
_AGAIN = (
    "Make a new client secret in Entra beside the old one, then enter it and its day on the mailbox's page."
)
_URGENT = {30: "", 14: " Do it this week.", 3: " Do it today: without it all mail of this app stops."}
_OVER = " Until then no mail comes in and none goes out."


def judged(credential: Credential, entered: datetime | None, now: datetime) -> Finding:
    """`entered`: the day that a person said a client secret ends."""
    match credential:
        case Unusable(reason, code):
            return Finding(CHECK, Verdict.FAILED, reason, remedy(code), code)
        case Federated():
            return Finding(CHECK, Verdict.OK, "another issuer's token, from a file; nothing to renew here")
        case Identity(client_id):
            text = (
                f"the identity {client_id} of this machine; nothing to renew"
                if client_id
                else "the own identity of this machine; nothing to renew"
            )
            return Finding(CHECK, Verdict.OK, text)
        case ClientSecret() if entered is None:
            text = "a client secret; nobody entered the day on which it expires"
            return Finding(CHECK, Verdict.OK, text, _UNKNOWN)
        case ClientSecret():
            assert entered is not None
            return _by_end("the client secret", _AGAIN, entered, now)
        case Certificate():
            return _by_end(f"the certificate {credential.thumbprint}", _CERTIFICATE, credential.ends, now)


def _by_end(what: str, cure: str, ends: datetime, now: datetime) -> Finding:
    match step_of(ends, now):
        case None:
            return Finding(CHECK, Verdict.OK, f"{what} is valid until {ends:%Y-%m-%d}")
        case 0:
            return Finding(CHECK, Verdict.FAILED, f"{what} {ending(ends, now)}", cure + _OVER)
        case step:
            return Finding(CHECK, Verdict.WARNING, f"{what} {ending(ends, now)}", cure + _URGENT[step])
