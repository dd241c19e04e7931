"""What a subscription needs, when it is renewed, and how long a failing one is left alone."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.ingest.subscribing import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Hooks,
    Next,
    next_step,
    pause_after,
    renewal_at,
    told,
)
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.plugins.mailboxes import Verdict

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOOKS = Hooks("https://desk.example")


# Any: a row, by its columns
def a_row(**values: Any) -> Any:
    facts = {"provider_id": None, "stamp": None, "expires_at": None, "error_code": None, "error_text": None}
    return SimpleNamespace(**facts | values)


# Any: as above
def a_mailbox(**values: Any) -> Any:
    facts = {"provider": "graph", "tenant": "default", "settings": {}, "address": "a@b.example"}
    return SimpleNamespace(**facts | {"folder": "inbox", "enabled": True, "archived_at": None} | values)


@pytest.mark.parametrize(
    ("row", "wanted", "works", "step"),
    [
        (a_row(), "now", True, Next.MAKE),
        (a_row(), "now", False, Next.WAIT),
        (a_row(), None, True, Next.REMOVE),
        (a_row(provider_id="s", stamp="now"), "now", True, Next.RENEW),
        (a_row(provider_id="s", stamp="now"), "now", False, Next.WAIT),
        (a_row(provider_id="s", stamp="before"), "now", True, Next.MAKE),
        (a_row(provider_id=None, stamp="now"), "now", True, Next.MAKE),
        (a_row(provider_id="s", stamp="now"), None, False, Next.REMOVE),
    ],
)
def test_what_a_subscription_needs(row: Any, wanted: str | None, works: bool, step: Next) -> None:
    assert next_step(row, wanted, works=works) is step


def test_renewals_are_well_before_the_end_and_spread() -> None:
    expires = NOW + timedelta(days=7)
    moments = [renewal_at(UUID(int=number), NOW, expires) for number in range(1_000)]
    assert min(moments) == NOW + timedelta(days=3.5)
    assert max(moments) < NOW + timedelta(days=4.9)
    assert len(set(moments)) == 1_000


@pytest.mark.parametrize(
    "values",
    [{"enabled": False}, {"archived_at": NOW}, {"provider": "no such provider"}],
    ids=["disabled", "archived", "of a silent provider"],
)
def test_some_mailboxes_are_to_have_none(values: dict[str, object]) -> None:
    assert HOOKS.stamp(a_mailbox()) is not None
    assert HOOKS.stamp(a_mailbox(**values)) is None
    assert HOOKS.stamp(None) is None
    assert Hooks(None).stamp(a_mailbox()) is None


@pytest.mark.parametrize(
    "values", [{"address": "c@b.example"}, {"folder": "x"}, {"settings": {"client_id": "1"}}]
)
def test_another_is_made_when_the_mailbox_changes(values: dict[str, object]) -> None:
    assert HOOKS.stamp(a_mailbox(**values)) != HOOKS.stamp(a_mailbox())
    assert Hooks("https://other.example").stamp(a_mailbox()) != HOOKS.stamp(a_mailbox())
    assert HOOKS.stamp(a_mailbox(name="Help")) == HOOKS.stamp(a_mailbox())


@pytest.mark.parametrize(
    ("error", "attempts", "pause"),
    [
        (Permanent("no"), 1, FIRST_PAUSE),
        (Transient("later"), 1, FIRST_PAUSE),
        (Transient("later"), 3, 4 * FIRST_PAUSE),
        (Transient("later"), 50, LONGEST_PAUSE),
        (Transient("later", retry_after=timedelta(minutes=5)), 1, timedelta(minutes=5)),
        (Throttled("limit"), 9, FIRST_PAUSE),
    ],
)
def test_a_failing_one_is_left_alone(error: Transient | Permanent, attempts: int, pause: timedelta) -> None:
    assert pause_after(error, attempts) == pause


@pytest.mark.parametrize(
    ("row", "wanted", "verdict"),
    [
        (None, None, Verdict.SKIPPED),
        (None, "now", Verdict.SKIPPED),
        (a_row(), "now", Verdict.SKIPPED),
        (a_row(provider_id="s", expires_at=NOW), "now", Verdict.OK),
        (a_row(error_code="ValidationError", error_text="no answer"), "now", Verdict.WARNING),
    ],
)
def test_how_it_is_told(row: Any, wanted: str | None, verdict: Verdict) -> None:
    finding = told(row, wanted)
    assert (finding.check, finding.verdict) == ("notifications", verdict)
    assert (finding.remedy is not None) == (verdict is Verdict.WARNING)


def test_the_address_names_provider_and_tenant() -> None:
    assert HOOKS.url("graph", "acme") == "https://desk.example/hooks/graph/acme"
