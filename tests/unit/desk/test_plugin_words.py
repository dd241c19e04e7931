"""The forms of built-in plug-ins can be read in every language of the desk."""

from collections.abc import Iterator, Sequence

import pytest

from services.desk.forms.plugins import ProviderField, fields_of, fields_of_model, providers
from services.desk.wording.plugins import CHOICES, SAID
from shared.plugins.loading import plugins

ACTIONS = sorted(
    key
    for key, one in plugins("postroom.actions").items()
    if type(one).__module__.startswith("plugins.actions.")
)


def said_by(fields: Sequence[ProviderField]) -> Iterator[str]:
    for field in fields:
        yield from filter(None, (field.label, field.help, field.key))
        yield from said_by(field.inner)


@pytest.mark.parametrize("name", ACTIONS)
def test_what_an_action_says_of_itself_is_in_the_catalogues(name: str) -> None:
    action = plugins("postroom.actions")[name]
    assert {action.title, *said_by(fields_of_model(action.params))} - SAID == set()


@pytest.mark.parametrize("name", ["graph", "maildir"])
def test_what_a_provider_says_of_itself_is_in_the_catalogues(name: str) -> None:
    [one] = [each for each in providers() if each.key == name]
    assert {one.title, one.about, one.secret, *said_by(fields_of(name))} - SAID == set()


def test_each_choice_of_a_form_has_a_word_of_its_own() -> None:
    forms = [fields_of_model(plugins("postroom.actions")[name].params) for name in ACTIONS]
    forms += [fields_of(name) for name in ("graph", "maildir")]
    offered = {(field.name, choice) for form in forms for field in form for choice in field.choices}
    assert offered == set(CHOICES)
