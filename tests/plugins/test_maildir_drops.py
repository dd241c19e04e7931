"""The provider maildir over a folder of `.eml` files: half-written ones, and names that come again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Gone, MoveTo
from tests.plugins.mailbox_suite import NOW, a_mail, every_page, only_mail
from tests.plugins.maildir_post import MaildirPost


@pytest.fixture
async def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MaildirPost]:
    monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", str(tmp_path))
    post = MaildirPost(tmp_path, "eml")
    post.make()
    yield post
    await post.close()


async def test_a_drop_that_is_being_written_is_not_taken(drop: MaildirPost) -> None:
    connection = drop.connect()
    with (drop.home / "slow.eml").open("wb") as file:
        file.write(a_mail()[:40])
        file.flush()
        found, cursor = await every_page(connection)
        assert found == []
        drop.receive(a_mail("of another program"))
        (other,), cursor = await every_page(connection, cursor)
        file.write(a_mail()[40:])
    drop.ahead = timedelta(seconds=11)
    (whole,), _ = await every_page(connection, cursor)
    assert await connection.fetch(whole) == a_mail()
    assert whole != other


async def test_only_eml_files_are_mail(drop: MaildirPost) -> None:
    for name in ("mail.eml.part", "mail.txt", ".mail.eml"):
        drop.receive(a_mail()).rename(drop.home / name)
    drop.receive(a_mail()).rename(drop.home / "MAIL.EML")
    assert len((await every_page(drop.connect()))[0]) == 1


async def test_a_name_that_comes_again_is_another_mail_and_nothing_is_written_over(drop: MaildirPost) -> None:
    connection = drop.connect()
    ids = []
    for words in ("first", "second"):
        drop.receive(a_mail(words), NOW + timedelta(seconds=len(words))).rename(drop.home / "mail.eml")
        ids.append(await only_mail(connection))
        await connection.settle(ids[-1], MoveTo("Archive"))
        await connection.settle(ids[-1], MoveTo("Archive"))
    assert len(set(ids)) == 2
    assert [b"Subject: first" in await connection.fetch(one) for one in ids] == [True, False]
    assert len(list((drop.home / "Archive").iterdir())) == 2


async def test_a_drop_that_is_changed_after_it_was_listed_is_another_mail(drop: MaildirPost) -> None:
    connection = drop.connect()
    path = drop.receive(a_mail())
    found, cursor = await every_page(connection)
    with path.open("ab") as file:
        file.write(b"More.\r\n")
    with pytest.raises(Gone):
        await connection.fetch(found[0])
    drop.ahead = timedelta(seconds=11)
    (again,), _ = await every_page(connection, cursor)
    assert (await connection.fetch(again)).endswith(b"More.\r\n")


async def test_outgoing_files_are_not_read_as_mail_that_came(drop: MaildirPost) -> None:
    connection = drop.connect()
    await connection.dispatch(await connection.prepare(a_mail(), "key"))
    assert (await every_page(connection))[0] == []
    assert [one.path for one in await connection.folders()] == ["Inbox", "Archive"]
    with pytest.raises(Permanent):
        await drop.connect(folder="outbox").list(None, None)
