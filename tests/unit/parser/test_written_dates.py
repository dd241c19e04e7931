"""Dates as mail programs write them above a quoted mail, with and without a zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.parser.dates import written_date
from services.parser.vocabulary import vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 5 Mar 2024 16:05:00 +0100",
        "Dienstag, 5. März 2024 16:05",
        "Tuesday, March 5, 2024 4:05 PM",
        "mardi 5 mars 2024 16:05",
        "martes, 5 de marzo de 2024 16:05",
        "5.3.2024 klo 16.05",
        "05/03/2024 16:05",
        "3/5/2024 4:05 PM",
        "2024-03-05 16:05",
        "2024年3月5日 16:05",
        "вторник, 5 марта 2024 г. в 16:05",  # noqa: RUF001 - Russian
        "Tue, Mar 5, 2024 at 3:05 PM GMT",
        "Di 05.03.2024 16:05",
        "Dienstag, 05. März 2024 um 16:05 Uhr",
        "5. März 2024 um 16:05:00 MEZ",
        "mardi 5 mars 2024 à 16 h 05",
        "5 mars 2024 à 15:05:00 UTC",
        "martes 5 de marzo de 2024 4:05 p. m.",
        "5 de marzo de 2024, 16:05:00 CET",
        "2024年3月5日 火曜日 午後4:05",
        "2024年3月6日(水) 0:05 JST",
        "2024年3月5日星期二 下午 4:05",
        "2024년 3월 5일 (화) 오후 4:05",
        "wt., 5 mar 2024 o 16:05",
        "5 marca 2024 16:05:00 CET",
        "вт, 5 мар. 2024 г. в 16:05",  # noqa: RUF001 - Russian
        "Вторник, 5 марта 2024, 18:05 +03:00",
        "05.03.2024, 18:05 МСК",  # noqa: RUF001 - Russian
        "Tuesday, March 5, 2024 10:05:00 AM EST",
        "Tuesday, March 5, 2024 7:05 AM PST",
        "Tue, 5 Mar 2024 07:05:00 -0800 (PST)",
        "Tuesday, March 5, 2024, 04:05:00 PM GMT+1",
        "05/03/2024  16:05  (GMT+01:00)",
        "On Tuesday, March 5th, 2024 at 4:05 PM",
        "03/05/2024 04:05 PM",
        "2024-03-05T15:05:00Z",
        "terça-feira, 5 de março de 2024 às 16:05",
        "dinsdag 5 maart 2024 om 16:05",
        "tirsdag 5. mars 2024 kl. 16.05",
        "5 Mart 2024 Salı 16:05",  # noqa: RUF001 - Turkish
    ],
)
def test_dates_of_many_languages_are_one_moment(text: str) -> None:
    berlin = timezone(timedelta(hours=1))
    assert written_date(text, vocabulary().months, berlin) == datetime(2024, 3, 5, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "99.99.2024", "5 o'clock", "2024"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert written_date(text, vocabulary().months) is None
