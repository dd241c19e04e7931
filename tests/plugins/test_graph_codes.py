"""Every code that Graph refuses with, from the control side of the sandbox to what a person reads: what it
means to us, and a remedy."""

import ssl

import httpx
import pytest

from plugins.mailboxes.graph.remedies import known, remedy
from shared.contracts.errors import AuthExpired, Permanent, SenderRefused, Throttled, Transient
from shared.plugins.mailboxes import CursorExpired, Examinable, Gone, MailboxConnection, Verdict
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.mailbox_suite import KEY, a_mail, an_answer, only_mail

REFUSALS: list[tuple[int, str, type[Exception]]] = [
    (429, "ApplicationThrottled", Throttled),
    (429, "TooManyRequests", Throttled),
    (400, "ErrorServerBusy", Throttled),
    (403, "ErrorExceededMessageLimit", Throttled),
    (503, "ServiceUnavailable", Transient),
    (504, "UnknownError", Transient),
    (502, "ErrorInternalServerError", Transient),
    (500, "ErrorInternalServerTransientError", Transient),
    (503, "ErrorMailboxStoreUnavailable", Transient),
    (412, "ErrorIrresolvableConflict", Transient),
    (401, "InvalidAuthenticationToken", AuthExpired),
    (403, "ErrorAccessDenied", Permanent),
    (403, "Authorization_RequestDenied", Permanent),
    (404, "MailboxNotEnabledForRESTAPI", Permanent),
    (404, "ResourceNotFound", Permanent),
    (404, "ErrorInvalidUser", Permanent),
    (400, "ErrorInvalidMailboxItemId", Permanent),
    (400, "ErrorInvalidIdMalformed", Permanent),
    (400, "InefficientFilter", Permanent),
    (400, "ErrorRestrictionTooComplex", Permanent),
    (403, "ErrorSendAsDenied", SenderRefused),
    (413, "ErrorMessageSizeExceeded", Permanent),
    (400, "ErrorInvalidRecipients", Permanent),
    (400, "InvalidInternetMessageHeader", Permanent),
    (400, "InvalidInternetMessageHeaderCollection", Permanent),
    (400, "ErrorMimeContentInvalidBase64String", Permanent),
    (400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", Permanent),
    (413, "RequestEntityTooLarge", Permanent),
    (400, "RequestBodyRead", Permanent),
    (400, "RequestBroker--ParseUri", Permanent),
    (507, "ErrorQuotaExceeded", Permanent),
    (404, "ErrorItemNotFound", Gone),
    (410, "SyncStateNotFound", CursorExpired),
    (410, "resyncRequired", CursorExpired),
]
ENDLESS: list[tuple[int, str, type[Exception]]] = [
    refusal for refusal in REFUSALS if refusal[2] not in (Gone, CursorExpired)
]


def _named(value: object) -> str:
    return "" if isinstance(value, type) else str(value)


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def connection(graph_connection: MailboxConnection) -> MailboxConnection:
    return graph_connection


async def breaks(post: GraphPost, match: str, status: int, code: str) -> None:
    """Let all requests of a kind be refused, as somebody outside does it."""
    context = ssl.create_default_context(cafile=post.sandbox.ca_file)
    fault = {"match": match, "status": status, "code": code, "times": None}
    async with httpx.AsyncClient(verify=context, trust_env=False) as http:
        url = f"{post.sandbox.origin}/_sandbox/mailboxes/{SUPPORT}/faults"
        (await http.post(url, json=fault)).raise_for_status()


@pytest.mark.parametrize(("status", "code", "verdict"), REFUSALS, ids=_named)
async def test_a_code_means_one_thing_and_has_a_remedy(
    post: GraphPost, connection: MailboxConnection, status: int, code: str, verdict: type[Exception]
) -> None:
    post.receive(a_mail())
    found = await only_mail(connection)
    for match in ("get", "value"):
        await breaks(post, match, status, code)
    with pytest.raises(verdict) as caught:
        await connection.fetch(found)
    assert type(caught.value) is verdict
    assert getattr(caught.value, "code", code) == code
    assert code in str(caught.value)
    assert known(code), "somebody must know what it means"
    assert remedy(code)


@pytest.mark.parametrize(("status", "code", "verdict"), ENDLESS, ids=_named)
async def test_the_doctor_shows_the_code_and_the_remedy(
    post: GraphPost, connection: MailboxConnection, status: int, code: str, verdict: type[Exception]
) -> None:
    await breaks(post, "any", status, code)
    assert isinstance(connection, Examinable)
    told = [each async for each in connection.examine(["inbox"], send=False)]
    shown = next(each for each in told if each.code == code)
    assert shown.verdict is (Verdict.WARNING if verdict is Throttled else Verdict.FAILED)
    assert shown.remedy == remedy(code)
    assert shown.request_id


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorInvalidRecipients"), (403, "ErrorSendAsDenied"), (413, "ErrorMessageSizeExceeded"),
        (403, "ErrorExceededMessageLimit"), (403, "ErrorMessageSubmissionBlocked"),
    ],
)  # fmt: skip
async def test_a_mail_that_is_refused_stays_and_says_why(
    post: GraphPost, connection: MailboxConnection, status: int, code: str
) -> None:
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    await breaks(post, "send", status, code)
    with pytest.raises((Permanent, Throttled)) as caught:
        await connection.dispatch(handle)
    assert getattr(caught.value, "code", None) == code
    assert remedy(code)
    assert post.left() == []
