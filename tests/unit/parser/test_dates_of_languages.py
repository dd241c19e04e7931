"""Dates as clients of many languages write them, and names that could be mistaken for another's."""

# ruff: noqa: RUF001 - letters of other scripts look like ours

import tomllib
from datetime import UTC, datetime
from importlib import resources

import pytest

from services.parser.dates import written_date
from services.parser.vocabulary import folded, vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "2024. március 5. 16:05",
        "2024. március 5., kedd 16:05",
        "mar., 5 mar. 2024 la 16:05",
        "utorok 5. marca 2024 16:05",
        "вт, 5 бер. 2024 р. о 16:05",
        "uto, 5. ožu 2024. u 16:05",
        "teisipäev, 5. märts 2024 16:05",
        "Τρίτη, 5 Μαρτίου 2024 4:05 μ.μ.",
        "2024년 3월 5일 (화) 오후 4:05",
        "2024. 3. 5. 오후 4:05",
        "2024년 3월 5일 화요일 오후 04시 05분",
        "Th 3, 5 thg 3, 2024 vào lúc 16:05",
        "Thứ Ba, 5 Tháng Ba 2024 4:05 CH",
        "יום ג׳, 5 במרץ 2024 ב-16:05",
        "الثلاثاء، ٥ مارس ٢٠٢٤ ٤:٠٥ م",
        "الثلاثاء, 5 آذار, 2024 04:05 م",
        "dt., 5 de març 2024 a les 16:05",
        "вторник, 5 март 2024 г. 16:05",
        "tor., 5. mar. 2024 ob 16:05",
        "2024 m. kovo 5 d., antradienis 16:05",
        "otrd., 2024. g. 5. marts, plkst. 16:05",
        "Sel, 5 Mar 2024 pukul 16.05",
        "terça-feira, 5 de março de 2024 16:05",
    ],
)
def test_dates_are_one_moment(text: str) -> None:
    assert written_date(text, vocabulary().months) == datetime(2024, 3, 5, 16, 5, tzinfo=UTC)


def test_a_zone_is_no_time() -> None:
    found = written_date("5 mars 2024 16.05 +02:00", vocabulary().months)
    assert found == datetime(2024, 3, 5, 14, 5, tzinfo=UTC)


def test_no_name_stands_for_two_months() -> None:
    folder = resources.files("services.parser.vocabulary")
    meant: dict[str, set[int]] = {}
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            for number, names in enumerate(tomllib.loads(file.read_text("utf-8")).get("months", []), 1):
                for name in names:
                    meant.setdefault(folded(name), set()).add(number)
    assert {name: numbers for name, numbers in meant.items() if len(numbers) > 1} == {}


@pytest.mark.parametrize(
    ("text", "month", "day", "hour"),
    [
        ("mar, 5 abr 2024 16:05", 4, 5, 16),
        ("2024년 3월 5일 오전 12:10", 3, 5, 0),
        ("5 Tháng Mười Hai 2024 16:05", 12, 5, 16),
        ("5 thg 12, 2024 16:05", 12, 5, 16),
        ("5 تشرين الثاني 2024 04:05 م", 11, 5, 16),
        ("5 listopada 2024 16:05", 11, 5, 16),
    ],
)
def test_names_of_days_and_long_names_of_months_are_told_apart(
    text: str, month: int, day: int, hour: int
) -> None:
    found = written_date(text, vocabulary().months)
    assert found
    assert (found.month, found.day, found.hour) == (month, day, hour)
