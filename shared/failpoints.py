"""Named moments between two side effects, where a test can end the process as a power cut would.

`POSTROOM_CRASH_AT="mailer.dispatched:3"` kills the process with SIGKILL at the third time it passes there.
Without that variable a point costs one comparison.
"""

import os
import signal
from collections import Counter

_target, _, _nth = os.environ.get("POSTROOM_CRASH_AT", "").partition(":")
_passed: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Pass a named moment."""
    if _target != name:
        return
    _passed[name] += 1
    if _passed[name] == int(_nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
