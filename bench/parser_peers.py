"""Seconds that one library needs for each decoded mail, as JSON; null where it breaks.

Replies as text and as HTML are split, forwards as text unwrapped; `unsafe` is HTML split, not made safe.

It reads the frames from their file, since what runs the other libraries has none of this project's packages.
"""

import json
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, REPEATED = 7, 20
NEW = "Thanks, that helped.\n\nOne more question: where is the manual?\n\nKind regards,\nAnna"
OLD = "Hello Anna,\n\nplease press the red button and wait for a minute.\n\nEva"

Split = Callable[[str], object]


def mails() -> dict[str, list[str]]:
    """Replies and forwards from common programs, short and long ones."""
    frames = runpy.run_path(str(ROOT / "tests/unit/parser/frames.py"))
    olds = [OLD, "\n\n".join([OLD] * 10)]
    texts = [NEW + frame(old) for frame in (frames["QUOTING"] | frames["BLOCKS"]).values() for old in olds]
    pages = [_page(NEW, frame(_shown(old))) for frame in frames["HTML"].values() for old in olds]
    heads = [frame(old) for frame in frames["BLOCKS"].values() for old in olds]
    forwards = [f"{NEW}\n\n---------- Forwarded message ---------{head}" for head in heads]
    return {"text": texts, "html": pages, "unsafe": pages, "forward": forwards}


def _shown(text: str) -> str:
    return "".join(f"<div>{line or '<br>'}</div>" for line in text.split("\n"))


def _page(new: str, quoted: str) -> str:
    return f"<html><body>{_shown(new)}{quoted}</body></html>"


def postroom() -> dict[str, Split]:
    sys.path.insert(0, str(ROOT))
    from services.parser.bodies import Words, body_of
    from services.parser.cutting import html_lines
    from services.parser.forwards import unwrap
    from services.parser.mime import split
    from services.parser.quotes import split_lines
    from services.parser.reading import read_envelope
    from services.parser.vocabulary import vocabulary
    from shared.contracts.mail import ParsingPolicy

    words = vocabulary()
    head = b"From: a@partner.example\nSubject: Fwd: Printer\n\n"
    root, _ = split(head)
    envelope, policy = read_envelope(root, head), ParsingPolicy(mail_forwarding_domains=("partner.example",))

    def split_html(html: str) -> object:
        found = html_lines(html)
        quoted = split_lines(found.lines, words).quoted
        return found.except_for(quoted), found.only(quoted)

    return {
        "unsafe": split_html,
        "forward": lambda text: unwrap(root, envelope, Words(text, None), policy, words),
        "text": lambda text: body_of(Words(text, None), words),
        "html": lambda html: body_of(Words(None, html_lines(html)), words),
    }


def talon() -> dict[str, Split]:
    from talon import quotations

    html = quotations.extract_from_html
    return {"text": quotations.extract_from_plain, "html": html, "unsafe": html}


def quotequail() -> dict[str, Split]:
    import quotequail as library

    return {
        "text": library.quote,
        "html": library.quote_html,
        "unsafe": library.quote_html,
        "forward": library.unwrap,
    }


def mail_parser_reply() -> dict[str, Split]:
    from mailparser_reply import EmailReplyParser

    parser = EmailReplyParser(languages=["en", "de", "fr", "es"])
    return {"text": lambda text: parser.parse_reply(text=text)}


def unquotemail() -> dict[str, Split]:
    from unquotemail import Unquote

    return {
        "text": lambda text: Unquote(None, text).parse(),
        "html": lambda html: Unquote(html, None).parse(),
        "unsafe": lambda html: Unquote(html, None).parse(),
    }


LIBRARIES = {
    "postroom": postroom,
    "talon": talon,
    "quotequail": quotequail,
    "mail-parser-reply": mail_parser_reply,
    "unquotemail": unquotemail,
}


def seconds(split: Split, mail: str) -> float | None:
    """Of processor time, the quickest of several rounds."""
    try:
        split(mail)
    except Exception as error:  # noqa: BLE001 - whatever another library raises
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return None
    return min(_round(split, mail) for _ in range(ROUNDS)) / REPEATED


def _round(split: Split, mail: str) -> float:
    began = time.process_time()
    for _ in range(REPEATED):
        split(mail)
    return time.process_time() - began


def main() -> None:
    splits = LIBRARIES[sys.argv[1]]()
    inputs = mails()
    found = {kind: [seconds(split, mail) for mail in inputs[kind]] for kind, split in splits.items()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
