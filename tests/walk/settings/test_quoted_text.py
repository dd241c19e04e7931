"""Filters of a tenant: changed while everything runs, and the next mail is cut where they say."""

import pytest

from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD = "The lift was stuck."
TEXT = "It runs again.\n\n{mark}\n" + OLD
BUILT_IN = "On Tue, 3 Mar 2026 at 10:00, Ann <ann@firm.example> wrote:\n"


async def post_of(walk: Walk, mailbox: Mailbox, mark: str) -> Json:
    """Let a mail with this line in it arrive; return its post."""
    number = await walk.ticket_of(mailbox.receives(letter("Lift", TEXT.format(mark=mark))))
    (post,) = await walk.timeline(number, "mail_in")
    return post


@pytest.mark.option("filter_strings")
@pytest.mark.option("filter_regexes")
@pytest.mark.parametrize(
    ("name", "filters", "mark"),
    [
        ("filter_strings", ["Ticket history, kept by {who}"], "Ticket history, kept by Nora Lind"),
        ("filter_regexes", ["^={3,} ticket \\d+, history"], "==== Ticket 4711, history of it"),
    ],
)
async def test_the_next_mail_is_cut_at_such_a_line_while_it_is_a_filter(
    walk: Walk, name: str, filters: list[str], mark: str
) -> None:
    mailbox = await walk.mailbox()
    for wanted, cut in ((None, False), (filters, True), (None, False)):
        await walk.options(**{name: wanted})
        post = await post_of(walk, mailbox, mark)
        assert (OLD in post["text"], OLD in post["quoted"]) == (not cut, cut)


@pytest.mark.option("filters_replace_built_in")
async def test_built_in_words_cut_no_more_while_the_tenants_own_stand_for_them(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.options(filter_strings=["Ticket history"])
    for wanted, cut in ((False, True), (True, False), (False, True)):
        await walk.options(filters_replace_built_in=wanted)
        post = await post_of(walk, mailbox, BUILT_IN)
        assert (OLD in post["text"], OLD in post["quoted"]) == (not cut, cut)
        assert OLD in (await post_of(walk, mailbox, "Ticket history"))["quoted"]
    await walk.options(filter_strings=None)
