"""What one mail may cost, and how a child process binds itself to that and to its parent's life."""

import ctypes
import os
import resource
import signal
import sys

BASE_SECONDS = 15.0
SECONDS_PER_MEGABYTE = 1.0

_PR_SET_PDEATHSIG = 1


def seconds_for(size: int) -> float:
    """The time limit for a mail of `size` bytes."""
    return BASE_SECONDS + SECONDS_PER_MEGABYTE * size / 1_000_000


def bind(memory_bytes: int, parent: int) -> None:
    """Called once in each child: a bound on its memory, no core dump (it would hold mail), and death when
    its parent dies, even of kill -9."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The terminal's Ctrl-C goes to the whole group; the parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the line above.
    if os.getppid() != parent:
        os._exit(1)
