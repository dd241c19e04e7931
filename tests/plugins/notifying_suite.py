"""What a provider must do that tells of new mail. Its tests inherit it beside the suite of every mailbox."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Gone, MailboxConnection
from shared.plugins.notifying import Notifying, Subscribable
from tests.plugins.mailbox_suite import Post, a_mail
from tests.sandbox.hooks import Hook, hooked, until


class NotifyingSuite:
    """Inherit it, and give the fixtures `provider`, `connection` and `post`."""

    @pytest.fixture
    async def told(self, provider: Notifying) -> AsyncIterator[Hook]:
        """Where the provider tells of new mail: it is greeted as the desk greets it."""
        async with hooked(provider.greeting) as hook:
            yield hook

    @pytest.fixture
    def subscribing(self, connection: MailboxConnection) -> Subscribable:
        assert isinstance(connection, Subscribable)
        return connection

    async def test_new_mail_is_told_with_the_proof(
        self, provider: Notifying, subscribing: Subscribable, post: Post, told: Hook
    ) -> None:
        made = await subscribing.subscribe(told.url, "proof")
        post.receive(a_mail())
        await until(lambda: told.bodies != [])
        (notice,) = provider.notices(told.bodies[0])
        assert (notice.subscription, notice.proof) == (made.id, "proof")

    async def test_a_subscription_lives_for_a_time_and_longer_when_it_is_renewed(
        self, subscribing: Subscribable, told: Hook
    ) -> None:
        made = await subscribing.subscribe(told.url, "proof")
        renewed = await subscribing.renew(made.id)
        assert renewed.id == made.id
        assert datetime.now(UTC) < made.expires_at <= renewed.expires_at

    async def test_after_its_end_nothing_is_told_and_ending_it_again_is_no_error(
        self, provider: Notifying, subscribing: Subscribable, post: Post, told: Hook
    ) -> None:
        ended = await subscribing.subscribe(told.url, "of the first")
        await subscribing.unsubscribe(ended.id)
        await subscribing.unsubscribe(ended.id)
        await subscribing.subscribe(told.url, "of the second")
        post.receive(a_mail())
        await until(lambda: told.bodies != [])
        notices = [one for body in told.bodies for one in provider.notices(body)]
        assert {one.proof for one in notices} == {"of the second"}

    async def test_one_that_there_is_not_cannot_be_renewed(self, subscribing: Subscribable) -> None:
        with pytest.raises(Gone):
            await subscribing.renew("00000000-0000-0000-0000-000000000000")

    @pytest.mark.parametrize("body", [b"", b"hello", b"null", json.dumps({"value": "x"}).encode()])
    async def test_what_is_no_delivery_is_refused(self, provider: Notifying, body: bytes) -> None:
        with pytest.raises(Permanent):
            provider.notices(body)
