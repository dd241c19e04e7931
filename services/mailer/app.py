"""Mailer: commands to sent mail; the one way out."""

from services.mailer import due
from services.mailer.handlers import mailer
from services.mailer.throttle import Throttle
from shared.blobs.store import BlobStore
from shared.connecting import Connections
from shared.messaging.dispatch import Assembly
from shared.messaging.unit import Units
from shared.runtime import House
from shared.storage.secrets import ThreadKeys

SWEEPS = (due.send,)


def assemble(house: House) -> Assembly:
    """Wire the service."""
    units, keys = house.units("mailer"), house.keys.thread()
    return Assembly(
        mailer,
        {
            Units: units,
            BlobStore: house.blobs,
            Connections: house.connections(),
            ThreadKeys: keys,
            due.Desk: due.Desk(units, house.blobs, Throttle(house.redis), keys),
        },
    )
