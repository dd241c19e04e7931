"""Authentication-Results: what the receiving server found of a sender."""

import pytest

from services.parser.headers import Headers, read_headers
from services.parser.sendercheck import sender_check
from shared.contracts.mail import SenderCheck

PASSED, FAILED, UNKNOWN = SenderCheck

EXCHANGE = (
    "spf={} (sender IP is 192.0.2.1)\r\n smtp.mailfrom=firm.example; dkim={} (message not signed)\r\n"
    " header.d=none;dmarc={} action=none header.from=firm.example;compauth={} reason=000"
)
CASES = (
    ("mx.example.org; spf=pass; dkim=pass header.d=firm.example; dmarc=pass", PASSED),
    ("mx.example.org 1; dmarc=fail (p=none) header.from=firm.example", FAILED),
    ("mx.example.org; DMARC = Fail", FAILED),
    ("mx.example.org; spf=fail; dkim=fail", UNKNOWN),
    ("mx.example.org; dmarc=none", UNKNOWN),
    ("mx.example.org; dmarc=temperror", UNKNOWN),
    ("mx.example.org; none", UNKNOWN),
    (EXCHANGE.format("pass", "pass", "pass", "pass"), PASSED),
    (EXCHANGE.format("fail", "none", "fail", "fail"), FAILED),
    (EXCHANGE.format("fail", "none", "fail", "pass"), PASSED),
    (EXCHANGE.format("none", "none", "none", "none"), UNKNOWN),
    ("mx.example.org; dkim=pass (dmarc=fail; dmarc=fail)", UNKNOWN),
    (";" * 50_000, UNKNOWN),
    ("", UNKNOWN),
)


@pytest.mark.parametrize(("field", "found"), CASES, ids=range(len(CASES)))
def test_the_sum_of_all_checks_counts(field: str, found: SenderCheck) -> None:
    assert sender_check(_headers(field)) is found


def test_only_the_field_that_was_added_last_counts() -> None:
    forged = "mx.example.org; dmarc=pass"
    assert sender_check(_headers("mx.example.org; dmarc=fail", forged)) is FAILED


def test_a_mail_without_the_field_is_neither() -> None:
    assert sender_check(_headers()) is UNKNOWN


def _headers(*fields: str) -> Headers:
    raw = "".join(f"Authentication-Results: {field}\r\n" for field in fields).encode() + b"\r\n"
    return read_headers(raw, 0, len(raw))[0]
