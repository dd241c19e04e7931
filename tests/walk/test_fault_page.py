"""The table of faults is whole, and its page is what the tests do."""

from typing import get_args

from sandbox.knobs import Knobs, Spoiling
from tests.walk.weather import CASES, PAGE, SPOILT, WEATHER_AND_NOT_FAULT, page


def test_every_knob_has_a_walk() -> None:
    assert {case.name for case in CASES} >= Knobs.model_fields.keys() - WEATHER_AND_NOT_FAULT


def test_every_way_to_spoil_an_answer_has_a_walk() -> None:
    assert {"drop", *SPOILT} == set(get_args(Spoiling))


def test_the_page_is_written_anew() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.walk.weather"
