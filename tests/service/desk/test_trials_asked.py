"""Trials asked for by the form of a trigger, which stays open beside them."""

from uuid import uuid4

from tests.service.desk.conftest import Browser

TYPED = {
    "name": "Answer",
    "when.type": "NEW_TICKET_CREATED",
    "when.kinds": "external",
    "together": "all",
    "action": "add_note",
    "own.text": "We have it.",
    "state": "shadow",
    "position": "0",
}


async def test_a_form_that_was_never_saved_is_still_there_after_a_trial(eva: Browser) -> None:
    form = (await eva.get("/settings/triggers/new")).text
    assert 'formaction="/settings/triggers/trials" formtarget="_blank"' in form


async def test_the_same_form_is_tried_anew_once_it_says_something_else(eva: Browser) -> None:
    key = str(uuid4())

    async def tried(**other: str) -> str:
        answer = await eva.post("/settings/triggers/trials", key=key, days="30", **TYPED | other)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    first = await tried()
    assert await tried() == first
    assert await tried(**{"own.text": "We have it now."}) != first
