"""The secret of a mailbox: looked at when it is entered, sealed, and its end shown without opening it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.desk.desk import Desk
from shared.storage import config
from shared.storage.secrets import Keys
from tests.certificates import Pair, certificate
from tests.service.desk.conftest import NOW, Browser, House

FORM = {"address": "help@acme.test", "provider": "graph", "own.tenant_id": "contoso", "own.client_id": "abc"}
CERTIFIED = FORM | {"own.sign_in": "certificate"}
OPENS = {"passphrase": "sesame"}


@pytest.fixture(scope="module")
def pair() -> Pair:
    return certificate(ends=NOW + timedelta(days=400))


@pytest.fixture
def keys(house: House, desk: Desk) -> Keys:
    made = Keys.load(house.blobs.path("default", "0" * 64).parents[4], {})
    object.__setattr__(desk, "sealer", made.sealer("mailbox"))
    return made


async def kept(house: House) -> dict[str, Any]:  # Any: the columns of a mailbox
    [row] = await house.rows(config.mailboxes)
    return row


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


async def test_the_form_offers_every_way_to_sign_in(eva: Browser) -> None:
    page = (await eva.get("/mailboxes/new?provider=graph")).text
    for choice in ("secret", "certificate", "federated", "managed_identity", "us-gov"):
        assert f'<option value="{choice}">' in page.replace(" selected", "")
    assert ">Managed identity of this machine</option>" in page
    assert 'name="secret_file"' in page


@pytest.mark.parametrize("way", ["pasted", "PEM file", "PFX file"])
async def test_a_certificate_is_sealed_and_its_public_facts_are_kept_beside_it(
    house: House, eva: Browser, keys: Keys, pair: Pair, way: str
) -> None:
    match way:
        case "pasted":
            answer = await eva.post("/mailboxes/new", **CERTIFIED, secret_text=pair.pem)
        case "PEM file":
            file = ("app.pem", pair.locked("sesame").encode())
            answer = await eva.upload("/mailboxes/new", CERTIFIED | OPENS, secret_file=file)
        case _:
            file = ("app.pfx", pair.pfx("sesame"))
            answer = await eva.upload("/mailboxes/new", CERTIFIED | OPENS, secret_file=file)
    assert answer.status_code == 303, answer.text
    row = await kept(house)
    assert keys.opener("mailbox").open(row["secret"]) == pair.pem
    assert row["secret_expires_at"] == pair.ends
    page = (await eva.get(f"/mailboxes/{row['id']}")).text
    assert row["secret_thumbprint"] in page
    assert f"valid until {pair.ends:%Y-%m-%d}" in page
    assert "PRIVATE KEY" not in page.replace('placeholder="-----BEGIN PRIVATE KEY-----"', "")
    kept_on = await eva.post(f"/mailboxes/{row['id']}", **CERTIFIED, name="Help")
    assert kept_on.headers["location"] == "/mailboxes?said=saved"
    assert (await kept(house))["secret_expires_at"] == pair.ends


async def test_what_is_wrong_with_it_stands_at_its_field_and_nothing_is_saved(
    house: House, eva: Browser, keys: Keys, pair: Pair
) -> None:
    del keys
    old = certificate(ends=NOW - timedelta(days=1))
    for typed, says in (
        ({"secret_text": pair.key}, "The certificate is missing"),
        ({"secret_text": pair.key + old.certificate}, "do not belong together"),
        ({"secret_text": old.pem}, f"The certificate expired on {NOW - timedelta(days=1):%Y-%m-%d}."),
        ({"secret_text": pair.locked("sesame")}, "enter its pass phrase too"),
        ({"secret_text": pair.locked("sesame"), "passphrase": "open"}, "does not open the private key"),
        ({"secret": "just a word"}, "neither PEM nor PFX"),
        ({"secret_expires": "soon"}, "The day it expires is a date"),
    ):
        answer = await eva.post("/mailboxes/new", **CERTIFIED | typed)
        assert (answer.status_code, says in answer.text) == (422, True), answer.text
        assert "sesame" not in answer.text
        assert pair.key[40:80] not in answer.text
    assert await house.rows(config.mailboxes) == []


async def test_another_sign_in_wants_its_own_secret_or_none(
    house: House, eva: Browser, keys: Keys, pair: Pair
) -> None:
    del keys
    await eva.post("/mailboxes/new", **FORM, secret="s~1", secret_expires="2027-01-31")
    row = await kept(house)
    assert row["secret_expires_at"] == midnight("2027-01-31")
    page = f"/mailboxes/{row['id']}"
    assert 'value="2027-01-31"' in (await eva.get(page)).text
    answer = await eva.post(page, **CERTIFIED)
    assert (answer.status_code, "Enter the certificate: what is kept is none." in answer.text) == (422, True)
    await eva.post(page, **CERTIFIED, secret_text=pair.pem)
    assert (await kept(house))["secret_thumbprint"]
    answer = await eva.post(page, **FORM, secret_expires="2027-01-31")
    assert "Enter the client secret: what is kept is none." in answer.text
    answer = await eva.post(page, **FORM | {"own.sign_in": "federated"}, secret="s~1")
    assert "leave it empty" in answer.text
    await eva.post(page, **FORM | {"own.sign_in": "managed_identity", "own.client_id": ""})
    row = await kept(house)
    assert (row["secret"], row["secret_expires_at"], row["secret_thumbprint"]) == (None, None, None)
    await eva.post(page, **FORM, secret="s~2")
    assert (await kept(house))["secret_thumbprint"] is None


async def test_the_day_may_be_entered_later_and_taken_back(house: House, eva: Browser, keys: Keys) -> None:
    del keys
    await eva.post("/mailboxes/new", **FORM, secret="s~1")
    row = await kept(house)
    for typed, ends in (("2027-01-31", midnight("2027-01-31")), ("", None)):
        await eva.post(f"/mailboxes/{row['id']}", **FORM, secret_expires=typed)
        changed = await kept(house)
        assert (changed["secret_expires_at"], changed["secret"]) == (ends, row["secret"])


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (31, ""),
        (12.5, "The secret expires in 12 days, on 2026-12-07."),
        (1.5, "The secret expires in 1 day, on 2026-11-26."),
        (0.5, "The secret expires within a day, on 2026-11-25."),
        (-1, "The secret expired on 2026-11-23."),
    ],
)
async def test_the_page_tells_when_a_secret_ends_soon(
    house: House, eva: Browser, keys: Keys, days: float, says: str
) -> None:
    del keys
    await eva.post("/mailboxes/new", **FORM, secret="s~1")
    async with house.owner.begin() as db:
        ends = NOW + timedelta(days=days)
        await db.execute(config.mailboxes.update().values(secret_expires_at=ends))
    page = (await eva.get("/mailboxes")).text
    assert ("The secret" in page) == bool(says)
    assert says in page
