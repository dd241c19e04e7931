"""Who waits for what is found of a mailbox is told, and nobody else."""

from uuid import UUID, uuid4

from services.desk.live.telling import Live

BOX, OTHER = uuid4(), uuid4()


def told(live: Live, tenant: str, ticket: UUID | None = None, mailbox: UUID | None = None) -> list[str]:
    """What a page hears of that a mailbox was examined, and that a ticket was changed."""
    with live.following(tenant, ticket, mailbox=mailbox) as follower:
        live.hear(f"default mailbox {BOX}")
        return follower.taken()


def test_the_page_that_waits_for_a_mailbox_hears_of_it() -> None:
    assert told(Live(), "default", mailbox=BOX) == ["mailbox-changed"]


def test_no_other_page_is_woken_by_it() -> None:
    assert told(Live(), "default", mailbox=OTHER) == []
    assert told(Live(), "other", mailbox=BOX) == []
    # nor is a ticket, should its id ever be the same
    assert told(Live(), "default", ticket=BOX) == []
    assert told(Live(), "default") == []


def test_a_page_that_connects_later_is_told_of_what_it_missed() -> None:
    live = Live(known_since=0)
    live.hear(f"default mailbox {BOX}")
    with live.following("default", None, mailbox=BOX, since=1) as follower:
        assert follower.taken() == ["mailbox-changed"]
