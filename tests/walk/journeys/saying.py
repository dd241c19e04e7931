"""English that stands on a page for somebody who reads another language."""

import re
from collections.abc import Iterator
from functools import cache

from selectolax.lexbor import LexborHTMLParser

from postroom.translating import kept

GAP = re.compile(r"%\([a-z_]+\)[sd]")
TAG = re.compile(r"<[^<>]+>")
SPOKEN = ("title", "aria-label", "placeholder", "alt")
OF_OTHERS = (
    "script, style, code, kbd, pre, textarea, iframe, .prose, .preview, .first-words, .subject"
    ", .findings, .way h2, option:not([value])"
)
"""Where nothing is said by the desk: what people wrote, commands, values, what services found."""

FEWEST_WORDS = 2
"""Of a text with gaps or tags: what is shorter says nothing by itself."""


def english_on(html: str, language: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return the texts of a page that the catalogue has, and says otherwise in this language."""
    whole, patterns = _known(language)
    return sorted(
        {
            text
            for text in texts_of(html)
            if text not in allowed and (text in whole or any(one.fullmatch(text) for one in patterns))
        }
    )


def texts_of(html: str) -> Iterator[str]:
    """What a page says: the words between its tags, and what its controls are called."""
    tree = LexborHTMLParser(html)
    for node in tree.css(OF_OTHERS):
        node.decompose()
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag == "-text":
            if text := _plain(node.text()):
                yield text
        else:
            yield from filter(None, (_plain(node.attributes.get(name) or "") for name in SPOKEN))


@cache
def _known(language: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    whole: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for message in kept(language):
        texts = message.id if isinstance(message.id, tuple | list) else (message.id,)
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for text in texts:
            if text in said:
                continue
            for part in TAG.split(text):
                if not GAP.search(part) and part == text:
                    whole.add(_plain(part))
                elif len(re.findall(r"[A-Za-z]{2,}", GAP.sub("", part))) >= FEWEST_WORDS and " " in part:
                    patterns.append(re.compile(".+".join(map(re.escape, GAP.split(_plain(part))))))
    ours = {_plain(str(one)) for message in kept(language) for one in _said(message.string)}
    return frozenset(whole - ours), tuple(patterns)


def _said(texts: object) -> tuple[object, ...]:
    return tuple(texts) if isinstance(texts, tuple | list) else (texts,)


def _plain(text: str) -> str:
    return " ".join(text.replace("%%", "%").replace("&quot;", '"').split())
