"""Ticketing: the only writer of tickets."""

from services.ticketing import organizing, rereading, sweeping
from services.ticketing.handlers import ticketing
from services.ticketing.people import People
from shared.blobs.store import BlobStore
from shared.messaging.dispatch import Assembly
from shared.messaging.unit import Units
from shared.runtime import House
from shared.storage.secrets import ThreadKeys

SWEEPS = (
    sweeping.prune,
    sweeping.open_undecided,
    sweeping.forget_answers,
    sweeping.forget_handled,
    organizing.regroup,
    rereading.read_for_words,
)


def assemble(house: House) -> Assembly:
    """Wire the service."""
    people = People(house.engine("ticketing"))
    house.on_close(people.close)
    return Assembly(
        ticketing,
        {
            Units: house.units("ticketing"),
            People: people,
            BlobStore: house.blobs,
            ThreadKeys: house.keys.thread(),
        },
    )
