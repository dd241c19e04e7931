"""The published description of the messages is that of the code."""

import json

from shared.messaging.asyncapi import DOCUMENT, written


def test_the_committed_document_is_current() -> None:
    assert DOCUMENT.read_text() == written(), "run python -m shared.messaging.asyncapi"


def test_every_reference_leads_somewhere() -> None:
    whole = json.loads(written())
    for channel in whole["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].rpartition("/")[2] in whole["components"]["messages"]


def test_it_is_plain_json() -> None:
    assert json.loads(written())["asyncapi"] == "3.0.0"
