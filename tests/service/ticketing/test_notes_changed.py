"""Notes that are changed or withdrawn: the words before are kept, search follows, mails stay as they are."""

from uuid import UUID, uuid4

from shared.contracts.mail import MailFile
from shared.contracts.notes import EditNote, WithdrawNote
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, AddNote, MergeTickets
from shared.storage import config
from shared.storage import tickets as tables
from shared.storage.wording import lexeme
from tests.service.ticketing.conftest import EVA, NOW, Counter, Row

BOSS = Actor(user=UUID(int=8), name="Boss")


async def edited(counter: Counter, post: UUID, text: str, version: int | None = None) -> Row:
    ticket, body = await counter.id_of(1), await counter.draft(text)
    command = EditNote(
        tenant="default", ticket=ticket, post=post, body=body, expected_version=version, actor=EVA
    )
    return await counter.hears(command)


async def withdrawn(counter: Counter, post: UUID, actor: Actor = EVA) -> Row:
    ticket = await counter.id_of(1)
    return await counter.hears(WithdrawNote(tenant="default", ticket=ticket, post=post, actor=actor))


async def noted(counter: Counter, text: str) -> UUID:
    await counter.opens()
    return UUID((await counter.notes(1, text))["post"])


async def post_of(counter: Counter, post: UUID) -> Row:
    (found,) = [row for row in await counter.rows(tables.posts) if row["id"] == post]
    return found


async def found_by(counter: Counter, post: UUID, word: str) -> bool:
    (row,) = [row for row in await counter.rows(tables.words) if row["id"] == post]
    return lexeme("default", "any", word) in row["words"]


async def text_of(counter: Counter, blob: str) -> str:
    return Draft.model_validate_json(await counter.blobs.get("default", blob)).text


async def test_an_edit_keeps_the_words_before_and_search_finds_the_new_ones(counter: Counter) -> None:
    post = await noted(counter, "The toner is bad.")
    before = await counter.ticket(1)
    counter.clock.later(minutes=14)
    assert await edited(counter, post, "The drum is bad.", 1) == {"ok": True, "version": 2}
    row = await post_of(counter, post)
    assert (row["preview"], await text_of(counter, row["body"])) == ("The drum is bad.",) * 2
    ((field, old, new),) = await counter.history(1)
    assert (field, new) == ("note", {"post": str(post), "blob": row["body"]})
    assert isinstance(old, dict)
    assert await text_of(counter, str(old["blob"])) == "The toner is bad."
    assert await found_by(counter, post, "drum")
    assert not await found_by(counter, post, "toner")
    assert await counter.ticket(1) == before, "who changes its fields is not told that somebody was faster"


async def test_of_two_edits_at_once_the_second_is_told(counter: Counter) -> None:
    post = await noted(counter, "The toner is bad.")
    assert (await edited(counter, post, "One", 1))["version"] == 2
    assert "a moment ago" in (await edited(counter, post, "Two", 1))["refused"]
    assert (await post_of(counter, post))["preview"] == "One"
    assert await edited(counter, post, "One", 2) == {"ok": True, "version": 2}
    assert len(await counter.history(1)) == 1


async def test_a_withdrawn_note_says_who_and_when_and_has_no_words(counter: Counter) -> None:
    post = await noted(counter, "The toner is bad.")
    counter.clock.later(minutes=1)
    assert await withdrawn(counter, post) == {"ok": True}
    row = await post_of(counter, post)
    assert (row["body"], row["preview"]) == (None, "")
    assert row["details"]["withdrawn"] == {"by": "Eva", "at": counter.clock().isoformat()}
    ((_, old, new),) = await counter.history(1)
    assert isinstance(old, dict)
    assert (await text_of(counter, str(old["blob"])), new) == ("The toner is bad.", None)
    assert not await found_by(counter, post, "toner")
    assert "withdrawn before" in (await edited(counter, post, "Again"))["refused"]


async def test_after_the_window_only_an_administrator_withdraws(counter: Counter) -> None:
    post = await noted(counter, "The toner is bad.")
    for actor, role in ((EVA, "agent"), (BOSS, "admin")):
        facts = {"id": actor.user, "tenant": "default", "address": f"{actor.name}@acme.test"}
        await counter.add(
            config.users, role=role, name=actor.name, password_hash="x", created_at=NOW, **facts
        )
    counter.clock.later(minutes=16)
    assert "since 2026-11-24 12:15 UTC" in (await edited(counter, post, "Late"))["refused"]
    assert "since 2026-11-24 12:15 UTC" in (await withdrawn(counter, post))["refused"]
    assert (await post_of(counter, post))["preview"] == "The toner is bad."
    assert await withdrawn(counter, post, BOSS) == {"ok": True}


async def test_a_mail_and_a_note_of_elsewhere_are_never_changed(counter: Counter) -> None:
    await counter.receives("Printer")
    (mail,) = await counter.posts(1)
    assert "never a mail" in (await edited(counter, mail, "Other words"))["refused"]
    assert "no such note" in (await edited(counter, uuid4(), "Words"))["refused"]
    await counter.opens("Another")
    elsewhere = UUID((await counter.notes(2))["post"])
    assert "no such note" in (await withdrawn(counter, elsewhere))["refused"]


async def test_a_note_that_a_merge_moved_meanwhile_is_changed_where_it_is(counter: Counter) -> None:
    post = await noted(counter, "The toner is bad.")
    await counter.opens("Another")
    ids = {"source": await counter.id_of(1), "target": await counter.id_of(2)}
    await counter.hears(MergeTickets(tenant="default", actor=EVA, **ids))
    assert (await edited(counter, post, "The drum is bad."))["ok"]
    assert "note" in [field for field, _, _ in await counter.history(2)]


async def test_files_of_a_note_stay_when_it_is_changed_and_go_when_it_is_withdrawn(counter: Counter) -> None:
    await counter.opens()
    body, kind = await counter.draft("See the file."), "text/plain"
    file = MailFile(name="inventory.txt", size=1, sha256="0" * 64, media_type=kind, declared_type=kind)
    command = AddNote(tenant="default", ticket=await counter.id_of(1), body=body, actor=EVA, files=(file,))
    post = UUID(str((await counter.hears(command))["post"]))
    await edited(counter, post, "Read the file.")
    assert [one["name"] for one in (await post_of(counter, post))["details"]["files"]] == ["inventory.txt"]
    assert await found_by(counter, post, "inventory")
    await withdrawn(counter, post)
    row = await post_of(counter, post)
    assert ("files" in row["details"], row["has_files"]) == (False, False)
