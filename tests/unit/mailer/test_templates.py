"""Templates: what they may say, and what they may not do."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.contracts.mail import Address
from shared.contracts.tickets import Kind, TicketSnapshot
from shared.plugins.templates import (
    MAX_OUTPUT,
    TemplateError,
    check_facts,
    check_template,
    render_template,
    ticket_facts,
)

TICKET = TicketSnapshot(
    id=UUID(int=1),
    number=4711,
    version=1,
    subject="Printer <on> fire",
    status="open",
    priority="high",
    kind=Kind.EXTERNAL,
    tags=("office", "urgent"),
    fields={"serial": "A-77"},
    contact_address=Address(address="ada@customer.example", name="Ada"),
    organization_name="Customer Ltd",
    created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)
FACTS: dict[str, JsonValue] = {**ticket_facts(TICKET), "closes_at": "2026-03-15"}


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("Ticket {{ ticket.number }}: {{ ticket.subject }}", "Ticket 4711: Printer <on> fire"),
        ("Dear {{ contact.name }} <{{ contact.address }}>", "Dear Ada <ada@customer.example>"),
        ("{{ ticket.tags | join(' / ') }}", "office / urgent"),
        ("{% if ticket.priority == 'high' %}soon{% else %}later{% endif %}", "soon"),
        ("{{ post | default('nothing') }} {{ organization.name | upper }}", "nothing CUSTOMER LTD"),
        ("{{ 'closing' if closes_at is defined else 'staying' }}", "closing"),
        ("{# a remark #}#{{ ticket.number ~ '!' }}\n", "#4711!\n"),
    ],
)
def test_facts_are_named_chosen_and_printed(template: str, result: str) -> None:
    assert render_template(template, FACTS) == result


def test_facts_are_escaped_in_html_and_the_template_is_not() -> None:
    assert render_template("<b>{{ ticket.subject }}</b>", FACTS, "html") == "<b>Printer &lt;on&gt; fire</b>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ticket.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ ticket['__class__'] }}",
        "{{ ticket.keys() }}",
        "{{ ticket.update({'number': 1}) }}",
        "{{ ticket | attr('__class__') }}",
        "{{ self }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler }}",
        "{{ ticket.subject.format }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(1000000000) }}",
        "{% for a in ticket.tags %}{% endfor %}",
        "{% macro a() %}{% endmacro %}",
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{{ ticket.subject | join('x' * 100) }}",
        "{{ ticket.subject | join('....') }}",
        "{{ ticket.subject | replace('o', 'oooooooo') }}",
        "{{ ticket.subject | center(1000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '%s' % ticket }}",
    ],
)
def test_templates_reach_nothing_but_facts(template: str) -> None:
    with pytest.raises(TemplateError):
        render_template(template, FACTS)


@pytest.mark.parametrize(
    ("template", "line", "reason"),
    [
        ("one\n{{ ticket.numbr }}", 2, "numbr"),
        ("{{ nobody.name }}", 1, "nobody"),
        ("one\n\n{{ ticket.", 3, "never closed"),
        ("{% if %}", 1, "[Ee]xpected"),
        ("one\n{% for a in b %}{% endfor %}", 2, "for is not allowed"),
    ],
)
def test_error_names_its_line(template: str, line: int, reason: str) -> None:
    with pytest.raises(TemplateError, match=reason) as caught:
        render_template(template, FACTS)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hello\n{{ contact.name\n\nBye", "line 2: {{ is never closed by }}"),
        ("one\n{% if ticket", "line 2: {% is never closed by %}"),
        ("{# for later", "line 1: {# is never closed by #}"),
        ("{% if ticket %}one", "line 1: {% if … %} is never closed by {% endif %}"),
        ("{{ }}", "line 1: {{ }} names nothing; a fact reads {{ ticket.subject }}"),
        ("{{ ticket subject }}", "line 1: 'subject' has no place here; a fact reads {{ ticket.subject }}"),
    ],
)
def test_what_is_no_template_is_said_in_plain_words_at_the_line_where_it_begins(
    template: str, said: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        check_template(template)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "template",
    [
        "{{ ticket.number }} {{ contact.name|upper }}",
        "{{ closes_at }}",
        "{{ post | default('nothing') }}",
        "{% if post is defined %}{{ post }}{% endif %}",
    ],
)
def test_what_is_there_or_asked_for_first_may_be_named(template: str) -> None:
    check_facts(template, FACTS)


@pytest.mark.parametrize(
    ("template", "line", "reason"),
    [
        ("one\n{{ ticket.numbr }}", 2, "no fact 'ticket.numbr' here; there is: number, subject"),
        ("{{ nobody.name }}", 1, "no fact 'nobody.name' here; there is: ticket, contact"),
        ("{% if status_before == 'open' %}{% endif %}", 1, "no fact 'status_before'"),
        ("{{ ticket.fields.colour }}", 1, "no fact 'ticket.fields.colour' here; there is: serial"),
        ("{{ ticket.subject.x }}", 1, "there is: nothing"),
        ("{{ ticket.", 1, "never closed"),
    ],
)
def test_a_template_that_names_what_is_not_there_is_refused_before_it_is_used(
    template: str, line: int, reason: str
) -> None:
    with pytest.raises(TemplateError, match=reason) as caught:
        check_facts(template, FACTS)
    assert caught.value.line == line


def test_a_custom_field_that_a_ticket_does_not_have_prints_nothing() -> None:
    assert render_template("[{{ ticket.fields.serial }}{{ ticket.fields.colour }}]", FACTS) == "[A-77]"


def test_result_is_bounded() -> None:
    with pytest.raises(TemplateError, match="longer"):
        render_template("{{ post }}" * 3, {"post": "x" * (MAX_OUTPUT // 2)})


@pytest.mark.parametrize(
    "template", ["x" * 40_000, "{{" + "(" * 9_000, "{{" + "[" * 9_000, "{% if a %}" * 2_000]
)
def test_monstrous_template_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        check_template(template)


@given(st.text(alphabet="{}%#|.'\" \nabticke[](),~=+-*_019", max_size=80))
def test_any_text_is_rendered_or_refused(template: str) -> None:
    with suppress(TemplateError):
        render_template(template, FACTS)
