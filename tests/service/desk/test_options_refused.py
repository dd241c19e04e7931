"""Every option: what it refuses, by name and with a remedy; its history; and that it is of one tenant."""

import httpx
import pytest

from shared.contracts.options import Options
from shared.storage import config
from tests.service.desk.conftest import NOW, House

SETTINGS = "/api/v1/settings"
WRONG: dict[str, tuple[object, ...]] = {
    "load_full_timeline": ("perhaps", [], 7),
    "timeline_items_per_page": (0, 501, "many", 2.5),
    "allowed_mime_types": ("pdf", ["image/"], ["*/*"], 7),
    "max_file_size": (0, 1_000_000_001, "2 GB", "25 bananas", "-1", [], "1.500 MB", "1.5"),
    "outgoing_mails_per_department": (
        {"default": "nobody"},
        "receiving_email",
        ["default"],
        {"nosuch": "receiving_email"},
        {"DEFAULT": "receiving_email"},
    ),
    "mail_scan_frequency": (0, 10_081, 10**30, -5, "often", 0.5),
    "signature": (
        "{{ agent.shoe }}",
        "{% for a in b %}{% endfor %}",
        "{{ ticket.subject | join }}",
        7,
        "x" * 4001,
    ),
    "signature_html": ("<p>{{ nobody }}</p>", "{{ ticket.", [], "x" * 4001),
    "mail_send_threshold": (-1, 100_001, 10**25, "none", {}),
    "mail_send_window": (0, 86_401, "long"),
    "time_zone": ("Europe/Nowhere", "+01:00", "", 1),
    "business_hours": ("always", "monday 9-17", "friday 17:00-09:00", ["monday-friday 09:00-17:00", "x"], 5),
    "holidays": ("christmas", "2026-02-30", ["2026-12-25", ""], 1),
    "mail_forwarding_domains": (["*"], "partner", ["a@partner.example"], ["x.*"]),
    "response_to_closed_ticket_action": ("reopen", "true", 1),
    "thank_you_grace_hours": (-1, 8_761, 10**15, "long"),
    "new_subject_starts_new_ticket": ("maybe", 3),
    "hold_unproven_senders": ("maybe", {}),
    "signed_reply_address": ("maybe", 3),
    "answer_target_hours": (-1, 8_761, "long"),
    "ticket_number_format": ("HD-", "{number}", "HD {number}", "HD-{number:013}", 7),
    "filter_strings": (["---"], ["{whom} wrote"], 7),
    "filter_regexes": (["(unclosed"], ["(a+)+$"], [r"(x)\1"], [".*"], 7, ["."], ["x?"], [r"\w"]),
    "filters_replace_built_in": ("maybe", 3),
    "close_inactive_tickets": ("maybe", 3),
    "close_ticket_after_days": (0, 3_651, 10**12, "soon", 1.5),
    "send_ticket_close_reminder": ("maybe", 3),
    "reminder_before_ticket_close_days": (0, 3_650, 10**12, "soon"),
}
RIGHT: dict[str, object] = {
    "load_full_timeline": True,
    "timeline_items_per_page": 50,
    "allowed_mime_types": ["image/*", "application/pdf"],
    "max_file_size": 10_000_000,
    "outgoing_mails_per_department": {"default": "logged_in_user"},
    "mail_scan_frequency": 10,
    "signature": "{{ agent.name }}\n{{ department.name }}, {{ ticket.number }}",
    "signature_html": "<p>{{ agent.name }}</p>",
    "mail_send_threshold": 0,
    "mail_send_window": 60,
    "time_zone": "Europe/Vienna",
    "business_hours": ["monday-thursday 08:00-16:30", "saturday 10:00-24:00"],
    "holidays": ["2026-12-25"],
    "mail_forwarding_domains": ["partner.example", "*.partner.example"],
    "response_to_closed_ticket_action": "create_new_ticket",
    "thank_you_grace_hours": 0,
    "new_subject_starts_new_ticket": True,
    "hold_unproven_senders": False,
    "signed_reply_address": True,
    "answer_target_hours": 4,
    "ticket_number_format": "HD-{number:06}",
    "filter_strings": ["Ticket history, of {who}"],
    "filter_regexes": ["^-{3,} Ticket history"],
    "filters_replace_built_in": True,
    "close_inactive_tickets": True,
    "close_ticket_after_days": 30,
    "send_ticket_close_reminder": True,
    "reminder_before_ticket_close_days": 3,
}


@pytest.fixture
async def ada(house: House, http: httpx.AsyncClient) -> dict[str, str]:
    """The headers of an administrator's program."""
    del http
    return {"Authorization": f"Bearer {await house.token(await house.user('ada@acme.test', role='admin'))}"}


def test_every_option_stands_in_both_tables() -> None:
    assert set(WRONG) == set(RIGHT) == set(Options.model_fields)


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_value_is_refused_by_name_and_changes_nothing(
    house: House, http: httpx.AsyncClient, ada: dict[str, str], name: str
) -> None:
    for value in WRONG[name]:
        answer = await http.put(SETTINGS, json={name: value}, headers=ada)
        told = answer.json()
        assert (answer.status_code, [one["field"] for one in told["errors"]]) == (422, [name]), value
        assert told["errors"][0]["message"]
        assert told["remedy"] == "Nothing was set. Correct it and send it again."
    assert await house.rows(config.options) == await house.rows(config.option_history) == []


async def test_numbers_that_were_stored_before_they_had_a_limit_are_the_largest_allowed(
    house: House, http: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    stored = {
        "mail_scan_frequency": 10**30,
        "close_ticket_after_days": 10**12,
        "reminder_before_ticket_close_days": 10**11,
        "send_ticket_close_reminder": True,
        "close_inactive_tickets": True,
        "mail_send_threshold": 10**25,
    }
    for name, value in stored.items():
        facts = {"tenant": "default", "changed_at": NOW, "changed_by": "Ada"}
        await house.add(config.options, name=name, value=value, **facts)
    read = (await http.get(SETTINGS, headers=ada)).json()
    assert (read["mail_scan_frequency"], read["close_ticket_after_days"]) == (10_080, 3_650)
    assert (read["reminder_before_ticket_close_days"], read["mail_send_threshold"]) == (3_649, 100_000)
    for path in ("/api/v1/mailboxes", "/api/v1/operations/stages", "/api/v1/tickets"):
        assert (await http.get(path, headers=ada)).status_code == 200
    assert (await http.put(SETTINGS, json={"mail_scan_frequency": 5}, headers=ada)).status_code == 200


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"send_ticket_close_reminder": True}, {"reminder_before_ticket_close_days": 14}),
        ({"send_ticket_close_reminder": True}, {"close_ticket_after_days": 2}),
        ({"reminder_before_ticket_close_days": 20}, {"send_ticket_close_reminder": True}),
    ],
    ids=["too early", "too soon", "switched on"],
)
async def test_what_is_impossible_together_is_refused(
    http: httpx.AsyncClient, ada: dict[str, str], first: dict[str, object], then: dict[str, object]
) -> None:
    assert (await http.put(SETTINGS, json=first, headers=ada)).status_code == 200
    answer = await http.put(SETTINGS, json=then, headers=ada)
    assert answer.status_code == 422
    assert "must be less than close_ticket_after_days" in answer.json()["errors"][0]["message"]
    (kept,) = (await http.get(f"{SETTINGS}/history", headers=ada)).json()["items"]
    assert kept["name"] in first


async def test_each_change_is_in_the_history_and_reaches_its_tenant_alone(
    house: House, http: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    await house.tenant("other")
    user = await house.user("otto@other.test", tenant="other", role="admin")
    otto = {"Authorization": f"Bearer {await house.token(user, 'other')}"}
    before = (await http.get(SETTINGS, headers=ada)).json()
    for name, value in RIGHT.items():
        answer = await http.put(SETTINGS, json={name: value}, headers=ada)
        assert (answer.status_code, answer.json()[name]) == (200, value)
        (change,) = (await http.get(f"{SETTINGS}/history?name={name}", headers=ada)).json()["items"]
        assert (change["old"], change["new"], change["changed_by"]) == (before[name], value, "Ada")
        assert change["changed_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert (await http.get(SETTINGS, headers=ada)).json() == RIGHT
    assert (await http.get(SETTINGS, headers=otto)).json() == before
    assert (await http.get(f"{SETTINGS}/history", headers=otto)).json()["items"] == []
    await http.put(SETTINGS, json=dict.fromkeys(RIGHT), headers=ada)
    assert (await http.get(SETTINGS, headers=ada)).json() == before
