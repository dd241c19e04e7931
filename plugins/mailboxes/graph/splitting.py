"""A mail too large for one request, as a smaller mail and the files to be added to it."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import collapse_rfc2231_value

from shared.contracts.errors import Permanent

MOST_BASE64 = 3_500_000
"""Of a mail posted in one request, after base64; Graph refuses a request over 4 MiB."""

# A long Message-ID must not be folded anew.
_AS_IT_IS = policy.SMTP.clone(refold_source="none")


@dataclass(frozen=True)
class LargeFile:
    name: str
    content_type: str
    content: bytes
    content_id: str | None
    inline: bool


@dataclass(frozen=True)
class Split:
    mime: bytes
    files: tuple[LargeFile, ...]


def fits(mime: bytes) -> bool:
    return _base64_size(len(mime)) <= MOST_BASE64


def split(mime: bytes) -> Split:
    """Take out files, the largest first, until the rest fits. Header fields and bodies stay.

    Raises:
        Permanent: what is left without files is too large still.
    """
    mail = message_from_bytes(mime, policy=_AS_IT_IS)
    sizes = [(len(part.as_bytes()), parent, part) for parent, part in _files(mail)]
    left = len(mime)
    taken: list[LargeFile] = []
    for size, parent, part in sorted(sizes, key=lambda found: -found[0]):
        if _base64_size(left) <= MOST_BASE64:
            break
        children = parent.get_payload()
        assert isinstance(children, list)
        children.remove(part)
        taken.append(_file(part))
        left -= size
    rest = mail.as_bytes()
    if not fits(rest):
        raise Permanent("the mail is too large without its files", code="ErrorMessageSizeExceeded")
    return Split(rest, tuple(taken))


def _base64_size(size: int) -> int:
    return (size + 2) // 3 * 4


def _files(parent: Message) -> list[tuple[Message, Message]]:
    """Each part that is a file, with the part it stands in."""
    found: list[tuple[Message, Message]] = []
    for part in parent.get_payload() if parent.is_multipart() else []:
        assert isinstance(part, Message)
        if part.get_content_disposition() is not None or part["Content-ID"]:
            found.append((parent, part))
        elif part.get_content_maintype() == "multipart":
            found.extend(_files(part))
    return found


def _file(part: Message) -> LargeFile:
    assert isinstance(part, EmailMessage)
    content_id = str(part["Content-ID"] or "").strip(" <>")
    return LargeFile(
        name=collapse_rfc2231_value(part.get_filename() or "file"),
        content_type=part.get_content_type(),
        content=_content(part),
        content_id=content_id or None,
        inline=part.get_content_disposition() == "inline",
    )


def _content(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        assert isinstance(inner, Message)
        return inner.as_bytes()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content
