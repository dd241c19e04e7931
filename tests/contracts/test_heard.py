"""Every contract is heard by those it names, and by nobody else."""

import importlib

import pytest

from shared.contracts.freezing import every_contract
from shared.messaging.topology import Service

NAMES = ("ingest", "parser", "ticketing", "triggers", "mailer")
# what a process runs: it imports all that hears
RUNNING = [importlib.import_module(f"services.{name}.app") for name in NAMES]
HEARING = {name: getattr(importlib.import_module(f"services.{name}.handlers"), name) for name in NAMES}


@pytest.mark.parametrize("name", HEARING)
def test_a_service_hears_exactly_the_contracts_that_name_it(name: str) -> None:
    service = HEARING[name]
    assert isinstance(service, Service)
    named = {contract for contract in every_contract().values() if name in contract.heard_by}
    assert set(service.handlers) == named


def test_no_contract_names_a_service_that_does_not_exist() -> None:
    named = {service for contract in every_contract().values() for service in contract.heard_by}
    assert named == set(HEARING)
