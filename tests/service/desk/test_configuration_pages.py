"""Settings, mailboxes and operations: checked in place, with a history, and only for this tenant."""

import pytest

from services.desk.configuration.options import Saved, Wrong, set_options
from services.desk.desk import Desk
from services.desk.forms.options import DEFAULTS, FIELDS
from services.desk.forms.values import shown, wanted
from shared.contracts.options import Options
from shared.storage import config, ingest, messages
from shared.storage import tickets as tables
from shared.storage.options import options_of
from shared.storage.secrets import Keys
from tests.service.desk.conftest import NOW, Browser, House


def form_of(**changed: str) -> dict[str, str]:
    """The settings form as it was drawn with the defaults, with some fields changed."""
    drawn = {name: shown(name, value) for name, value in DEFAULTS.items()}
    return {f"was.{name}": value for name, value in drawn.items()} | drawn | changed


def test_every_option_has_its_place_on_the_page() -> None:
    assert set(FIELDS) == set(Options.model_fields)


@pytest.mark.parametrize(
    ("typed", "size"), [("1.5 MB", 1_500_000), ("25,5 MB", 25_500_000), ("0.25GB", 250_000_000), ("7", 7)]
)
def test_a_size_may_have_a_fraction(typed: str, size: int) -> None:
    assert Options.model_validate({"max_file_size": typed}).max_file_size == size


def test_an_untouched_form_wants_nothing() -> None:
    assert wanted(form_of()) == {}
    assert wanted({name: value.replace("\n", "\r\n") for name, value in form_of().items()}) == {}


async def test_a_change_is_saved_with_who_made_it_and_counts_at_once(
    house: House, desk: Desk, eva: Browser
) -> None:
    changed = {"max_file_size": "30MB", "mail_forwarding_domains": "example.com\r\n*.x.test"}
    answer = await eva.post("/settings", **form_of(**changed, load_full_timeline="on"))
    assert answer.headers["location"] == "/settings?said=saved"
    async with desk.reading_all("default") as reading:
        options = await options_of(reading.db, "default")
    assert options.max_file_size == 30_000_000
    assert options.mail_forwarding_domains == ("example.com", "*.x.test")
    assert options.load_full_timeline
    history = await house.rows(config.option_history)
    assert {(row["name"], row["changed_by"]) for row in history} == {
        ("max_file_size", "Eva"),
        ("mail_forwarding_domains", "Eva"),
        ("load_full_timeline", "Eva"),
    }
    assert "25 MB → 30 MB" in (await eva.get("/settings")).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mail_scan_frequency": "0"}, "At least 1 is needed."),
        ({"close_ticket_after_days": "soon"}, "A whole number is needed."),
        ({"max_file_size": "25 stones"}, "is not a size; write bytes or a unit, such as 25MB."),
        ({"allowed_mime_types": "pictures"}, "is not a MIME type"),
        ({"mail_forwarding_domains": "http://x"}, "is not a domain"),
        ({"outgoing_mails_per_department": "default: nobody"}, "receiving_email"),
        (
            {"outgoing_mails_per_department": "Support: receiving_email"},
            "There is no department Support; there are default.",
        ),
        (
            {"outgoing_mails_per_department": "default: logged_in_user\ndefault: receiving_email"},
            "default stands there twice: leave one of the lines.",
        ),
        ({"filter_regexes": ".*"}, ".* fits nearly every line"),
        (
            {"send_ticket_close_reminder": "on", "reminder_before_ticket_close_days": "20"},
            "must be less than close_ticket_after_days",
        ),
    ],
)
async def test_what_is_not_valid_is_told_in_its_place_and_kept(
    house: House, eva: Browser, changed: dict[str, str], words: str
) -> None:
    answer = await eva.post("/settings", **form_of(**changed, timeline_items_per_page="50"))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Nothing was saved: 1 setting is not valid." in answer.text
    assert next(iter(changed.values())) in answer.text
    assert await house.rows(config.options) == []


async def test_two_people_who_change_two_options_do_not_undo_each_other(
    house: House, desk: Desk, eva: Browser
) -> None:
    del house
    await eva.post("/settings", **form_of(mail_scan_frequency="7"))
    await eva.post("/settings", **form_of(close_ticket_after_days="30"))
    async with desk.reading_all("default") as reading:
        options = await options_of(reading.db, "default")
    assert (options.mail_scan_frequency, options.close_ticket_after_days) == (7, 30)


async def test_a_refused_save_undoes_nothing_that_another_saved_meanwhile(eva: Browser) -> None:
    old = form_of(max_file_size="-5")
    await eva.post("/settings", **form_of(timeline_items_per_page="30"))
    refused = await eva.post("/settings", **old)
    assert refused.status_code == 422
    assert 'name="was.timeline_items_per_page" value="25"' in refused.text
    again = {name: value for name, value in old.items() if name != "max_file_size"}
    assert (await eva.post("/settings", **again, max_file_size="12 MB")).status_code == 303
    page = (await eva.get("/settings")).text
    assert 'name="timeline_items_per_page" value="30"' in page
    assert 'name="max_file_size" value="12 MB"' in page


async def test_reset_keeps_what_else_was_typed(eva: Browser) -> None:
    await eva.post("/settings", **form_of(mail_scan_frequency="7"))
    typed = form_of(timeline_items_per_page="30") | {
        "was.mail_scan_frequency": "7",
        "mail_scan_frequency": "7",
    }
    page = await eva.post("/settings", **typed, reset="mail_scan_frequency")
    assert 'name="mail_scan_frequency" value="5"' in page.text
    assert 'name="timeline_items_per_page" value="30"' in page.text
    assert 'name="was.timeline_items_per_page" value="25"' in page.text


async def test_reset_brings_the_default_back(eva: Browser) -> None:
    await eva.post("/settings", **form_of(mail_scan_frequency="7"))
    assert 'value="7"' in (await eva.get("/settings")).text
    await eva.post("/settings", reset="mail_scan_frequency")
    assert (
        'id="mail_scan_frequency" name="mail_scan_frequency" value="5"' in (await eva.get("/settings")).text
    )


async def test_an_option_of_no_name_is_refused(house: House, desk: Desk) -> None:
    del house
    async with desk.writing("default") as db:
        assert await set_options(db, "default", {"nonsense": 1}, by="x", at=NOW) == Wrong(
            {"nonsense": "There is no option of this name."}
        )
        assert await set_options(db, "default", {"mail_scan_frequency": 5}, by="x", at=NOW) == Saved(())


async def test_a_mailbox_is_added_with_its_secret_sealed(house: House, desk: Desk, eva: Browser) -> None:
    keys = Keys.load(house.blobs.path("default", "0" * 64).parents[4], {})
    object.__setattr__(desk, "sealer", keys.sealer("mailbox"))
    form = {
        "address": "Help@Acme.test",
        "provider": "graph",
        "own.tenant_id": "contoso",
        "own.client_id": "abc",
        "own.cloud": "global",
        "secret": "very secret",
        "folder": "inbox",
        "after_storing": "mark_read",
        "backfill": "ignore",
        "enabled": "on",
    }
    answer = await eva.post("/mailboxes/new", **form)
    [row] = await house.rows(config.mailboxes)
    [asked] = await house.rows(messages.outbox)
    assert asked["contract"] == "mailbox.examine.v1"
    examined = f"/mailboxes/{row['id']}/doctor?run={asked['message_id']}"
    assert answer.headers["location"] == f"{examined}&said=added", answer.text
    assert row["address"] == "help@acme.test"
    assert row["settings"]["client_id"] == "abc"
    assert keys.opener("mailbox").open(row["secret"]) == "very secret"
    page = (await eva.get(f"/mailboxes/{row['id']}")).text
    assert "very secret" not in page
    again = await eva.post("/mailboxes/new", **form)
    assert "is a mailbox of this tenant already" in again.text
    changed = await eva.post(f"/mailboxes/{row['id']}", **form | {"secret": "", "folder": "Support"})
    assert changed.status_code == 303
    [after] = await house.rows(config.mailboxes)
    assert (after["folder"], after["secret"]) == ("Support", row["secret"])


async def test_other_addresses_of_a_mailbox_are_kept_and_offered(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    for number in (1, 2):
        ticket = await house.ticket(number, mailbox=mailbox)
        for address in ("info@acme.test", "help@acme.test", "eva@acme.test", "anna@example.test"):
            await house.add(tables.participants, ticket=ticket, tenant="default", address=address, role="cc")
    page = f"/mailboxes/{mailbox}"
    assert "It also came to: info@acme.test." in (await eva.get(page)).text
    form = {"address": "help@acme.test", "provider": "graph", "folder": "inbox", "after_storing": "leave"}
    form |= {"own.tenant_id": "contoso", "own.client_id": "abc", "own.cloud": "global"}
    wrong = await eva.post(page, **form, aliases="info@acme.test, sales")
    assert (wrong.status_code, "&#39;sales&#39; is not an address; write help@" in wrong.text) == (422, True)
    typed = "Info@Acme.test; help@acme.test, info@acme.test sales@acme.test"
    assert (await eva.post(page, **form, aliases=typed)).status_code == 303
    [row] = await house.rows(config.mailboxes)
    assert row["aliases"] == ["info@acme.test", "sales@acme.test"]
    drawn = (await eva.get(page)).text
    assert "info@acme.test, sales@acme.test" in drawn
    assert "It also came to" not in drawn


async def test_a_mailbox_form_says_what_is_missing(eva: Browser) -> None:
    form = {"address": "nobody", "provider": "graph", "own.tenant_id": "x", "own.client_id": "y"}
    answer = await eva.post("/mailboxes/new", **form, after_storing="move")
    assert answer.status_code == 422
    assert "&#39;nobody&#39; is not an address; write help@example.com." in answer.text
    ids = form | {"own.client_id": "", "address": "a@x.test"}
    assert "Enter the application (client) id." in (await eva.post("/mailboxes/new", **ids)).text
    unnamed = ids | {"own.tenant_id": ""}
    assert "This is needed." in (await eva.post("/mailboxes/new", **unnamed)).text
    move = form | {"address": "a@x.test", "after_storing": "move"}
    assert "Name the folder to move to." in (await eva.post("/mailboxes/new", **move)).text
    secret = form | {"address": "a@x.test", "secret": "x"}
    assert "no key to seal a secret with" in (await eva.post("/mailboxes/new", **secret)).text


async def test_the_mailboxes_page_tells_states_apart(house: House, eva: Browser) -> None:
    await house.mailbox("fine@acme.test", last_scan_at=NOW)
    await house.mailbox("bad@acme.test", error_code="AADSTS7000222", error_text="Expired", error_since=NOW)
    page = (await eva.get("/mailboxes")).text
    for words in ("Idle", "Failing", "AADSTS7000222", "Expired"):
        assert words in page


async def test_the_folder_is_chosen_from_a_list_once_it_is_known(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    assert '<input name="folder"' in (await eva.get(f"/mailboxes/{mailbox}")).text
    await house.add(ingest.folders, mailbox=mailbox, id="AAMkOrders", tenant="default", path="Inbox/Orders")
    page = (await eva.get(f"/mailboxes/{mailbox}")).text
    assert '<select name="folder"' in page
    assert '<option value="inbox" selected>inbox</option>' in page
    assert '<option value="AAMkOrders">Inbox/Orders</option>' in page


async def test_another_kind_of_mailbox_is_chosen_added_and_changed(house: House, eva: Browser) -> None:
    assert 'href="/mailboxes/new?provider=maildir"' in (await eva.get("/mailboxes/new")).text
    page = (await eva.get("/mailboxes/new?provider=maildir")).text
    for words in ("Reads a Maildir, or .eml files", "Password at the mail server", 'name="own.directory"'):
        assert words in page
    assert "Client secret" not in page
    form = {
        "address": "help@acme.test",
        "provider": "maildir",
        "own.directory": "help",
        "own.layout": "eml",
        "own.outgoing": "file",
        "own.outbox": "outbox",
        "folder": "inbox",
        "after_storing": "leave",
        "backfill": "all",
        "enabled": "on",
    }
    wrong = await eva.post("/mailboxes/new", **form | {"own.directory": "../other"})
    assert wrong.status_code == 422
    assert (await eva.post("/mailboxes/new", **form)).status_code == 303
    [row] = await house.rows(config.mailboxes)
    assert (row["provider"], row["settings"]["layout"], row["secret"]) == ("maildir", "eml", None)
    page = (await eva.get(f"/mailboxes/{row['id']}")).text
    assert "A folder of mail files" in page
    assert '<option value="eml" selected>' in page
    assert "provider=graph" not in page
    changed = await eva.post(f"/mailboxes/{row['id']}", **form | {"own.outgoing": "smtp"})
    assert changed.status_code == 303
    [row] = await house.rows(config.mailboxes)
    assert row["settings"]["outgoing"] == "smtp"


async def test_the_history_of_all_settings_is_filtered_by_what_and_by_whom(eva: Browser) -> None:
    await eva.post("/settings", **form_of(mail_scan_frequency="7"))
    status = {"key": "with_vendor", "name": "With the vendor", "category": "pending", "position": "0"}
    await eva.post("/settings/statuses", **status)
    everything = (await eva.get("/settings/history")).text
    assert "<code>mail_scan_frequency</code>" in everything
    assert "<code>statuses.with_vendor</code>" in everything
    of_statuses = (await eva.get("/settings/history?of=statuses")).text
    assert "<code>mail_scan_frequency</code>" not in of_statuses
    assert "<code>statuses.with_vendor</code>" in of_statuses
    assert "No change like this." in (await eva.get("/settings/history?by=nobody@acme.test")).text
