"""The provider maildir: what comes, names that lead elsewhere, two workers, and fifty thousand mails."""

import asyncio
import os
import shutil
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from plugins.mailboxes.maildir.provider import MaildirSettings
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import CursorExpired, Done, Gone, MarkRead, MoveTo
from tests.plugins.mailbox_suite import a_mail, every_page, only_mail
from tests.plugins.maildir_post import MaildirPost


async def made(layout: str, root: Path) -> MaildirPost:
    post = MaildirPost(root, layout)
    post.make()
    return post


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture(params=["maildir", "eml"])
async def either(request: pytest.FixtureRequest, root: Path) -> AsyncIterator[MaildirPost]:
    post = await made(request.param, root)
    yield post
    await post.close()


@pytest.fixture
async def maildir(root: Path) -> AsyncIterator[MaildirPost]:
    post = await made("maildir", root)
    yield post
    await post.close()


async def test_seen_mail_goes_from_new_to_cur_and_keeps_its_other_flags(maildir: MaildirPost) -> None:
    connection = maildir.connect()
    path = maildir.receive(a_mail())
    found = await only_mail(connection)
    await connection.settle(found, MarkRead())
    assert [one.name for one in (maildir.home / "cur").iterdir()] == [f"{path.name}:2,S"]
    (maildir.home / "cur" / f"{path.name}:2,S").rename(maildir.home / "cur" / f"{path.name}:2,FR")
    await connection.settle(found, MarkRead())
    assert [one.name for one in (maildir.home / "cur").iterdir()] == [f"{path.name}:2,FRS"]


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,FRST", ":2,Sab", ":1,x"])
async def test_mail_keeps_its_id_whatever_a_mail_program_does_with_its_flags(
    maildir: MaildirPost, flags: str
) -> None:
    connection = maildir.connect()
    path = maildir.receive(a_mail())
    found = await only_mail(connection)
    path.rename(maildir.home / "cur" / f"{path.name}{flags}")
    assert b"Printer on fire" in await connection.fetch(found)


async def test_drafts_hidden_files_and_mail_in_tmp_are_none(maildir: MaildirPost) -> None:
    maildir.receive(a_mail()).rename(maildir.home / "cur" / "1.draft:2,D")
    (maildir.home / "tmp" / "2.half").write_bytes(b"Subject: ha")
    (maildir.home / "new" / ".3.hidden").write_bytes(a_mail())
    assert (await every_page(maildir.connect()))[0] == []


async def test_names_that_are_no_text_are_read_too(maildir: MaildirPost) -> None:
    connection = maildir.connect()
    (maildir.home / "new" / os.fsdecode(b"1.\xff\xfe%2F.mx")).write_bytes(a_mail())
    found = await only_mail(connection)
    found.encode()
    assert b"Printer on fire" in await connection.fetch(found)


async def test_folders_of_other_programs_are_read_in_their_encoding(maildir: MaildirPost) -> None:
    for shelf in ("new", "cur", "tmp"):
        (maildir.home / ".Archive.Entw&APw-rfe &- mehr" / shelf).mkdir(parents=True)
    connection = maildir.connect()
    assert [one.path for one in await connection.folders()] == ["Inbox", "Archive", "Archive/Entwürfe & mehr"]
    maildir.receive(a_mail())
    found = await only_mail(connection)
    await connection.settle(found, MoveTo("Archive/Entwürfe & mehr"))
    assert len(list((maildir.home / ".Archive.Entw&APw-rfe &- mehr" / "cur").iterdir())) == 1
    maildir.receive(a_mail())
    receipt = await connection.settle(await only_mail(connection), MoveTo(".Archive"))
    assert len(list((maildir.home / ".Archive" / "cur").iterdir())) == 1
    assert receipt is not None
    assert (receipt.done, receipt.folder) == (Done.MOVED, ".Archive")


async def test_a_mail_that_somebody_has_moved_stays_where_they_want_it(either: MaildirPost) -> None:
    connection = either.connect()
    either.receive(a_mail())
    found = await only_mail(connection)
    await connection.settle(found, MoveTo("Archive"))
    again, _ = await connection.folders()
    receipt = await connection.settle(found, MoveTo(again.id))
    assert receipt is not None
    assert (receipt.done, receipt.provider_id) == (Done.ELSEWHERE, found)
    assert b"Printer on fire" in await connection.fetch(found)


async def test_a_mail_that_is_taken_away_is_gone(either: MaildirPost) -> None:
    connection = either.connect()
    path = either.receive(a_mail())
    found = await only_mail(connection)
    path.unlink()
    with pytest.raises(Gone):
        await connection.fetch(found)
    for how in (MarkRead(), MoveTo("Archive")):
        with pytest.raises(Gone):
            await connection.settle(found, how)


async def test_links_are_not_followed(either: MaildirPost, root: Path) -> None:
    """Neither one that stands for a mail, nor for a folder, nor for the mailbox itself."""
    connection = either.connect()
    secret = root / "secret.eml"
    secret.write_bytes(b"Subject: of another\r\n\r\n")
    path = either.receive(a_mail())
    found = await only_mail(connection)
    path.unlink()
    path.symlink_to(secret)
    assert (await every_page(connection))[0] == []
    with pytest.raises(Permanent):
        await connection.fetch(found)
    elsewhere = root / "elsewhere"
    shutil.move(either.home, elsewhere)
    either.home.symlink_to(elsewhere)
    with pytest.raises(Permanent) as caught:
        await connection.list(None, None)
    assert caught.value.code == "symlink"


async def test_a_pipe_in_place_of_a_mail_holds_nobody_up(either: MaildirPost) -> None:
    connection = either.connect()
    path = either.receive(a_mail())
    found = await only_mail(connection)
    times = path.stat()
    path.unlink()
    os.mkfifo(path)
    os.utime(path, ns=(times.st_mtime_ns, times.st_mtime_ns))
    with pytest.raises(Permanent):
        await asyncio.wait_for(connection.fetch(found), 10)


@pytest.mark.parametrize("name", ["../other", "/etc", "a/../../b", ".hidden", "a//b", "", "a\0b", "a/.b"])
async def test_a_directory_never_leads_out_of_the_root(name: str) -> None:
    with pytest.raises(ValidationError):
        MaildirSettings(directory=name)
    with pytest.raises(ValidationError):
        MaildirSettings(directory="support", outbox=name)


@pytest.mark.parametrize("name", ["..", "../../other", "Archive/../..", "./x", "..Archive", "a\0b", "", "/"])
async def test_a_folder_never_leads_out_of_the_mailbox(either: MaildirPost, name: str) -> None:
    connection = either.connect()
    either.receive(a_mail())
    with pytest.raises(Permanent) as caught:
        await connection.settle(await only_mail(connection), MoveTo(name))
    assert caught.value.code == "folder_not_found"
    with pytest.raises(Permanent):
        await either.connect(folder=name).list(None, None)


@pytest.mark.parametrize("mail", ["..%2F..%2Fsecret", "%2Fetc%2Fpasswd", ".hidden", "a%00b", ""])
async def test_an_id_never_leads_out_of_the_folder(maildir: MaildirPost, mail: str) -> None:
    with pytest.raises(Permanent):
        await maildir.connect().fetch(mail)


async def test_the_folders_of_one_tenant_are_not_those_of_another(maildir: MaildirPost) -> None:
    maildir.receive(a_mail())
    with pytest.raises(Permanent) as caught:
        await maildir.connect(tenant="other").list(None, None)
    assert caught.value.code == "folder_not_found"


@pytest.mark.parametrize("value", ["", "relative/path"])
async def test_without_a_root_it_cannot_be_used(
    maildir: MaildirPost, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", value)
    with pytest.raises(Transient, match="POSTROOM_MAILDIR_ROOT") as caught:
        maildir.connect()
    assert caught.value.code == "maildir_root"


async def test_a_folder_that_goes_away_and_comes_back_is_told_and_read_on(
    either: MaildirPost, root: Path
) -> None:
    connection = either.connect()
    either.receive(a_mail())
    _, cursor = await every_page(connection)
    shutil.move(either.home, root / "away")
    with pytest.raises(Permanent) as caught:
        await connection.list(cursor, None)
    assert caught.value.code == "folder_not_found"
    shutil.move(root / "away", either.home)
    either.receive(a_mail("new"))
    assert len((await every_page(connection, cursor))[0]) == 1


async def test_cursor_of_another_folder_has_expired(either: MaildirPost) -> None:
    _, cursor = await every_page(either.connect())
    with pytest.raises(CursorExpired):
        await either.connect(folder="Archive").list(cursor, None)


async def test_once_a_day_everything_is_listed_again(either: MaildirPost) -> None:
    """A file that came with a time of the past, since a clock was set back, is found then at the latest."""
    connection = either.connect()
    either.receive(a_mail())
    found, cursor = await every_page(connection)
    assert (await every_page(connection, cursor))[0] == []
    either.ahead = timedelta(days=1, seconds=1)
    again, cursor = await every_page(connection, cursor)
    assert again == found
    assert (await every_page(connection, cursor))[0] == []


async def test_two_workers_settle_the_same_mails_without_harm(either: MaildirPost) -> None:
    for number in range(40):
        either.receive(a_mail(f"Mail {number}"))
    one, two = either.connect(), either.connect()
    found, _ = await every_page(one)
    await asyncio.gather(*(worker.settle(mail, MoveTo("Archive")) for mail in found for worker in (one, two)))
    assert (await every_page(one))[0] == []
    for mail in found:
        assert b"Please come." in await two.fetch(mail)


async def test_mail_that_comes_while_pages_are_read_is_listed(either: MaildirPost) -> None:
    connection = either.connect()
    for number in range(1_200):
        either.receive(a_mail(f"Mail {number}"))
    first = await connection.list(None, None)
    for number in range(600):
        either.receive(a_mail(f"Late {number}"), datetime.now(UTC) - timedelta(days=30))
    rest, _ = await every_page(connection, first.cursor)
    assert len({mail.provider_id for mail in first.mails} | set(rest)) == 1_800


async def test_fifty_thousand_mails_are_listed_page_by_page_in_little_memory(maildir: MaildirPost) -> None:
    for number in range(50_000):
        os.close(os.open(maildir.home / "new" / f"{number}.mx", os.O_CREAT | os.O_WRONLY))
    connection, ids, cursors = maildir.connect(), list[str](), [""]
    page = await connection.list(None, None)
    while True:
        ids += [mail.provider_id for mail in page.mails]
        cursors.append(page.cursor)
        if not page.more:
            break
        page = await connection.list(page.cursor, None)
    assert len(ids) == len(set(ids)) == 50_000
    assert max(map(len, cursors)) < 60_000
    tracemalloc.start()
    try:
        await connection.list(cursors[20], None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
