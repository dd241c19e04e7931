"""How large the tests are that could be of any size: smaller with every change, whole with `make soak`."""

import os

WHOLE = os.environ.get("POSTROOM_TEST_SIZE") == "whole"


def sized(whole: int, usual: int) -> int:
    return whole if WHOLE else usual
