"""More of what `O365` does to a mailbox."""

from datetime import UTC, datetime

from O365.mailbox import MailBox
from O365.utils import ImportanceLevel

from tests.outside.test_o365 import mailbox, only
from tests.outside.world import World, letter, with_files

__all__ = ["mailbox"]


def subjects(found: object) -> set[str]:
    return {message.subject for message in found}  # type: ignore[attr-defined]  # O365 has no types


def test_queries_of_many_kinds(mailbox: MailBox, world: World) -> None:
    for name in ("Printer on fire", "Printer is cold", "Invoice 7"):
        world.receives(letter(name).as_bytes())
    inbox, ask = mailbox.inbox_folder(), mailbox.q()
    message = next(iter(inbox.get_messages(query=ask.equals("subject", "Invoice 7"))))
    message.categories = ["Red"]
    assert message.save_message()

    def found(query: object) -> set[str]:
        return subjects(inbox.get_messages(query=query))

    printers = {"Printer on fire", "Printer is cold"}
    assert found(ask.contains("subject", "printer")) == printers
    assert found(ask.startswith("subject", "Printer") & ask.equals("is_read", False)) == printers
    either = ask.equals("subject", "Invoice 7") | ask.contains("subject", "cold")
    assert found(either) == {"Invoice 7", "Printer is cold"}
    assert found(ask.negate(ask.contains("subject", "printer"))) == {"Invoice 7"}
    assert found(ask.any("categories", ask.equals("", "red"))) == {"Invoice 7"}
    assert found(ask.greater_equal("received_date_time", datetime(2026, 1, 1, tzinfo=UTC)) & either) == found(
        either
    )
    assert found(ask.search("invoice")) == {"Invoice 7"}
    assert found(ask.search("cold", "subject")) == {"Printer is cold"}
    assert found(ask.select("subject") & ask.equals("from", "bob@customer.example")) == printers | {
        "Invoice 7"
    }
    ordered = inbox.get_messages(order_by="subject asc")
    assert [message.subject for message in ordered] == ["Invoice 7", "Printer is cold", "Printer on fire"]
    inbox.refresh_folder()
    assert (inbox.total_items_count, inbox.unread_items_count) == (3, 3)


def test_a_forward_and_an_answer_to_all(mailbox: MailBox, world: World) -> None:
    world.receives(with_files("Files").as_bytes())
    forward = only(mailbox).forward()
    forward.to.add("dev@helpdesk.example")
    assert forward.send()
    answer = only(mailbox).reply(to_all=True)
    answer.body = "Thank you."
    assert answer.send()
    first, second = world.told("sent")
    assert first["recipients"] == ["dev@helpdesk.example"]
    assert second["recipients"] == ["bob@customer.example"]


def test_a_message_with_all_that_may_be_set(mailbox: MailBox, world: World) -> None:
    message = mailbox.new_message()
    message.to.add(["a@customer.example", "b@customer.example"])
    message.cc.add("c@customer.example")
    message.bcc.add("d@customer.example")
    message.reply_to.add("e@helpdesk.example")
    message.subject, message.body = "Whole", "<p>Hi</p>"
    message.importance = ImportanceLevel.High
    message.is_read_receipt_requested = True
    message.categories = ["Red"]
    assert message.save_draft()
    assert message.send(save_to_sent_folder=True)
    (sent,) = world.told("sent")
    assert sent["recipients"] == [f"{name}@customer.example" for name in "abcd"]
    (kept,) = mailbox.sent_folder().get_messages()
    assert kept.importance is ImportanceLevel.High


def test_copies_flags_and_folders(mailbox: MailBox, world: World) -> None:
    world.receives(letter("Keep me").as_bytes())
    message = only(mailbox)
    message.flag.set_flagged()
    assert message.save_message()
    assert only(mailbox).flag.status.value == "flagged"
    made = mailbox.create_child_folder("Kept")
    assert message.copy(made)
    assert subjects(made.get_messages()) == {"Keep me"}
    assert made.update_folder_name("Well kept")
    assert mailbox.get_folder(folder_name="Well kept").folder_id == made.folder_id
    assert made.delete()
    assert message.delete()
    assert subjects(mailbox.deleted_folder().get_messages()) == {"Keep me"}
