"""What templates say goes through the catalogues: nothing of them is English for everybody."""

from pathlib import Path

import pytest

from services.desk.rendering import templates
from tests.service.desk.unwrapped import unwrapped

FOLDER = Path(__file__).parents[3] / "services" / "desk" / "templates"
NOT_YET: set[str] = set()
"""Templates whose words are not wrapped. It only shrinks: one that is done must not stand here."""
FOR_DEVELOPERS = {"style.html"}
"""Templates that stay English: what they show is read by who works on the desk, not by who works with it."""


@pytest.mark.parametrize("name", sorted({*templates().list_templates(extensions=["html"])} - FOR_DEVELOPERS))
def test_a_template_says_nothing_outside_the_catalogues(name: str) -> None:
    left = unwrapped((FOLDER / name).read_text())
    assert bool(left) == (name in NOT_YET), left


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{{ _("Hello") }}</p>', []),
        ('<a title="Go back">…</a>', ["Go back"]),
        ('<a title="{{ _("Go back") }}" class="quiet square" href="/go/back">…</a>', []),
        ('<p>{% if one %}{{ _("One") }}{% else %}many{% endif %}</p>', ["many"]),
        ('{{ "Send it" if whole else _("Keep it") }}', ["Send it"]),
        ('{{ counted(n, "%(count)s mail", "%(count)s mails") }}', []),
        ("<p>{{ name }} wrote</p>", ["wrote"]),
        ("<code>postroom welcome</code><kbd>Ctrl K</kbd> {# a note #} ∙ 12:30", []),
        ("{% block body_class %}bare{% endblock %}", []),
    ],
)
def test_what_stands_outside_is_found(source: str, left: list[str]) -> None:
    assert unwrapped(source) == left
