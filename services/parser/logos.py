"""Small images that signatures draw again in every mail: kept, and out of the way of real files."""

import re
from collections import Counter
from collections.abc import Sequence

from shared.contracts.documents import Body
from shared.contracts.mail import MailFile

MOST_BYTES = 50_000
"""A larger image is one that somebody wants to show."""

CID = re.compile(r"cid:([^\"'\s>)]{1,500})", re.IGNORECASE)


def with_logos(files: Sequence[MailFile], body: Body) -> tuple[MailFile, ...]:
    """Mark the small inline images that stand in the signature or in the quoted part alone, or in several
    places of one mail, as each quoted mail brings those of its own signature."""
    signed, quoted = set(body.signature_images), set(CID.findall(body.quoted_html or ""))
    above = set(CID.findall(body.reply_html or "")) - signed
    times = Counter(file.sha256 for file in files if file.inline)

    def is_logo(file: MailFile) -> bool:
        small = file.inline and file.media_type.startswith("image/") and file.size <= MOST_BYTES
        below = file.content_id in signed | quoted and file.content_id not in above
        return small and (below or times[file.sha256] > 1)

    return tuple(file.model_copy(update={"role": "logo"}) if is_logo(file) else file for file in files)
