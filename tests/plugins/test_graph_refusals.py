"""What Graph's refusals mean, and where each cloud is."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from plugins.mailboxes.graph.clouds import CLOUDS, CloudName, Overrides, endpoints_of
from plugins.mailboxes.graph.refusals import RARELY, refusal, retry_after
from plugins.mailboxes.graph.remedies import remedy
from shared.contracts.errors import AuthExpired, Permanent, SenderRefused, Throttled, Transient
from shared.plugins.mailboxes import CursorExpired, Gone

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("17", timedelta(seconds=17)),
        ("0", timedelta()),
        ("Sun, 01 Mar 2026 12:02:00 GMT", timedelta(minutes=2)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta()),
        ("86400", timedelta(hours=1)),
        ("9" * 400, timedelta(hours=1)),
        ("Mon, 01 Mar 2027 12:00:00 GMT", timedelta(hours=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_bounded(
    header: str | None, waits: timedelta | None
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    assert retry_after(httpx.Response(429, headers=headers), NOW) == waits


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (429, "ApplicationThrottled", Throttled),
        (503, "ServiceUnavailable", Transient),
        (504, "UnknownError", Transient),
        (409, "ErrorIrresolvableConflict", Transient),
        (401, "InvalidAuthenticationToken", AuthExpired),
        (403, "ErrorAccessDenied", Permanent),
        (404, "ErrorItemNotFound", Gone),
        (404, "MailboxNotEnabledForRESTAPI", Permanent),
        (404, "ResourceNotFound", Permanent),
        (410, "SyncStateNotFound", CursorExpired),
        (404, "SyncStateNotFound", CursorExpired),
        (400, "resyncRequired", CursorExpired),
        (400, "ErrorInvalidIdMalformed", Permanent),
        (413, "ErrorMessageSizeExceeded", Permanent),
        (400, "ErrorServerBusy", Throttled),
        (403, "ErrorMailboxStoreUnavailable", Transient),
        (500, "ErrorSendAsDenied", SenderRefused),
        (429, "ErrorAccessDenied", Throttled),
        (500, "ErrorItemNotFound", Transient),
        (400, "TooNewToKnow", Permanent),
    ],
)
def test_refusal_is_told_with_the_code_and_text_of_graph(
    status: int, code: str, verdict: type[Exception]
) -> None:
    error = refusal(httpx.Response(status, json={"error": {"code": code, "message": "Why."}}), NOW)
    assert type(error) is verdict
    assert str(error) == f"{code}: Why."
    assert getattr(error, "code", code) == code


@pytest.mark.parametrize("code", ["MailboxNotEnabledForRESTAPI", "ResourceNotFound"])
def test_mailbox_that_microsoft_may_put_right_rests_long(code: str) -> None:
    error = refusal(httpx.Response(404, json={"error": {"code": code}}), NOW)
    assert isinstance(error, Permanent)
    assert error.retry_after == RARELY


@pytest.mark.parametrize(
    ("headers", "inner"), [({"request-id": "11-22"}, {}), ({}, {"innerError": {"request-id": "11-22"}})]
)
def test_refusal_says_what_to_quote_to_microsoft(headers: dict[str, str], inner: dict[str, object]) -> None:
    body = {"error": {"code": "ErrorAccessDenied", "message": "Why.", **inner}}
    error = refusal(httpx.Response(403, headers=headers, json=body), NOW)
    assert isinstance(error, Permanent)
    assert error.request_id == "11-22"
    assert error.detail == "ErrorAccessDenied: Why. (request-id 11-22)"


@pytest.mark.parametrize(
    "code", ["AADSTS7000222", "aadsts700027", "ErrorSendAsDenied", "endless_listing", "no_secret", "network"]
)
def test_known_code_has_a_remedy(code: str) -> None:
    assert remedy(code)
    assert remedy(f"{code}-else") is None


@pytest.mark.parametrize("content", [b"", b"<html>Bad gateway</html>", b"[]", b'{"error": "odd"}'])
def test_refusal_without_a_code_is_named_by_its_status(content: bytes) -> None:
    error = refusal(httpx.Response(502, content=content), NOW)
    assert isinstance(error, Transient)
    assert error.code == "http_502"


@pytest.mark.parametrize("name", list(CloudName))
def test_cloud_has_its_own_endpoints(name: CloudName) -> None:
    endpoints = endpoints_of(name, "tenant", Overrides())
    assert endpoints.base_url == f"{CLOUDS[name].graph}/v1.0"
    assert endpoints.authority == f"{CLOUDS[name].authority}/tenant"
    assert endpoints.scope == f"{CLOUDS[name].graph}/.default"


def test_environment_replaces_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_GRAPH_BASE_URL", "https://localhost:8443/v1.0/")
    monkeypatch.setenv("POSTROOM_GRAPH_AUTHORITY", "https://localhost:8443/other")
    endpoints = endpoints_of(CloudName.GLOBAL, "tenant", Overrides())
    assert endpoints.base_url == "https://localhost:8443/v1.0"
    assert endpoints.authority == "https://localhost:8443/other"
    assert "localhost" in endpoints.upload_hosts
