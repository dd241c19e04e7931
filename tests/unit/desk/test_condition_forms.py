"""Conditions as lines of a form, in groups: filled and read back, and grown and shortened by its buttons."""

from typing import Any

import pytest

from services.desk.forms.conditions import Names, conditions_of, edited, filled_with, fits, lines_of
from services.desk.wording.triggers import spoken
from shared.contracts.triggers import condition_of

Tree = dict[str, Any]
"""A condition as JSON."""

OPEN: Tree = {"op": "is", "field": "status", "value": "open"}
HIGH: Tree = {"op": "one_of", "field": "priority", "value": ["high", "urgent"]}
SET: Tree = {"op": "is_set", "field": "assignee", "value": None}


@pytest.mark.parametrize(
    "tree",
    [
        OPEN,
        {"op": "all", "of": [OPEN, HIGH]},
        {"op": "any", "of": [OPEN, {"op": "all", "of": [HIGH, SET]}]},
        {"op": "not", "of": OPEN},
        {"op": "not", "of": {"op": "all", "of": [OPEN, HIGH]}},
        {"op": "all", "of": [OPEN, {"op": "not", "of": {"op": "any", "of": [HIGH, SET]}}]},
        {"op": "all", "of": [OPEN, {"op": "any", "of": [HIGH, {"op": "not", "of": SET}]}]},
    ],
)
def test_what_fills_the_form_is_read_from_it_as_it_was(tree: Tree) -> None:
    condition = condition_of.validate_python(tree)
    assert fits(condition)
    read = conditions_of(filled_with(condition, Names()), Names())
    assert condition_of.validate_python(read) == condition


def test_a_tree_of_four_groups_does_not_fit() -> None:
    tree: Tree = OPEN
    for _ in range(4):
        tree = {"op": "not", "of": tree}
    assert not fits(condition_of.validate_python(tree))


def test_buttons_add_into_a_group_and_remove_it_with_all_that_stands_in_it() -> None:
    form = edited({}, "line:") | {"c0.field": "status", "c0.value": "open"}
    form = edited(edited(form, "group:"), "line:1") | {"c2.field": "kind", "c2.value": "internal"}
    assert [(line.key, line.depth, line.group) for line in lines_of(form)] == [
        ("0", 0, ""),
        ("1", 0, "any"),
        ("2", 1, ""),
    ]
    assert [line.key for line in lines_of(edited(form, "drop:1"))] == ["0"]
    assert conditions_of(edited(form, "drop:1"), Names()) == {"op": "is", "field": "status", "value": "open"}


def test_no_group_is_added_where_it_would_be_the_fourth() -> None:
    form = edited(edited({}, "group:"), "group:0")
    assert [line.depth for line in lines_of(form)] == [0, 1]
    assert edited(form, "group:1") == form
    assert len(list(lines_of(edited(form, "line:1")))) == 3


def test_a_form_whose_groups_stand_in_each_other_is_read_all_the_same() -> None:
    form = {"c0.in": "1", "c0.group": "any", "c1.in": "0", "c1.group": "any", "c2.in": "", "c2.field": "kind"}
    assert [line.key for line in lines_of(form)] == ["2"]


def test_a_trigger_is_one_sentence_also_while_it_is_typed() -> None:
    form = {"when.type": "TICKET_FIELD_CHANGE", "when.field": "status", "when.new": "closed"}
    form |= {"c0.field": "subject", "c0.op": "begins", "c1.group": "any", "own.recipient": "contact"}
    form |= {"c2.in": "1", "c2.field": "kind", "c2.value": "internal", "c3.in": "1", "c3.field": "tags"}
    assert spoken(form, "Send an email") == (
        "When status becomes closed and subject begins with … and (kind is internal or tags is …), "
        "send an email to the contact"
    )
