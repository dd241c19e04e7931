"""What every mailbox provider must do. A provider's tests inherit it and say how its post comes and goes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Protocol

import pytest

from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import (
    CursorExpired,
    Done,
    Gone,
    MailboxConnection,
    MarkRead,
    MoveTo,
    Prepared,
    Sent,
    ShowsNewest,
)

KEY = "pr1.k1.key@acme.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Post(Protocol):
    """The world around one mailbox."""

    def connect(self) -> MailboxConnection:
        """A new connection; the fixture closes it."""

    def receive(self, raw: bytes, received: datetime = NOW) -> None:
        """A mail arrives in the folder that is listed."""

    def left(self) -> list[bytes]:
        """Every mail that left, in order."""

    def address(self) -> str: ...


def a_mail(subject: str = "Printer on fire", words: str = "Please come.") -> bytes:
    head = f"From: ada@customer.example\r\nTo: support@acme.example\r\nSubject: {subject}\r\n"
    return f"{head}Message-ID: <{subject.replace(' ', '.')}@customer.example>\r\n\r\n{words}\r\n".encode()


def an_answer(sender: str, *files: bytes) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, "ada@customer.example", "Re: Printer on fire [#7]"
    mail["Message-ID"] = f"<{KEY}>"
    mail["In-Reply-To"] = mail["References"] = "<first@customer.example>"
    mail.set_content("Have you tried water?")
    for number, file in enumerate(files):
        mail.add_attachment(file, "application", "octet-stream", filename=f"file-{number}.bin")
    return mail.as_bytes()


async def every_page(connection: MailboxConnection, cursor: str | None = None) -> tuple[list[str], str]:
    """List until nothing more is ready; the ids in order, repetitions included, and the cursor."""
    found: list[str] = []
    while True:
        page = await connection.list(cursor, None)
        found += [mail.provider_id for mail in page.mails]
        cursor = page.cursor
        if not page.more:
            return found, cursor


async def only_mail(connection: MailboxConnection) -> str:
    (found,) = set((await every_page(connection))[0])
    return found


class MailboxSuite:
    """Inherit it, and give the fixtures `post`, `connection` and `other_folder`."""

    many = 120
    """Mails that fill several pages."""

    async def test_empty_folder_lists_nothing_and_can_be_asked_again(
        self, connection: MailboxConnection
    ) -> None:
        found, cursor = await every_page(connection)
        again, _ = await every_page(connection, cursor)
        assert found == again == []

    async def test_every_mail_of_many_pages_is_listed(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        for number in range(self.many):
            post.receive(a_mail(f"Mail {number}"))
        assert (await connection.list(None, None)).more
        found, _ = await every_page(connection)
        assert len(set(found)) == self.many

    async def test_only_new_mail_stands_behind_a_cursor(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail("old"))
        old, cursor = await every_page(connection)
        post.receive(a_mail("new"))
        new, _ = await every_page(connection, cursor)
        assert len(new) == 1
        assert not set(old) & set(new)

    async def test_page_whose_cursor_was_not_kept_comes_again(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        _, cursor = await every_page(connection)
        post.receive(a_mail())
        first, _ = await every_page(connection, cursor)
        second, _ = await every_page(connection, cursor)
        assert first == second
        assert len(first) == 1

    async def test_cursor_outlives_its_connection(self, connection: MailboxConnection, post: Post) -> None:
        _, cursor = await every_page(connection)
        post.receive(a_mail())
        assert len((await every_page(post.connect(), cursor))[0]) == 1

    async def test_cursor_that_is_none_of_ours_has_expired(self, connection: MailboxConnection) -> None:
        with pytest.raises(CursorExpired):
            await connection.list("of another provider", None)

    async def test_mail_at_the_date_is_listed_whatever_becomes_of_older_mail(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail("before"), NOW - timedelta(hours=1))
        post.receive(a_mail("at"), NOW)
        page = await connection.list(None, NOW)
        assert any([b"Subject: at" in await connection.fetch(found.provider_id) for found in page.mails])

    async def test_the_newest_mails_are_those_of_the_listing(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        if not isinstance(connection, ShowsNewest):
            return
        for hours in (3, 1, 2):
            post.receive(a_mail(f"{hours} hours ago"), NOW - timedelta(hours=hours))
        newest = await connection.newest()
        assert [mail.received_at for mail in newest] == [NOW - timedelta(hours=hours) for hours in (1, 2, 3)]
        assert set(newest) == set((await connection.list(None, None)).mails)

    async def test_mail_is_fetched_with_its_words(self, connection: MailboxConnection, post: Post) -> None:
        post.receive(a_mail("Printer on fire", "Please come."))
        mail = message_from_bytes(await connection.fetch(await only_mail(connection)))
        assert mail["Message-ID"] == "<Printer.on.fire@customer.example>"
        assert "Please come." in mail.as_string()

    async def test_size_is_about_that_of_the_mail_or_unknown(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail("Large", "x" * 50_000))
        size = await connection.size(await only_mail(connection))
        assert size is None or 25_000 < size < 200_000

    async def test_a_size_that_the_listing_tells_is_the_same(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail("Large", "x" * 50_000))
        (listed,) = (await connection.list(None, None)).mails
        assert listed.size in (None, await connection.size(listed.provider_id))

    async def test_reading_twice_is_settled(self, connection: MailboxConnection, post: Post) -> None:
        post.receive(a_mail())
        found = await only_mail(connection)
        await connection.settle(found, MarkRead())
        await connection.settle(found, MarkRead())

    async def test_moved_mail_keeps_its_id_and_may_be_moved_again(
        self, connection: MailboxConnection, post: Post, other_folder: str
    ) -> None:
        post.receive(a_mail())
        found = await only_mail(connection)
        receipt = await connection.settle(found, MoveTo(other_folder))
        assert await connection.settle(found, MoveTo(other_folder)) == receipt
        assert receipt is None or (receipt.done, receipt.provider_id) == (Done.MOVED, found)
        assert b"Printer on fire" in await connection.fetch(found)
        assert (await every_page(connection))[0] == []

    async def test_folder_that_does_not_exist_is_a_fault_of_the_settings(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail())
        with pytest.raises(Permanent) as caught:
            await connection.settle(await only_mail(connection), MoveTo("No such folder"))
        assert not isinstance(caught.value, Gone)

    async def test_folders_have_paths_that_can_be_moved_to(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        post.receive(a_mail())
        folders = {folder.path: folder for folder in await connection.folders()}
        archive = next(folder for folder in folders.values() if "rchive" in folder.name)
        await connection.settle(await only_mail(connection), MoveTo(archive.path))
        assert (await every_page(connection))[0] == []

    async def test_prepared_mail_has_not_left(self, connection: MailboxConnection, post: Post) -> None:
        assert await connection.find_sent(None, KEY) is None
        handle = await connection.prepare(an_answer(post.address()), KEY)
        assert post.left() == []
        assert await connection.find_sent(handle, KEY) == Prepared(handle)
        assert await connection.find_sent(None, KEY) == Prepared(handle)

    async def test_preparing_twice_under_a_key_is_one_mail(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        first = await connection.prepare(an_answer(post.address()), KEY)
        assert await connection.prepare(an_answer(post.address()), KEY) == first

    async def test_dispatched_mail_left_once_with_its_thread(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        handle = await connection.prepare(an_answer(post.address()), KEY)
        await connection.dispatch(handle)
        (raw,) = post.left()
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail["Message-ID"] == f"<{KEY}>"
        assert mail["In-Reply-To"] == "<first@customer.example>"
        assert mail["Subject"] == "Re: Printer on fire [#7]"
        assert await connection.find_sent(handle, KEY) == Sent(KEY)
        assert await connection.find_sent(None, KEY) == Sent(KEY)

    async def test_dispatching_twice_sends_once(self, connection: MailboxConnection, post: Post) -> None:
        handle = await connection.prepare(an_answer(post.address()), KEY)
        await connection.dispatch(handle)
        with pytest.raises(Transient):
            await connection.dispatch(handle)
        assert len(post.left()) == 1

    async def test_what_is_discarded_does_not_leave_and_can_be_prepared_anew(
        self, connection: MailboxConnection, post: Post
    ) -> None:
        handle = await connection.prepare(an_answer(post.address()), KEY)
        await connection.discard(handle)
        await connection.discard(handle)
        assert await connection.find_sent(None, KEY) is None
        again = await connection.prepare(an_answer(post.address()), KEY)
        await connection.dispatch(again)
        assert len(post.left()) == 1
        await connection.discard(again)
        assert isinstance(await connection.find_sent(again, KEY), Sent)

    async def test_two_keys_are_two_mails(self, connection: MailboxConnection, post: Post) -> None:
        await connection.dispatch(await connection.prepare(a_mail_of_ours(post, "one"), "one@acme.example"))
        assert await connection.find_sent(None, "two@acme.example") is None
        await connection.dispatch(await connection.prepare(a_mail_of_ours(post, "two"), "two@acme.example"))
        assert len(post.left()) == 2

    @pytest.mark.parametrize("sizes", [(3_600_000,), (7_500_000, 200_000), (900_000,) * 5, (3_050_000,) * 2])
    async def test_large_mail_leaves_with_all_its_files(
        self, connection: MailboxConnection, post: Post, sizes: tuple[int, ...], noise: Callable[[int], bytes]
    ) -> None:
        files = [noise(size) for size in sizes]
        await connection.dispatch(await connection.prepare(an_answer(post.address(), *files), KEY))
        (raw,) = post.left()
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        sent = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
        assert sent == {f"file-{number}.bin": file for number, file in enumerate(files)}
        body = mail.get_body(("plain",))
        assert body is not None
        assert "water" in body.get_content()
        assert await connection.find_sent(None, KEY) is not None


def a_mail_of_ours(post: Post, words: str) -> bytes:
    return an_answer(post.address()).replace(KEY.encode(), f"{words}@acme.example".encode())
