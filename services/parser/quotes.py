"""Splits the lines of a mail into reply, quoted part and signature; nothing is ever lost.

Three steps, each in a module of its own: `marking` says what every line is, `deciding` looks at the
sequence as a whole, and here it is cut. Text and HTML go the same way (`flattening` makes the lines of
HTML); the words of all languages are data (`vocabulary`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.parser.deciding import Cut, Whole, decide
from services.parser.kinds import Kind
from services.parser.lines import MAX_LINES, Line
from services.parser.marking import Marks, mark
from services.parser.signatures import Signature, signature_of
from services.parser.vocabulary import Vocabulary

__all__ = ["Split", "signed_as", "split_lines"]

MAX_SIGNED = 40
"""Lines of a signature that is looked for."""


@dataclass(frozen=True)
class Split:
    """Line numbers of each part; together they are all lines, each once."""

    reply: tuple[range, ...]
    quoted: range
    signature: range
    rule: str
    confidence: float
    signed: Signature
    """By which rule; its line is counted from the first that was written."""
    kinds: Sequence[Kind] = field(repr=False)
    """What each line is, of those that were looked at."""


def split_lines(lines: Sequence[Line], words: Vocabulary, *, forward: bool = False) -> Split:
    """Split a mail; `forward` says that its subject calls it a forward, which is then not cut."""
    seen = lines[:MAX_LINES]
    marks = mark(seen, words)
    tail = len(seen) - _tail(seen, marks, words)
    match decide(marks.kinds, tail=tail, forward=forward):
        case Whole(rule, confidence):
            written = range(len(lines))
            quoted = range(len(lines), len(lines))
        case Cut(start, end, rule, confidence):
            end = len(lines) if end == len(seen) else end
            quoted = range(start, end)
            written = range(start) if end == len(lines) else range(end, len(lines))
    above = range(quoted.start) if quoted.stop < len(lines) else range(0)
    signed = _signed(lines, written, words)
    signature = range(written.start + signed.start, written.stop)
    reply = (above, range(written.start, signature.start))
    parts = tuple(part for part in reply if part)
    return Split(parts, quoted, signature, rule, confidence, signed, marks.kinds)


def _signed(lines: Sequence[Line], written: range, words: Vocabulary) -> Signature:
    if len(written) > MAX_LINES:
        return Signature(len(written))
    return signature_of(lines[written.start : written.stop], words)


def signed_as(split: Split, lines: Sequence[Line], like: Split, there: Sequence[Line]) -> Split:
    """The split with the signature of another form of the same mail, if the same words end this reply."""
    wanted = _letters(there[like.signature.start : like.signature.stop])
    last = split.reply[-1] if split.reply else range(0)
    for start in range(last.stop - 1, max(last.start, last.stop - 1 - MAX_SIGNED), -1):
        found = _letters(lines[start : last.stop])
        if len(found) >= len(wanted):
            if found != wanted or not any(line.words for line in lines[last.start : start]):
                return split
            reply = (*split.reply[:-1], range(last.start, start))
            return replace(split, reply=reply, signature=range(start, last.stop), signed=like.signed)
    return split


def _letters(lines: Sequence[Line]) -> str:
    return "".join(filter(str.isalnum, "".join(line.words for line in lines)))


def _tail(lines: Sequence[Line], marks: Marks, words: Vocabulary) -> int:
    """Where a signature below everything begins: it is no answer to the quote above it."""
    last = next((at for at in range(len(lines) - 1, -1, -1) if marks.kinds[at] is Kind.QUOTE), -1)
    below = lines[last + 1 :]
    filled = [line for line in below if line.words]
    if last < 0 or not filled:
        return len(lines)
    if filled[0].text.rstrip() == "--":
        return last + 1
    # The line in front stands for the quote above: a signature needs something to sign.
    return last + signature_of([Line.of("quoted"), *below], words).start
