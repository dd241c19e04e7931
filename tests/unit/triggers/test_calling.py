"""Which addresses are of the internet, what is signed, and when a webhook is tried again."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import UUID

import pytest

from services.triggers.calling import Told, post
from services.triggers.hooks import LADDER, next_attempt
from services.triggers.signing import body_for, signed
from shared.reaching import is_public
from tests.unit.triggers.events import CREATED, EVENTS, MOMENT

KEY = b"k" * 32


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_internet_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1"),
        *("::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"),
    ],
)
def test_an_address_of_our_own_network_may_not_be_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9",
        "http://localhost:9",
        "http://[::1]:9",
        "http://2130706433",
        "http://0x7f.1",
        "file:///x",
    ],
)
async def test_loopback_is_refused_however_it_is_written(url: str) -> None:
    assert await post(url, b"{}", {}, private=False) == Told("address_refused")


async def test_nobody_who_listens_is_an_outcome() -> None:
    assert (await post("http://127.0.0.1:9", b"{}", {}, private=True)).code == "connect_error"


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    secret = "whsec_" + base64.b64encode(KEY).decode()
    fields = signed(UUID(int=1), MOMENT, b'{"a":1}', secret)
    named, moment = fields["webhook-id"], fields["webhook-timestamp"]
    assert (named, moment) == ("msg_" + "0" * 31 + "1", str(int(MOMENT.timestamp())))
    wanted = hmac.new(KEY, f'{named}.{moment}.{{"a":1}}'.encode(), hashlib.sha256).digest()
    assert fields["webhook-signature"] == f"v1,{base64.b64encode(wanted).decode()}"


def test_the_published_example_is_signed_as_published() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = hmac.new(key, b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}', hashlib.sha256)
    assert base64.b64encode(told.digest()).decode() == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_tells_the_event_and_nothing_of_how_it_travels() -> None:
    for event in EVENTS:
        told = json.loads(body_for(event))
        assert told.keys() == {"type", "timestamp", "data"}
        assert told["data"]["ticket"]["number"] == 8
        assert not told["data"].keys() & {"tenant", "hops", "caused_by", "mail"}
    assert json.loads(body_for(CREATED))["type"] == "ticket.created"
    assert body_for(CREATED) == body_for(CREATED)


def test_attempts_are_spread_over_hours_and_end() -> None:
    waits = []
    for made in range(1, 12):
        at = next_attempt(Told("http_500", 500), made, MOMENT, 0.0)
        if at is not None:
            waits.append(at - MOMENT)
    assert tuple(waits) == LADDER
    assert timedelta(hours=12) < sum(waits, timedelta()) < timedelta(hours=24)
    early, late = (next_attempt(Told("timeout"), 6, MOMENT, each) for each in (-1, 1))
    assert (early, late) == (MOMENT + timedelta(minutes=48), MOMENT + timedelta(minutes=72))


def test_a_receiver_may_ask_to_wait_and_one_that_is_gone_is_not_tried_again() -> None:
    asked = Told("http_429", 429, timedelta(minutes=20))
    assert next_attempt(asked, 1, MOMENT, 0.0) == MOMENT + timedelta(minutes=20)
    for told in (Told("gone", 410), Told("address_refused"), Told("secret")):
        assert next_attempt(told, 1, MOMENT, 0.0) is None
