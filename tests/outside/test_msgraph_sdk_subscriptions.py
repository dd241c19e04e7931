"""Microsoft's own Python SDK subscribes to a mailbox of the sandbox, and is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgraph import GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription

from tests.outside.hooks import Hook, hooked
from tests.outside.world import SUPPORT, World, letter


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as made:
        yield made


async def test_a_subscription_is_made_renewed_and_removed(
    graph: GraphServiceClient, world: World, hook: Hook
) -> None:
    expires = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = await graph.subscriptions.post(
        Subscription(
            change_type="created",
            notification_url=hook.url,
            lifecycle_notification_url=hook.url,
            resource=f"/users/{SUPPORT}/mailFolders('inbox')/messages",
            expiration_date_time=expires,
            client_state="only we know",
        )
    )
    assert made.expiration_date_time == expires
    assert made.application_id == world.client_id
    item = world.receives(letter("Told").as_bytes())
    (told,) = hook.told(1)
    assert (told["subscriptionId"], told["clientState"]) == (made.id, "only we know")
    shown = await graph.users.by_user_id(SUPPORT).messages.by_message_id(told["resourceData"]["id"]).get()
    assert shown.subject == "Told"
    assert item
    mine = graph.subscriptions.by_subscription_id(made.id)
    later = expires + timedelta(days=3)
    assert (await mine.patch(Subscription(expiration_date_time=later))).expiration_date_time == later
    await mine.reauthorize.post()
    assert [one.id for one in (await graph.subscriptions.get()).value] == [made.id]
    assert (await mine.get()).client_state is None
    await mine.delete()
    with pytest.raises(ODataError) as refused:
        await mine.get()
    assert (refused.value.response_status_code, refused.value.error.code) == (404, "ResourceNotFound")


async def test_a_subscription_to_a_url_that_is_silent_is_refused(graph: GraphServiceClient) -> None:
    with pytest.raises(ODataError) as refused:
        await graph.subscriptions.post(
            Subscription(
                change_type="created",
                notification_url="http://localhost:9/told",
                resource=f"/users/{SUPPORT}/messages",
                expiration_date_time=datetime.now(UTC) + timedelta(hours=1),
            )
        )
    assert (refused.value.response_status_code, refused.value.error.code) == (400, "ValidationError")
    assert "Subscription validation request failed" in refused.value.error.message
