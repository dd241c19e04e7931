"""Lines of a user's own from which on a mail is quoted: they ride in the policy, and nothing is lost."""

import pytest

from services.parser.parsing import parse
from shared.contracts.filters import Filters
from shared.contracts.mail import ParsingPolicy

TEXT = """It works now.

{line}
Older words.
"""


def body(line: str, filters: Filters) -> tuple[str, str]:
    mail = f"From: ann@firm.example\nSubject: x\n\n{TEXT.format(line=line)}".encode()
    found = parse(mail, ParsingPolicy(filters=filters)).document.body
    return found.reply_text.strip(), found.quoted_text.strip()


@pytest.mark.parametrize(
    ("line", "filters"),
    [
        ("Ticket History", Filters(strings=("ticket history",))),
        (
            "Jan Jansen sprak op 3-4-2026 12:30 als volgt:",
            Filters(strings=("{who} sprak op {when} als volgt:",)),
        ),
        ("=== Conversation 17 ===", Filters(regexes=(r"^={3,} *conversation \d+ *={3,}$",))),
    ],
    ids=["line", "template", "regex"],
)
def test_from_such_a_line_on_a_mail_is_quoted(line: str, filters: Filters) -> None:
    assert body(line, filters) == ("It works now.", f"{line}\nOlder words.")
    assert body(line, Filters()) == (f"It works now.\n\n{line}\nOlder words.", "")


def test_built_in_words_count_beside_and_may_be_replaced() -> None:
    line = "On Tue, 3 Mar 2026 at 10:00, Ann <ann@firm.example> wrote:"
    own = Filters(strings=("ticket history",))
    mail = f"From: ann@firm.example\n\nIt works now.\n\n{line}\n\nOlder words.\n".encode()
    beside = parse(mail, ParsingPolicy(filters=own)).document.body
    assert (beside.reply_text.strip(), "Older words." in beside.quoted_text) == ("It works now.", True)
    alone = parse(mail, ParsingPolicy(filters=own.model_copy(update={"replace": True}))).document.body
    assert "Older words." in alone.reply_text


def test_a_mail_of_nothing_but_such_lines_is_not_cut() -> None:
    policy = ParsingPolicy(filters=Filters(strings=("ticket history",)))
    found = parse(b"From: a@b.example\n\nTicket history\nx\n", policy)
    assert "Ticket history" in found.document.body.reply_text


def test_a_long_mail_of_hard_lines_is_read_in_bounded_work() -> None:
    hard = ("x" * 240 + "\n") * 30_000
    filters = Filters(regexes=("^x*.*y$",))
    found = parse(b"From: a@b.example\n\nHello\n" + hard.encode(), ParsingPolicy(filters=filters))
    assert found.document.body.reply_text.startswith("Hello")
