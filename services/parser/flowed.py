"""Text whose long lines were broken softly (format=flowed, RFC 3676), put together again."""

_SIGNATURE = "-- "


def unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs as they were written: a line that ends in a space goes on in the next one of the same depth.
    `delete_space` is DelSp, of scripts that put none between words."""
    out: list[str] = []
    pieces: list[str] = []
    depth_open = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if pieces and (depth != depth_open or content == _SIGNATURE):
            out.append(_joined(pieces, depth_open))
            pieces = []
        depth_open = depth
        flows = content.endswith(" ") and content != _SIGNATURE
        pieces.append(content[:-1] if flows and delete_space else content)
        if not flows:
            out.append(_joined(pieces, depth))
            pieces = []
    if pieces:
        out.append(_joined(pieces, depth_open))
    return "\n".join(out)


def _joined(pieces: list[str], depth: int) -> str:
    content = "".join(pieces)
    return f"{'>' * depth} {content}" if depth and content else ">" * depth + content
