"""The Graph provider signs in: each way, what goes wrong with it, challenges, and tokens that are shared."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS
from redis.asyncio import Redis

from plugins.mailboxes.graph.challenges import challenge_of
from plugins.mailboxes.graph.clouds import CLOUDS, CloudName, Overrides, endpoints_of
from plugins.mailboxes.graph.credentials import SignIn
from plugins.mailboxes.graph.provider import GraphSettings
from plugins.mailboxes.graph.remedies import remedy
from sandbox.knobs import Fault, Knobs
from shared.contracts.errors import AuthExpired, Transient
from shared.plugins.mailboxes import MailboxConnection
from shared.storage.secrets import Opener
from shared.tokens import SharedTokens
from tests.certificates import Pair, certificate
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.graph_proofs import Issuer, pair, signs_in
from tests.plugins.mailbox_suite import MailboxSuite, a_mail, every_page

__all__ = ["pair"]
NOT_A_SECRET = (SignIn.CERTIFICATE, SignIn.FEDERATED, SignIn.MANAGED_IDENTITY)


class TestGraphSignedInOtherwise(MailboxSuite):
    many = 510

    @pytest.fixture(params=NOT_A_SECRET)
    def post(
        self,
        request: pytest.FixtureRequest,
        graph_post: GraphPost,
        pair: Pair,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> GraphPost:
        signs_in(graph_post, request.param, pair, monkeypatch, tmp_path)
        return graph_post

    @pytest.fixture
    def connection(self, post: GraphPost) -> MailboxConnection:
        return post.connect()

    @pytest.fixture
    def other_folder(self) -> str:
        return "archive"


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def certified(post: GraphPost, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GraphPost:
    signs_in(post, SignIn.CERTIFICATE, pair, monkeypatch, tmp_path)
    return post


@pytest.fixture
def issuer(post: GraphPost, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Issuer:
    made = signs_in(post, SignIn.FEDERATED, pair, monkeypatch, tmp_path)
    assert made is not None
    return made


@pytest.fixture
def identity(post: GraphPost, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GraphPost:
    signs_in(post, SignIn.MANAGED_IDENTITY, pair, monkeypatch, tmp_path)
    return post


async def refused(post: GraphPost) -> AuthExpired:
    """What the next listing is refused with; somebody has explained its code."""
    with pytest.raises(AuthExpired) as caught:
        await post.connect().list(None, None)
    assert caught.value.code
    assert remedy(caught.value.code), caught.value.code
    return caught.value


async def test_a_certificate_that_entra_does_not_know_is_told(certified: GraphPost) -> None:
    certified.secret = certificate().pem
    told = await refused(certified)
    assert (told.code, "not registered" in told.reason) == ("AADSTS700027", True)
    assert "PRIVATE" not in told.reason


async def test_a_certificate_that_has_expired_is_told_by_entra(certified: GraphPost) -> None:
    old = certificate(ends=datetime.now(UTC) - timedelta(days=1))
    certified.sandbox.change_app(certified.sandbox.client_id, certificates=(old.certificate,))
    certified.secret = old.pem
    assert (await refused(certified)).code == "AADSTS700027"


async def test_a_client_secret_that_has_expired_is_told(post: GraphPost) -> None:
    gone = datetime.now(UTC) - timedelta(days=1)
    post.sandbox.change_app(post.sandbox.client_id, secret_expires_at=gone)
    assert (await refused(post)).code == "AADSTS7000222"


@pytest.mark.parametrize(("kept", "code"), [("", "no_certificate"), ("sandbox-secret", "certificate")])
async def test_a_certificate_that_is_none_is_told_before_any_request(
    certified: GraphPost, kept: str, code: str
) -> None:
    certified.secret = kept
    assert (await refused(certified)).code == code
    assert certified.requests == 0


async def test_a_token_file_is_read_anew_each_time(post: GraphPost, issuer: Issuer) -> None:
    issuer.writes(life=timedelta(seconds=-10))
    assert (await refused(post)).code == "AADSTS700024"
    issuer.writes(subject="somebody:else")
    assert (await refused(post)).code == "AADSTS700213"
    issuer.file.write_text("not a token")
    assert (await refused(post)).code == "AADSTS50027"
    issuer.writes()
    await post.connect().list(None, None)


async def test_a_token_file_that_is_not_there_is_told(
    post: GraphPost, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"", b"\xff\xfe", None):
        if content is None:
            issuer.file.unlink()
        else:
            issuer.file.write_bytes(content)
        assert (await refused(post)).code == "token_file"
    monkeypatch.delenv("AZURE_FEDERATED_TOKEN_FILE")
    assert (await refused(post)).reason == "the environment names no token file"


@pytest.mark.parametrize("kind", [SignIn.FEDERATED, SignIn.MANAGED_IDENTITY])
async def test_a_tenant_that_was_not_lent_the_machines_identity_signs_in_nowhere(
    post: GraphPost, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: SignIn
) -> None:
    signs_in(post, kind, pair, monkeypatch, tmp_path)
    for lent in ("other", "", "acm", "*"):
        monkeypatch.setenv("POSTROOM_GRAPH_IDENTITY_TENANTS", lent)
        assert (await refused(post)).code == "identity_not_lent"
    assert post.requests == 0


def test_settings_name_no_file_and_no_host() -> None:
    """Whoever edits a mailbox must not choose what this machine reads or whom it tells."""
    assert set(GraphSettings.model_fields) == {"tenant_id", "client_id", "cloud", "sign_in"}
    with pytest.raises(ValueError, match="Extra inputs"):
        GraphSettings.model_validate({"tenant_id": "t", "client_id": "c", "token_file": "/etc/shadow"})


def test_rows_of_before_sign_in_with_their_secret() -> None:
    kept = GraphSettings.model_validate({"tenant_id": "t", "client_id": "c"})
    assert kept.sign_in is SignIn.SECRET


async def test_a_user_assigned_identity_is_named_by_its_id(identity: GraphPost) -> None:
    identity.client = "a55161ed-0000-4000-8000-000000000001"
    told = await refused(identity)
    assert (told.code, "No User Assigned" in told.reason) == ("identity_refused", True)
    identity.sandbox.change_app(identity.client, identity=True)
    await identity.connect().list(None, None)


async def test_an_identity_endpoint_that_is_not_there_is_transient(
    identity: GraphPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token")
    with pytest.raises(Transient) as caught:
        await identity.connect().list(None, None)
    assert caught.value.code == "identity_endpoint"
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.sandbox.identity_endpoint)
    identity.breaks(Fault(match="token", status=503, retry_after=7))
    with pytest.raises(Transient) as caught:
        await identity.connect().list(None, None)
    assert caught.value.retry_after == timedelta(seconds=7)


async def test_no_proxy_is_asked_for_this_machines_identity(
    identity: GraphPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = identity.connect()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await connection.list(None, None)


async def test_one_token_serves_every_mailbox_of_an_app(post: GraphPost) -> None:
    await post.connect().list(None, None)
    post.breaks(Fault(match="token", status=503))
    await post.connect().list(None, None)
    with pytest.raises(Transient):
        await post.connect(secret="another").list(None, None)


async def test_many_who_start_at_once_ask_for_one_token(post: GraphPost) -> None:
    post.breaks(Fault(match="token", status=503, skip=1, times=9))
    await asyncio.gather(*(post.connect().list(None, None) for _ in range(8)))


@pytest.mark.parametrize("kind", [SignIn.SECRET, SignIn.CERTIFICATE, SignIn.FEDERATED])
async def test_a_claims_challenge_is_answered_in_mid_round(
    post: GraphPost, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: SignIn
) -> None:
    signs_in(post, kind, pair, monkeypatch, tmp_path)
    post.receive(a_mail())
    connection = post.connect()
    found, cursor = await every_page(connection)
    post.sandbox.set_knobs(SUPPORT, Knobs(claims_challenge="1604106651"))
    before = post.requests
    assert await connection.fetch(found[0])
    assert post.requests == before + 2
    await connection.list(cursor, None)
    assert post.requests == before + 3


async def test_two_mailboxes_of_one_app_answer_each_its_challenge(post: GraphPost) -> None:
    post.sandbox.add_mailbox("sales@acme.example")
    post.sandbox.set_knobs(SUPPORT, Knobs(claims_challenge="1"))
    post.sandbox.set_knobs("sales@acme.example", Knobs(claims_challenge="2"))
    one, other = post.connect(), post.connect(to="sales@acme.example")
    for _ in range(2):
        await one.list(None, None)
        await other.list(None, None)


async def test_a_challenge_that_does_not_end_is_told_once(post: GraphPost) -> None:
    post.breaks(Fault(match="folders", status=401, times=2, challenge="1"))
    before = post.requests
    told = await refused(post)
    assert told.code == "insufficient_claims"
    assert "Continuous access evaluation" in told.reason
    assert post.requests == before + 2
    await post.connect().list(None, None)


async def test_a_challenge_to_a_managed_identity_is_told(identity: GraphPost) -> None:
    """Its endpoint takes no claims."""
    identity.breaks(Fault(match="folders", status=401, times=2, challenge="1"))
    assert (await refused(identity)).code == "insufficient_claims"


async def test_a_token_that_ends_soon_is_asked_for_anew(post: GraphPost) -> None:
    post.sandbox.set_token_lifetime(299)
    await post.connect().list(None, None)
    post.breaks(Fault(match="token", status=503))
    with pytest.raises(Transient):
        await post.connect().list(None, None)


def _challenge(told: str, status: int = 401) -> str | None:
    return challenge_of(httpx.Response(status, headers={"WWW-Authenticate": told}))


def test_challenges_in_every_spelling() -> None:
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    plain = base64.b64encode(claims.encode()).decode()
    said = (
        'Bearer realm="", authorization_uri=https://login.example, error="insufficient_claims", claims="{}"'
    )
    for encoded in (plain, plain.rstrip("="), base64.urlsafe_b64encode(claims.encode()).decode()):
        assert _challenge(said.format(encoded)) == claims
    nothing = said.format(base64.b64encode(b"[1]").decode())
    for told in ("", "Bearer", said.format(""), said.format("%%%"), said.format("eyJ"), nothing):
        assert _challenge(told) is None
    assert _challenge(said.format(plain).replace("insufficient_claims", "invalid_token")) is None
    assert _challenge(said.format(plain), 403) is None
    assert _challenge(said.format("A" * 9000)) is None


@pytest.mark.parametrize("name", CloudName)
def test_each_cloud_signs_in_where_its_graph_is(name: CloudName) -> None:
    """A secret goes to nobody whom msal does not know as Microsoft."""
    found = endpoints_of(name, "contoso.example", Overrides(_env_file=None))
    assert CLOUDS[name].authority.removeprefix("https://") in WELL_KNOWN_AUTHORITY_HOSTS
    assert found.scope == f"{CLOUDS[name].graph}/.default"
    assert found.base_url == f"{CLOUDS[name].graph}/v1.0"


async def test_processes_share_a_token_until_the_secret_changes(post: GraphPost, redis_url: str) -> None:
    redis, safe = Redis.from_url(redis_url), Opener("mailbox", b"k" * 32).safe("tokens")
    post.breaks(Fault(match="token", status=503, skip=1, times=9))
    for _ in range(3):
        post.tokens = SharedTokens(redis, safe)
        await post.connect().list(None, None)
    with pytest.raises(Transient):
        await post.connect(secret="changed").list(None, None)
    await redis.aclose()
