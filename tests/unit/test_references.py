"""How ticket numbers are written, and that what was written is read again and nothing else is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.options import Options
from shared.contracts.references import Reference, named_in, read, without_references, written

OPENED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GOOD = ("#{number}", "HD-{number:06}", "{year}-{number}", "{number:012}.x", "T{year}{number}", "#A/{number}_")


@pytest.mark.parametrize(
    ("how", "reference"),
    [
        ("#{number}", "#7"),
        ("HD-{number:06}", "HD-000007"),
        ("{year}-{number}", "2026-7"),
        ("{number:03}/{year}", "007/2026"),
    ],
)
def test_a_number_is_written_as_the_tenant_wants_it(how: str, reference: str) -> None:
    assert Options(ticket_number_format=how).ticket_number_format == how
    assert written(how, 7, OPENED) == reference


@given(how=st.sampled_from(GOOD), number=st.integers(1, 2**31 - 1))
def test_what_was_written_is_found_in_a_subject(how: str, number: int) -> None:
    subject = f"AW: Printer [{written(how, number, OPENED)}] burns [2] [x]"
    formats = (how, "#{number}")
    found = named_in(subject, formats)
    if how != "#{number}" or number < 1_000_000_000:
        assert Reference(number, 2026 if "{year}" in how else None) in found
        assert without_references(subject, formats) == "AW: Printer burns [2] [x]"


@pytest.mark.parametrize(
    "how",
    [
        "",
        "HD-",
        "{number}",
        "{year}{number}",
        "{number}-{number}",
        "{year}-{year}-{number}",
        "HD-{number:013}",
        "HD-{number:6}",
        "HD-{number:00}",
        "HD {number}",
        "[HD-{number}]",
        "HÄ-{number}",
        "HD-{number}\n",
        "HD-{nummer}",
        "HD-{{number}}",
        "-{number}",
        "#1{number}",
        "#{year}{number}",
        f"{'x' * 40}{{number}}",
    ],
)
def test_a_format_that_would_not_be_found_again_is_refused(how: str) -> None:
    with pytest.raises(ValidationError):
        Options(ticket_number_format=how)


@pytest.mark.parametrize(
    "text", ["HD-7", "HD-0000007", "hd-000007", "HD-00000x", "HD-000000", "xHD-000007", "7"]
)
def test_what_we_never_write_is_no_reference(text: str) -> None:
    assert read(text, ("HD-{number:06}",)) == []


def test_the_plain_form_is_read_whatever_the_format_is() -> None:
    assert named_in("Printer [#7] [HD-000008]", ("HD-{number:06}",)) == [Reference(7)]
    assert without_references("[#7] Printer [HD-000008]", ("HD-{number:06}",)) == "Printer"


def test_two_formats_may_read_one_text_otherwise() -> None:
    assert read("T20267", ("T{year}{number}", "T{number}")) == [Reference(7, 2026), Reference(20267)]
