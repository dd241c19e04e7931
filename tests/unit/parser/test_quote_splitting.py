"""Where a text is cut, on the cases that are easily got wrong."""

import pytest

from services.parser.lines import joined, text_lines
from services.parser.quotes import split_lines
from services.parser.vocabulary import vocabulary
from shared.contracts.marker import REPLY_MARKER

LEGAL = "This email is confidential. If you are not the intended recipient, please delete it and tell us."


def parts(text: str, *, forward: bool = False) -> tuple[str, str, str, str]:
    lines = text_lines(text)
    split = split_lines(lines, vocabulary(), forward=forward)

    def of(*ranges: range) -> str:
        return joined([line for part in ranges for line in lines[part.start : part.stop]]).strip()

    return of(*split.reply), of(split.quoted), of(split.signature), split.rule


@pytest.mark.parametrize(
    ("text", "reply", "rule"),
    [
        (
            "Да.\n\n12 марта 2024 в 10:15 пользователь Ева\n<eva@x.example> написал:\n\n> old",
            "Да.",
            "intro",
        ),
        ("Yes.\n\n-----Original Message-----\nFrom: Eva\n\nold", "Yes.", "separator"),
        ("Yes.\n\n##- Please type your reply above this line -##\n\nYour request", "Yes.", "separator"),
        ("Oui.\n\n--- Répondre au-dessus de cette ligne. ---\n\nVotre demande", "Oui.", "separator"),
        ("Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: Eva\n\nalt", "Ja.", "separator"),
        ("Yes.\n\n> old\n> older", "Yes.", "quotes"),
        ("Yes.\n\nOn 4 Mar 2024, at 09:12, Eva\n<eva@x.example>\nwrote:\n\n> old", "Yes.", "intro"),
        ("Yes.\n\nOn Mon, 4 Mar 2024 at 09:12, Eva <eva@x.example> wrote:\nold, not marked", "Yes.", "intro"),
        (
            "Yes.\n\n________________________________\nFrom: Eva\nSent: Monday\nTo: a\n\nold",
            "Yes.",
            "header_block",
        ),
        ("Oui.\n\n*De :* Eva\n*Envoyé :* lundi\n*À :* Anna\n*Objet :* x\n\nvieux", "Oui.", "header_block"),
        ("Yes.\n\n> From: Eva\n> Sent: Monday\n> To: a\n>\n> old", "Yes.", "quotes"),
        (
            "From: the start it was broken.\nCan you come?",
            "From: the start it was broken.\nCan you come?",
            "none",
        ),
        ("As I wrote:\nit is broken.", "As I wrote:\nit is broken.", "none"),
        ("> Which room?\n\nRoom 12", "Room 12", "leading"),
        (
            'Yes.\n\nFrom "Eva" <eva@x.example>\nTo <a@y.example>\nDate 4.3.2024 09:12\nSubject x\n\nold',
            "Yes.",
            "header_block",
        ),
        ("Yes.\n\nOn Mon, 4 Mar 2024 at 09:12, Eva<eva@x.example> wrote:   old", "Yes.", "intro"),
        ("Yes.\n\n---- Vetus nuntius ----\nFrom: Eva\nTo: a\nSubject: x\n\nold", "Yes.", "separator"),
        (
            "On Wednesday at 10:30 the man on the phone wrote:\nto be looked at",
            "On Wednesday at 10:30 the man on the phone wrote:\nto be looked at",
            "none",
        ),
        (
            "Yes.\n\n--- Original message ---From: Eva <e@x.example> Date: 3/4/24 9:12 To: a Subject: x\nold",
            "Yes.",
            "separator",
        ),
        (
            "Ja.\n\nVon: Eva <eva@x.example> Gesendet: 4. März 2024 09:12 An: a Betreff: x\n\nalt",
            "Ja.",
            "separator",
        ),
        ("Yes.\n\nEva <eva@x.example>\n04.03.2024 09:12\n\nTo\nAnn\nSubject\nx\n\nold", "Yes.", "separator"),
        (
            "From: Leeds To: Whitby Date: 3 May 2024\nThe bus is late.",
            "From: Leeds To: Whitby Date: 3 May 2024\nThe bus is late.",
            "none",
        ),
        (
            "> old\n> older\n\nFrom here on it works.\nTo be sure I checked.",
            "From here on it works.\nTo be sure I checked.",
            "leading",
        ),
    ],
)
def test_reply_is_cut_where_the_old_mail_begins(text: str, reply: str, rule: str) -> None:
    found, quoted, _, by = parts(text)
    assert (found, by) == (reply, rule)
    assert quoted or rule == "none"


def test_answers_between_the_quotes_stay() -> None:
    text = "Hi\n> one?\nyes\n> two?\nno"
    assert parts(text)[0] == text


def test_answers_between_quotes_below_a_block_of_labels_stay() -> None:
    text = "See below.\n\nFrom: Eva\nSent: Monday\nTo: a\nSubject: x\n\n> one?\nyes\n> two?\nno"
    assert parts(text)[0] == text


@pytest.mark.parametrize("left_over", ["it\n", "Yes, done.\n"])
def test_a_quote_that_some_program_wrapped_is_a_quote(left_over: str) -> None:
    """The rest of a sentence belongs to it; what begins a sentence may be an answer, and stays."""
    long = "> Please take out the relay, clean both contacts with the cloth and put"
    reply = parts(f"Done.\n\n{long}\n{left_over}> back, then press the button.")[0]
    assert (reply == "Done.") is left_over.startswith("it")


def test_text_above_and_below_a_quote_stays_with_the_quote() -> None:
    text = "Above\n> old\nBelow"
    assert parts(text)[0] == text
    assert parts(text)[3] == "inline"


def test_a_signature_below_the_quote_is_no_answer() -> None:
    reply, quoted, _, _ = parts("Yes.\n\n> old\n\n-- \nAnna")
    assert reply == "Yes."
    assert quoted.endswith("Anna")


def test_our_marker_cuts_before_any_guess() -> None:
    reply, quoted, _, rule = parts(f"Yes.\n\nQuisquis scripsit:\n\n> ##- {REPLY_MARKER} -##\n> old\n> older")
    assert rule == "marker"
    assert "old" in quoted
    assert reply.startswith("Yes.")


def test_answer_below_our_marked_mail_is_the_reply() -> None:
    reply, _, _, _ = parts(f"On 4 Mar 2024 Help wrote:\n> {REPLY_MARKER}\n> old\n\nMy answer")
    assert reply == "My answer"


def test_a_forward_is_not_cut() -> None:
    text = "See below.\n\nFrom: Bob\nSent: Monday\nTo: Eva\nSubject: x\n\nThe thing"
    assert parts(text, forward=True)[0] == text
    assert parts(text)[0] == "See below."


def test_when_nothing_would_be_left_nothing_is_cut() -> None:
    reply, quoted, _, rule = parts("On Mon, 4 Mar 2024 at 09:12, Eva <eva@x.example> wrote:\n> old")
    assert rule == "nothing_left"
    assert quoted == ""
    assert reply.endswith("> old")


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Broken.\n\n-- \nAnna\nTel. 1", "-- \nAnna\nTel. 1"),
        ("Broken.\n\nBest regards,\nAnna", "Best regards,\nAnna"),
        ("Broken.\n\nMet vriendelijke groet\n\nSanne", "Met vriendelijke groet\n\nSanne"),
        ("Broken.\n\nGet Outlook for iOS", "Get Outlook for iOS"),
        ("Kaputt.\n\nVon meinem iPhone gesendet", "Von meinem iPhone gesendet"),
        ("Broken.\n\nViele Grüße Eva Stein", "Viele Grüße Eva Stein"),
        ("Broken.\n\nKind regards, Eva", "Kind regards, Eva"),
        ("Broken.\n\nCheers\nEva\n\n-- \nEva Stein\nTel. 1", "Cheers\nEva\n\n-- \nEva Stein\nTel. 1"),
        ("Broken.\n\n---\nEva Stein\nTel. 1", "---\nEva Stein\nTel. 1"),
        ("Broken.\n\nSent from my iPhone.", "Sent from my iPhone."),
        (f"Broken.\n\nCheers\nEva\n\n{LEGAL}", f"Cheers\nEva\n\n{LEGAL}"),
        (f"Broken.\n\nEva Stein | Berg Ltd\n{LEGAL}", f"Eva Stein | Berg Ltd\n{LEGAL}"),
        ("Plan\n---\nOn Monday we clean the rooms, on Tuesday we paint them, then comes the floor.", ""),
        ("Best of all, it works.", ""),
        ("Broken.\n\nCheers,\nEva\n\nP.S. The key is here.", ""),
        ("Broken.\n\nCheers,\nEva\nCan you come on Friday?", ""),
        ("We stay at\nthe inn. Best to call before.", ""),
        ("Sent from my desk, is the parcel here?", ""),
        ("Best regards,\nAnna", ""),
        (f"Broken.\n\nBest regards,\n{'this is what the display shows, over and over; ' * 2}", ""),
    ],
)
def test_signature_is_told_from_text(text: str, signature: str) -> None:
    assert parts(text)[2] == signature
