"""The dialog of "?" tells every key that a script hears, and no other."""

import re
from itertools import chain

from services.desk.keys import ALL
from services.desk.rendering import STATIC

SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
TABLES = re.compile(r"(?:const acts =|return) \{(?:\n| \.\.\.moving).*?\n  \};?\n", re.DOTALL)
ENTRY = re.compile(r'^    (?:"([^"]+)"|(\w+)): ', re.MULTILINE)
COMPARED = re.compile(r'event\.key(?:\.toLowerCase\(\))? === "([^"]+)"')
PLACES = re.compile(r'\b([a-z]): "/')
WIDGETS = {"Enter", "Escape", "ArrowDown", "ArrowUp", "Home", "End", "Backspace"}
"""Keys that menus, lists and fields have by the patterns of ARIA, wherever they stand."""
TYPED = {"/", "@"}
"""Characters that are read from the words, where one types."""


def heard() -> set[str]:
    of_pages = chain(
        *(TABLES.findall(SCRIPTS[name]) for name in ("keys.js", "list.js", "bulk.js", "fields.js"))
    )
    names = {quoted or plain for table in of_pages for quoted, plain in ENTRY.findall(table)}
    places = SCRIPTS["palette.js"].partition("const PLACES")[2].partition("};")[0]
    compared = set(chain(*(COMPARED.findall(script) for script in SCRIPTS.values())))
    return names | compared | set(PLACES.findall(places))


def told() -> set[str]:
    return {name.rpartition(" ")[2] or name for part in ALL for key in part.these for name in key.names}


def test_every_key_of_the_scripts_is_in_the_dialog() -> None:
    assert heard() - told() - WIDGETS == set()


def test_every_key_of_the_dialog_is_heard_by_a_script() -> None:
    assert told() - heard() - TYPED == set()


def test_what_was_missing_is_there() -> None:
    shown = {key.shown for part in ALL for key in part.these}
    assert {"Shift R", "W", "Ctrl Shift Enter", "Ctrl Shift P"} <= shown


def test_no_place_tells_a_key_twice() -> None:
    for part in ALL:
        names = [name for key in part.these for name in key.names if key.shown[:1] != "G"]
        assert len(names) == len(set(names))
