"""Ingest: fetches bytes from mailboxes; knows providers, never tickets."""

from services.ingest import examining, fetching, importing, polling, quotas, secrets, settling, subscribing
from services.ingest.handlers import ingest
from shared.blobs.store import BlobStore
from shared.connecting import Connections
from shared.messaging.dispatch import Assembly
from shared.messaging.unit import Units
from shared.runtime import House

SWEEPS = (
    polling.poll,
    importing.admit,
    fetching.fetch,
    quotas.take_up,
    settling.settle,
    examining.examine,
    secrets.watch_secrets,
    subscribing.keep_subscribed,
)


def assemble(house: House) -> Assembly:
    """Wire the service."""
    return Assembly(
        ingest,
        {
            Units: house.units("ingest"),
            BlobStore: house.blobs,
            Connections: house.connections(),
            subscribing.Hooks: subscribing.Hooks(house.settings.public_url),
            fetching.Largest: fetching.Largest(house.settings.largest_mail),
        },
    )
