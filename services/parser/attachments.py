"""The files of a mail: found, named, typed by content, and judged by the tenant's policy."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.parser.bodies import Form
from services.parser.headers import decode_words
from services.parser.mime import Part, attached_mail
from services.parser.protection import SIGNATURE_TYPES
from services.parser.reading import clean_subject
from services.parser.winmail import Packed, TnefError, unpack
from shared.contracts.documents import Note
from shared.contracts.mail import FileDecision, MailFile, ParsingPolicy
from shared.files.kinds import extension_for, media_type_of
from shared.files.naming import plain_name
from shared.files.rules import not_allowed, too_large

MAX_FILES = 1_000
"""Files of one mail that are told apart; more are only in its raw bytes."""

_REPORTS = (
    "message/delivery-status",
    "message/global-delivery-status",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
)
_NO_CALENDARS = frozenset[tuple[int, int, int]]()
_PARALLEL_TEXT = ("text/x-amp-html", "text/watch-html", "text/enriched")


Role = Literal["attachment", "calendar", "logo", "signature"]


@dataclass(frozen=True)
class Found:
    """A file before the policy has looked at it."""

    name: str
    content: bytes = field(repr=False)
    declared_type: str
    disposition: str = ""
    content_id: str | None = None
    role: Role = "attachment"


@dataclass(frozen=True)
class Files:
    files: tuple[MailFile, ...]
    contents: Mapping[str, bytes]
    """sha256 -> bytes of what is kept, the warned about included."""


def find_files(
    root: Part, forms: Iterable[Form], calendars: Collection[tuple[int, int, int]] = _NO_CALENDARS
) -> tuple[list[Found], tuple[Note, ...]]:
    """Every leaf that is not shown as text, winmail.dat unpacked. `calendars`: places of those that are
    told apart."""
    shown = {part.place for form in forms for part in (*form.texts, *form.htmls)}
    shown |= {part.place for part in _machine_parts(root)}
    found: list[Found] = []
    notes: list[Note] = []
    for part in root.leaves():
        if part.place in shown:
            continue
        if part.media_type in _PARALLEL_TEXT and not _written_name(part):
            continue
        one = _found(part, len(found) + 1)
        if one is None:
            continue
        if part.media_type == "application/ms-tnef" or one.name.lower() == "winmail.dat":
            try:
                found += (_unpacked(packed) for packed in unpack(one.content))
                continue
            except TnefError:
                notes.append(Note(code="winmail_unreadable"))
        found.append(replace(one, role=_role(part, calendars)))
    return found, tuple(notes)


def _role(part: Part, calendars: Collection[tuple[int, int, int]]) -> Role:
    if part.media_type in SIGNATURE_TYPES:
        return "signature"
    return "calendar" if part.place in calendars else "attachment"


def _machine_parts(root: Part) -> Iterator[Part]:
    """What a report says to machines; the same part attached by a person is a file."""
    for report in root.walk():
        if report.media_type == "multipart/report":
            yield from (part for part in report.children if part.media_type in _REPORTS)


def bounded(found: Sequence[Found]) -> tuple[Sequence[Found], tuple[Note, ...]]:
    """A few megabytes may pack a million tiny files, each of which is to be typed, kept and shown."""
    if len(found) <= MAX_FILES:
        return found, ()
    detail = f"{len(found) - MAX_FILES} of {len(found)} files are only in the raw mail"
    return found[:MAX_FILES], (Note(code="too_many_files", detail=detail),)


def judge(found: Iterable[Found], policy: ParsingPolicy, referenced: Collection[str]) -> Files:
    """Apply size and type policy; `referenced` are the content ids that the HTML shows."""
    files: list[MailFile] = []
    contents: dict[str, bytes] = {}
    for one in found:
        file = _judged(one, policy, referenced)
        files.append(file)
        if file.decision is not FileDecision.IGNORED:
            contents[file.sha256] = one.content
    return Files(tuple(files), contents)


def data_images(images: Mapping[str, tuple[str, bytes]]) -> list[Found]:
    """The images that stood in the HTML itself, as inline files."""
    return [
        Found(f"image-{number}{extension_for(declared)}", content, declared, "inline", content_id)
        for number, (content_id, (declared, content)) in enumerate(images.items(), 1)
    ]


def _judged(one: Found, policy: ParsingPolicy, referenced: Collection[str]) -> MailFile:
    media_type = media_type_of(one.content, one.name, one.declared_type)
    decision, reason = FileDecision.KEPT, ""
    if why := too_large(len(one.content), policy.max_file_size):
        decision, reason = FileDecision.IGNORED, why
    elif why := not_allowed(media_type, policy.allowed_mime_types):
        decision, reason = FileDecision.WARNED, why
    shown = one.content_id is not None and one.content_id in referenced
    return MailFile(
        name=one.name,
        size=len(one.content),
        sha256=hashlib.sha256(one.content).hexdigest(),
        media_type=media_type,
        declared_type=one.declared_type,
        inline=shown or (one.disposition == "inline" and media_type.startswith("image/")),
        content_id=one.content_id,
        role=one.role,
        decision=decision,
        reason=reason,
    )


def _found(part: Part, number: int) -> Found | None:
    content = part.content
    declared = part.content_type.value or part.default_type
    name = _written_name(part)
    if part.media_type in ("message/rfc822", "message/global"):
        inner, _ = attached_mail(part)
        name = f"{clean_subject(inner.headers.first('subject')) or name or 'mail'}"
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
    elif part.media_type.startswith("text/") and not name and not content.strip():
        return None
    content_id = part.headers.first("content-id").strip().strip("<>").strip() or None
    fallback = f"{'image' if part.media_type.startswith('image/') else 'attachment'}-{number}"
    return Found(
        name=_clean(name, fallback + extension_for(media_type_of(content, "", declared))),
        content=content,
        declared_type=declared[:150],
        disposition=part.disposition.value,
        content_id=content_id[:500] if content_id else None,
    )


def _unpacked(packed: Packed) -> Found:
    return Found(_clean(packed.name, ""), packed.content, "application/octet-stream", "", packed.content_id)


def _written_name(part: Part) -> str:
    return part.disposition.get("filename") or part.content_type.get("name")


def _clean(name: str, fallback: str) -> str:
    return plain_name(decode_words(name[:2_000]), fallback)
