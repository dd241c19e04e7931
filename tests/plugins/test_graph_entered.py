"""What a person enters for Graph is looked at while it can be seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.mailboxes.graph.certificates import read
from plugins.mailboxes.graph.credentials import SignIn
from plugins.mailboxes.graph.provider import GraphMailbox, GraphSettings
from shared.plugins.proofs import ChecksSecrets, Entered
from tests.certificates import Pair, certificate
from tests.plugins.graph_proofs import pair

__all__ = ["pair"]


class TestWhatIsEntered:
    """What a person enters is looked at while it can be seen."""

    NOW = datetime.now(UTC)

    def read(self, content: str | bytes, phrase: str = "", kind: SignIn = SignIn.CERTIFICATE) -> str:
        provider: ChecksSecrets = GraphMailbox()
        settings = GraphSettings(tenant_id="t", client_id="c", sign_in=kind)
        raw = content.encode() if isinstance(content, str) else content
        proof = provider.checked(settings, Entered(raw, phrase), self.NOW)
        assert (proof.expires_at is not None) == (kind is SignIn.CERTIFICATE)
        return proof.secret

    def test_a_pair_in_any_form_is_kept_as_the_same_text(self, pair: Pair) -> None:
        wanted = self.read(pair.pem)
        other = certificate()
        for content, phrase in (
            (pair.certificate + pair.key, ""),
            ("Bag Attributes\n" + pair.certificate + "\n" + other.certificate + pair.key, ""),
            (pair.pem.replace("\n", "\r\n"), ""),
            (pair.locked("open sesame"), "open sesame"),
            (pair.pfx("open sesame"), "open sesame"),
            (pair.pfx(None), ""),
        ):
            assert self.read(content, phrase) == wanted

    def test_what_is_wrong_with_it_is_said_without_its_words(self, pair: Pair) -> None:
        other, day = certificate(), timedelta(days=1)
        old = certificate(ends=self.NOW - day)
        for content, phrase, says in (
            ("sandbox-secret", "", "neither PEM nor PFX"),
            (b"\x30\x82", "", "neither PEM nor PFX"),
            (pair.key, "", "the certificate is missing"),
            (pair.certificate, "", "the private key is missing"),
            (pair.key + other.certificate, "", "do not belong together"),
            (old.pem, "", f"expired on {self.NOW - day:%Y-%m-%d}"),
            (pair.locked("open sesame"), "", "enter its pass phrase"),
            (pair.locked("open sesame"), "wrong", "does not open the private key"),
            (pair.pem, "none", "has no pass phrase"),
            (pair.pfx("open sesame"), "wrong", "does not open the PFX file"),
            (pair.pem.replace("PRIVATE KEY-----\nM", "PRIVATE KEY-----\n"), "", "copy it whole"),
            (pair.key + pair.certificate[:400] + pair.certificate[-40:], "", "certificate cannot be read"),
            ("x" * 200_000, "", "too large"),
        ):
            with pytest.raises(ValueError, match=says) as caught:
                self.read(content, phrase)
            assert "sesame" not in str(caught.value)

    def test_a_client_secret_is_one_line_and_not_its_id(self, pair: Pair) -> None:
        assert self.read(" kept~as_it.is \n", kind=SignIn.SECRET) == "kept~as_it.is"
        for content, says in (
            ("c0ffee00-1d5a-4bd0-8a7e-2f5b3c9d8e71", "the secret's id"),
            (pair.pem, "choose the sign-in"),
            ("two\nlines", "one line"),
            ("", "one line"),
            (b"\xff\xfe", "one line"),
        ):
            with pytest.raises(ValueError, match=says):
                self.read(content, kind=SignIn.SECRET)

    def test_nothing_is_entered_for_what_this_machine_is(self) -> None:
        for kind in (SignIn.FEDERATED, SignIn.MANAGED_IDENTITY):
            with pytest.raises(ValueError, match="leave it empty"):
                self.read("something", kind=kind)


CUT = certificate()


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 3000), byte=st.binary(max_size=3), phrase=st.sampled_from(["", "sesame"]))
def test_whatever_is_entered_is_read_or_refused_in_words(at: int, byte: bytes, phrase: str) -> None:
    for whole in (CUT.pem.encode(), b"\x30" + CUT.pem.encode()[60:], byte * at):
        try:
            found = read(Entered(whole[:at] + byte + whole[at + 1 :], phrase))
        except ValueError as error:
            assert any(word in str(error) for word in ("key", "certificate", "PFX"))  # noqa: PT017 - either
        else:
            assert found.thumbprint
