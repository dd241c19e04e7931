"""One application for all tests of a process, each with a desk of its own: its routes are made at the first
request, and that takes longer than most tests."""

from fastapi import FastAPI

from services.desk.app import make_app
from services.desk.desk import Desk

_made: list[FastAPI] = []


def app_of(desk: Desk) -> FastAPI:
    """The application, now with this desk: the one of the test before is over."""
    if not _made:
        _made.append(make_app(desk))
    _made[0].state.desk = desk
    return _made[0]
