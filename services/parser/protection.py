"""Signed and encrypted mail (S/MIME, RFC 8551; PGP, RFC 3156 and the armor of RFC 9580): what is
readable is read, and what it is, is said. Nothing is checked and nothing decrypted: no keys are here."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from services.parser.headers import Headers
from services.parser.mime import Part, split
from services.parser.pkcs7 import Pkcs7Error, kind_of, signed_content
from shared.contracts.documents import Note, Protection

MAX_LEVELS = 3
"""Signed mails inside each other that are opened."""

_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES: dict[str, Literal["smime", "pgp"]] = {
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
    "application/pgp-signature": "pgp",
}
_SECURED = ("application/pgp-encrypted",)
SIGNATURE_TYPES = (*_SIGNATURES, *_SECURED)
"""Parts for machines, which tell a person nothing."""

_DESCRIBES = ("content-type", "content-transfer-encoding", "content-disposition", "content-id")
_ENCRYPTED_ARMOR = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_BEGINS, _SIGNATURE, _ENDS = (
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "-----BEGIN PGP SIGNATURE-----",
    "-----END PGP SIGNATURE-----",
)
_ARMOR_HEADER = re.compile(r"(?:[A-Za-z-]{1,30}: .{0,200})?")


@dataclass(frozen=True)
class Opened:
    root: Part
    signed: bool = False
    """Something stood in an envelope with a signature, and is read now."""
    notes: tuple[Note, ...] = ()


def opened(root: Part) -> Opened:
    """The mail with what was signed in the place of its envelope; encrypted parts stay as they are."""
    notes: dict[str, Note] = {}
    inner = _opened(root, notes, MAX_LEVELS)
    return Opened(inner, inner is not root, tuple(notes.values()))


def _opened(part: Part, notes: dict[str, Note], levels: int) -> Part:
    if part.children:
        children = tuple(_opened(child, notes, levels) for child in part.children)
        same = all(new is old for new, old in zip(children, part.children, strict=True))
        return part if same else replace(part, children=children)
    if not levels or not _is_envelope(part) or kind_of(part.content) != "signed":
        return part
    try:
        content, is_whole = signed_content(part.content)
    except Pkcs7Error:
        notes["signed_unreadable"] = Note(code="signed_unreadable")
        return part
    inner, inner_notes = split(content)
    if not is_whole:
        notes["truncated"] = Note(code="truncated", detail="what was signed has no end")
    notes |= {note.code: note for note in inner_notes if note.code != "no_headers"}
    outer = tuple(one for one in part.headers.fields if one[0] not in _DESCRIBES)
    described = tuple(one for one in inner.headers.fields if one[0] in _DESCRIBES)
    headers = Headers((*outer, *described), part.headers.eight_bit or inner.headers.eight_bit)
    return _opened(replace(inner, headers=headers), notes, levels - 1)


def _is_envelope(part: Part) -> bool:
    if part.children:
        return False
    name = (part.disposition.get("filename") or part.content_type.get("name")).lower()
    return part.media_type in _PKCS7 or (
        part.media_type == "application/octet-stream" and name == "smime.p7m"
    )


def protection_of(mail: Opened, text: str, *, clear_signed: bool) -> Protection | None:
    """How a mail is protected, by its parts or the armor in its words; what is encrypted counts first."""
    found = [one for part in mail.root.walk() if (one := _protects(part))]
    found += [Protection(scheme="smime", state="signed")] if mail.signed else []
    found += [Protection(scheme="pgp", state="encrypted")] if _ENCRYPTED_ARMOR.search(text) else []
    found += [Protection(scheme="pgp", state="signed")] if clear_signed else []
    return next((one for one in found if one.state == "encrypted"), next(iter(found), None))


def _protects(part: Part) -> Protection | None:
    if part.media_type == "multipart/signed":
        schemes = (_SIGNATURES[one.media_type] for one in part.children if one.media_type in _SIGNATURES)
        scheme = next(schemes, None)
        return Protection(scheme=scheme, state="signed") if scheme else None
    if part.media_type in _SECURED:
        return Protection(scheme="pgp", state="encrypted")
    if _is_envelope(part) and kind_of(part.content) == "encrypted":
        return Protection(scheme="smime", state="encrypted")
    return None


def without_armor(text: str) -> tuple[str, bool]:
    """Words without the armor of a clear signature (RFC 9580, 7), and whether there was any; what stands
    around it stays, and so does armor that does not end."""
    if _BEGINS not in text:
        return text, False
    out: list[str] = []
    began, signs, content = -1, -1, -1
    for line in text.split("\n"):
        mark = line.rstrip()
        if mark == _BEGINS:
            began, content, signs = len(out), -1, -1
        elif began >= 0 and content < 0 and not _ARMOR_HEADER.fullmatch(mark):
            began = -1
        elif began >= 0 and content < 0 and not mark:
            content = len(out) + 1
        elif content >= 0 and mark == _SIGNATURE:
            signs = len(out)
        elif signs >= 0 and mark == _ENDS:
            out[began:] = [one.removeprefix("- ") for one in out[content:signs]]
            began, content, signs = -1, -1, -1
            continue
        out.append(line)
    readable = "\n".join(out)
    return readable, len(readable) != len(text)
