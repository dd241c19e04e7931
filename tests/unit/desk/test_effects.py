"""What a change of many tickets would do, in words; what it does to one; and what its undo may do."""

from pydantic import JsonValue

from services.desk.effects import Effect, Now, Values, Wanted, new_values, undone


def word(field: str, value: JsonValue) -> str:
    del field
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def test_only_what_differs_is_changed() -> None:
    now: Values = {"status": "open", "priority": "high", "tags": ["b", "a"]}
    wanted = Wanted(values={"status": "closed", "priority": "high"}, add_tags=("a",), remove_tags=("x",))
    assert new_values(wanted, now) == {"status": "closed"}


def test_tags_are_added_and_removed_and_the_others_stay() -> None:
    wanted = Wanted(add_tags=("new", "a"), remove_tags=("b",))
    assert new_values(wanted, {"tags": ["a", "b", "c"]}) == {"tags": ["a", "c", "new"]}
    assert new_values(wanted, {"tags": []}) == {"tags": ["new", "a"]}


def test_custom_fields_that_are_not_set_are_as_empty() -> None:
    assert new_values(Wanted(values={"fields.floor": None}), {}) == {}
    assert new_values(Wanted(values={"fields.floor": 3}), {}) == {"fields.floor": 3}


def test_an_effect_counts_each_kind_of_change_and_says_what_stays() -> None:
    tickets = [
        Now(1, {"status": "open"}, is_held=True),
        Now(2, {"status": "new"}),
        Now(3, {"status": "new"}),
        Now(4, {"status": "closed"}),
        Now(5, {"status": "merged"}, is_merged=True),
    ]
    effect = Effect.of(Wanted(values={"status": "closed"}), tickets, word)
    assert effect.tickets == 3
    assert effect.lines == ["status new → closed (2)", "status open → closed (1)"]
    assert effect.notes == ["1 has a held mail", "1 is so already", "1 was merged and cannot be changed"]


def test_very_different_values_are_told_together() -> None:
    tickets = [Now(number, {"tags": [str(number)]}) for number in range(9)]
    effect = Effect.of(Wanted(values={"tags": []}), tickets, word)
    assert (effect.tickets, effect.lines) == (9, ["tags → "])


def test_an_undo_gives_back_what_nobody_changed_since() -> None:
    old: Values = {"status": "open", "tags": ["a"]}
    new: Values = {"status": "closed", "tags": ["a", "b"]}
    assert undone(old, new, {"status": "closed", "tags": ["b", "a"], "priority": "high"}) == old
    assert undone(old, new, {"status": "new", "tags": ["a", "b"]}) == "status"
