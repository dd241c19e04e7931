"""Files of tests have names of their own: pytest imports them by name, and refuses a second one."""

from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_files_of_tests_have_one_name() -> None:
    places = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        places[path.name].append(str(path.parent.relative_to(TESTS)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
