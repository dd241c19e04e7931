"""What the broker says of its queues, asked for a page that waits for nobody."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from services.desk.desk import Replays
from services.desk.languages import gettext
from services.desk.wording.amounts import number
from shared.contracts.errors import Transient
from shared.messaging.topology import EXCHANGE

PATIENCE_SECONDS = 1.5


@dataclass(frozen=True)
class Flow:
    unready: str | None = None
    """Why messages do not flow."""
    queued: Mapping[str, int] | None = None
    """Messages on the broker by service, of every tenant; None: there is no broker, or it was not told."""
    later: int = 0
    """Messages there that wait for another attempt."""
    unknown: str | None = None
    """Why it was not told."""


async def flow_of(transport: Replays | None) -> Flow:
    """Ask, and give up soon: a broker that does not answer is a fact for the page, not its end."""
    if transport is None:
        return Flow()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            unready = await transport.unready()
            queued = await transport.queued()
    except Transient as error:
        return Flow(unready=unready, unknown=error.reason)
    except TimeoutError:
        late = gettext(
            "the broker does not answer within %(seconds)s seconds", seconds=number(PATIENCE_SECONDS)
        )
        return Flow(unready=late, unknown=late)
    if queued is None:
        return Flow(unready=unready)
    by_service: dict[str, int] = {}
    for queue, many in queued.items():
        service = queue.partition(".")[0]
        by_service[service] = by_service.get(service, 0) + many
    return Flow(unready=unready, later=by_service.pop(EXCHANGE, 0), queued=by_service)
