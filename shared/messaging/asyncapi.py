"""The messages as an AsyncAPI 3.0 document; `python -m shared.messaging.asyncapi` writes it to docs."""

import json
from pathlib import Path

from pydantic import JsonValue

from shared.contracts.base import Message
from shared.contracts.freezing import every_contract, schema_of
from shared.messaging.topology import EXCHANGE, queue_name

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def document() -> dict[str, JsonValue]:
    """Describe the exchange, a queue for each who hears, and the schema of every message."""
    contracts = every_contract()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Postroom", "version": "1", "description": "Messages between Postroom's services."},
        "channels": {EXCHANGE: _exchange(contracts)} | _queues(contracts),
        "operations": _operations(contracts),
        "components": {"messages": {name: _message(contract) for name, contract in contracts.items()}},
    }


def written() -> str:
    """Return the document as its file holds it."""
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


def _exchange(contracts: dict[str, type[Message]]) -> JsonValue:
    return {
        "address": EXCHANGE,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in contracts},
        "bindings": {
            "amqp": {"is": "routingKey", "exchange": {"name": EXCHANGE, "type": "topic", "durable": True}}
        },
    }


def _queues(contracts: dict[str, type[Message]]) -> dict[str, JsonValue]:
    return {
        queue_name(service, contract): {
            "address": queue_name(service, contract),
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "amqp": {"is": "queue", "queue": {"name": queue_name(service, contract), "durable": True}}
            },
        }
        for name, contract in contracts.items()
        for service in contract.heard_by
    }


def _operations(contracts: dict[str, type[Message]]) -> dict[str, JsonValue]:
    return {
        f"{service} hears {name}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{queue_name(service, contract)}"},
            "messages": [{"$ref": f"#/channels/{queue_name(service, contract)}/messages/{name}"}],
        }
        for name, contract in contracts.items()
        for service in contract.heard_by
    }


def _message(contract: type[Message]) -> JsonValue:
    return {
        "name": contract.name,
        "title": contract.__name__,
        "summary": (contract.__doc__ or contract.__name__).strip().splitlines()[0],
        "contentType": "application/json",
        "payload": schema_of(contract),
    }


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
