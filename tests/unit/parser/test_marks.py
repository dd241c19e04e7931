"""What the lines of a mail are marked as, in their context."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.parser.bodies import forms_of, read_words
from services.parser.kinds import Kind
from services.parser.lines import Line, text_lines
from services.parser.marking import mark, mark_to_forward
from services.parser.mime import split
from services.parser.vocabulary import vocabulary
from tests.unit.parser.golden import MAILS

LINES = (
    "",
    "I lost my keys.",
    "> quoted",
    "> quoted, and so long that some program wraps it in the middle of a",
    "line",
    "On Mon, Mar 4, 2024 at 9:12 AM Eva Stein <eva@x.example> wrote:",
    "On Mon, Mar 4, 2024 at 9:12 AM Eva",
    "<eva@x.example> wrote:",
    "---------- Forwarded message ---------",
    "> ---------- Forwarded message ---------",
    "-----Original Message-----",
    "____________________",
    "From: Bob <bob@c.example>",
    "Sent: Tuesday, 5 March 2024 16:05",
    "To: Eva",
    "Subject: Keys",
)


def same_to_the_forward(lines: list[Line]) -> bool:
    whole, shortened = mark(lines, vocabulary()), mark_to_forward(lines, vocabulary())
    end = whole.kinds.index(Kind.FORWARD) if Kind.FORWARD in whole.kinds else len(lines)
    blocks = {at: block for at, block in whole.blocks.items() if at < end}
    return shortened.kinds[:end] == whole.kinds[:end] and shortened.blocks == blocks


@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_what_stands_below_a_forward_marks_nothing_above_it(lines: list[str]) -> None:
    assert same_to_the_forward(text_lines("\n".join(lines)))


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_a_mail_that_is_read_to_its_forward_only_is_marked_as_a_whole_one(mail: Path) -> None:
    root, _ = split(mail.read_bytes())
    words = read_words(forms_of(root))
    assert same_to_the_forward(words.text_lines)
    assert words.html is None or same_to_the_forward(words.html.lines)
