"""Triggers: facts to commands."""

from services.triggers import hooks, keeping, telling, trials
from services.triggers.handlers import triggers
from shared.blobs.store import BlobStore
from shared.messaging.dispatch import Assembly
from shared.messaging.unit import Units
from shared.runtime import House

SWEEPS = (trials.go_on, hooks.call, keeping.forget_verdicts, telling.tell)


def assemble(house: House) -> Assembly:
    """Wire the service."""
    private = house.settings.private_webhooks
    return Assembly(
        triggers,
        {
            telling.Links: telling.Links(house.settings.public_url),
            Units: house.units("triggers"),
            BlobStore: house.blobs,
            hooks.Hooks: hooks.Hooks(house.keys.opener("webhook"), private=private),
        },
    )
