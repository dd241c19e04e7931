"""Two matters in one ticket are split: each answer finds its own; and who was removed asks first."""

import pytest

from tests.walk.letters import answer, letter, message_id_of
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def placed(walk: Walk, provider_id: str) -> Json:
    placement: Json = (await walk.passport(provider_id))["placement"]
    return placement


async def test_answers_find_the_ticket_that_has_the_mail_they_answer(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = letter("Printer is loud", to=mailbox.address)
    number = await walk.ticket_of(mailbox.receives(first))
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Since when?"})
    (ours,) = await walk.left(mailbox)
    thread = f"<{message_id_of(first)}> <{message_id_of(ours.raw)}>"
    other = letter(
        "Re: Printer is loud", "And the scanner is dark.", to=mailbox.address,
        in_reply_to=f"<{message_id_of(ours.raw)}>", references=thread,
    )  # fmt: skip
    assert (await placed(walk, mailbox.receives(other)))["ticket"] == number
    chosen = (await walk.timeline(number, "mail_in"))[-1]["id"]
    body = {"posts": [chosen], "subject": "Scanner is dark"}
    own = (await walk.ask("POST", f"/tickets/{number}/split", body))["number"]
    assert [post["text"].strip() for post in await walk.timeline(own, "mail_in")] == [
        "And the scanner is dark."
    ]
    await walk.rest()
    assert len(mailbox.sent()) == 1
    # the customer goes on in both threads: the moved mail names ours too, which stayed
    moved = letter(
        "Re: Printer is loud", "Black, in fact.", to=mailbox.address,
        in_reply_to=f"<{message_id_of(other)}>", references=f"{thread} <{message_id_of(other)}>",
    )  # fmt: skip
    stayed = answer(ours, "Since Monday.")
    where = [await placed(walk, mailbox.receives(raw)) for raw in (moved, stayed)]
    assert [(one["outcome"], one["ticket"]) for one in where] == [("append", own), ("append", number)]
    await walk.ask("POST", f"/tickets/{own}/replies", {"text": "We bring a lamp."})
    (_, lamp) = await walk.left(mailbox, 2)
    thanks = await placed(walk, mailbox.receives(answer(lamp, "That did it, what was the reason?")))
    assert (thanks["outcome"], thanks["ticket"]) == ("append", own)
    await walk.ask("POST", f"/tickets/{own}/merge", {"into": number})
    again = await placed(walk, mailbox.receives(answer(lamp, "Dark again, please come.")))
    assert again["outcome"] == "append"
    assert "Dark again, please come." in [p["text"].strip() for p in await walk.timeline(number, "mail_in")]


async def test_the_mail_of_who_was_removed_is_held_and_of_who_was_added_joins(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    bea, carl = "Bea <bea@firm.example>", "Carl <carl@other.example>"
    first = letter("Lift is stuck", to=mailbox.address, cc=bea)
    number = await walk.ticket_of(mailbox.receives(first))
    await walk.ask("DELETE", f"/tickets/{number}/participants/bea@firm.example")
    await walk.ask(
        "POST", f"/tickets/{number}/participants", {"address": "carl@other.example", "name": "Carl"}
    )
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "We come."})
    (ours,) = await walk.left(mailbox)
    assert ours.recipients == ("ann@firm.example", "carl@other.example")
    held = await walk.passport(mailbox.receives(answer(ours, "Come to me first, please.", sender=bea)))
    assert (held["placement"]["outcome"], held["held"]) == ("held", "open")
    joined = await placed(walk, mailbox.receives(answer(ours, "The stairs are free.", sender=carl)))
    assert (joined["outcome"], joined["ticket"]) == ("append", number)
    by_number = letter(f"[#{number}] Lift", to=mailbox.address, sender=bea)
    assert (await placed(walk, mailbox.receives(by_number)))["outcome"] == "new"
