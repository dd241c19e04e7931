"""What programs say, as sentences for a person. Pure."""

import re

_NO_WORD = re.compile(r"""['"]|\S*[@_\d]""")


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, as our sentences do. What is no word of ours at the
    beginning stays as it is: an address, a key, what stands in quotes."""
    text = text.strip()
    if not text:
        return ""
    whole = text if _NO_WORD.match(text) else text[0].upper() + text[1:]
    return whole if whole[-1] in ".!?:" else f"{whole}."
