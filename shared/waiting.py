"""Waiting for an event, but no longer than told."""

import asyncio


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Wait until the event is set, and say so, or until the time is over. Unlike `asyncio.wait_for` of
    Python 3.11 it swallows no cancellation that comes together with the event."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
