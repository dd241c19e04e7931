"""Triggers: facts to commands."""

from services.triggers.handlers import triggers
from shared.messaging.dispatch import Assembly
from shared.messaging.unit import Units
from shared.runtime import House


def assemble(house: House) -> Assembly:
    """Wire the service."""
    return Assembly(triggers, {Units: house.units("triggers")})
