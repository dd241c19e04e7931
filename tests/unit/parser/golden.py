"""The stable facts of a parsed mail that golden files hold; run as a module to write them anew.

Two things in a golden file are written by hand and stay: `about` (client, language and kind of the mail)
and, where the parser does not give what a person would want, `wanted` with what it should be."""

import json
from pathlib import Path
from typing import Any

from services.parser.parsing import parse
from shared.contracts.documents import Document
from shared.contracts.mail import MailFile, ParsingPolicy

MAILS = Path(__file__).parents[2] / "mail"
BY_HAND = ("about", "wanted")
POLICY = ParsingPolicy(
    mail_forwarding_domains=("partner.example", "branch.example"),
    allowed_mime_types=("image/*", "text/*", "application/pdf", "message/rfc822"),
    max_file_size=50_000,
    own_addresses=("help@helpdesk.example",),
)


# Any: this is JSON.
def facts(document: Document) -> dict[str, Any]:
    """What must stay as it is; empty facts are left out, so that a golden file shows what matters."""
    body = document.body
    found = {
        "subject": document.subject,
        "sender": _shown(document.sender),
        "submitter": _shown(document.original_sender) if document.original_sender else None,
        "forwarded": document.forwarded and [document.forwarded.how, document.forwarded.confidence],
        "through": [_shown(one) for one in document.forwarded.through] if document.forwarded else [],
        "written_to": [_shown(one) for one in document.original_to],
        "written_cc": [_shown(one) for one in document.original_cc],
        "comment": document.comment_text,
        "cc": [_shown(one) for one in document.cc],
        "delivered_to": list(document.delivered_to),
        "references": list(document.references),
        "date": document.date and document.date.isoformat(),
        "automatic": document.automatic and [document.automatic.kind.value, document.automatic.evidence],
        **_told_by_programs(document),
        "reply": body.reply_text.split("\n"),
        "quoted_starts": body.quoted_text[:60],
        "signature": body.signature_text,
        "rule": [body.rule, body.confidence],
        "reply_html": body.reply_html if body.reply_html is None or len(body.reply_html) < 2000 else "long",
        "quoted_html_starts": (body.quoted_html or "")[:80],
        "remote_images": body.remote_images,
        "files": [
            [file.name, file.media_type, file.decision.value, *_marks(file)] for file in document.files
        ],
        "notes": [note.code for note in document.notes],
    }
    return {name: value for name, value in found.items() if value}


# Any: this is JSON.
def _told_by_programs(document: Document) -> dict[str, Any]:
    bounce, report = document.bounce, document.abuse_report
    return {
        "bounce": bounce and bounce.model_dump(mode="json", exclude_none=True, exclude={"recipients"}),
        "bounced_for": list(bounce.recipients) if bounce else [],
        "abuse_report": report and report.model_dump(mode="json", exclude_defaults=True),
        "calendar": [event.model_dump(mode="json", exclude_defaults=True) for event in document.calendar],
        "protection": document.protection and f"{document.protection.scheme} {document.protection.state}",
    }


def _marks(file: MailFile) -> list[str]:
    return [*(["inline"] if file.inline else []), *([] if file.listed else [file.role])]


def _shown(address: object) -> str:
    return f"{getattr(address, 'name', '')} <{getattr(address, 'address', '')}>".strip()


# Any: this is JSON.
def golden(mail: Path) -> dict[str, Any]:
    """What the file beside a mail says; of a new mail nothing."""
    file = mail.with_suffix(".json")
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def main() -> None:
    for mail in sorted(MAILS.glob("*.eml")):
        by_hand = {name: kept for name, kept in golden(mail).items() if name in BY_HAND}
        found = facts(parse(mail.read_bytes(), POLICY).document)
        text = json.dumps(by_hand | found, indent=2, ensure_ascii=False)
        mail.with_suffix(".json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
