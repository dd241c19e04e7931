"""What is left out of HTML before a tree is built of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.parser.taming import MAX_DEPTH, MAX_IMAGES, MAX_TAGS, MAX_WRITTEN_LONGER, tame


def test_elements_that_are_nested_too_deep_are_left_out_and_their_text_stays() -> None:
    found = tame("<div>" * 10 * MAX_DEPTH + "word" + "</div>" * 10 * MAX_DEPTH)
    assert found.html.count("<div>") == MAX_DEPTH
    assert "word" in found.html
    assert found.simplified


def test_a_tag_with_quotes_that_is_left_out_shows_nothing_of_itself() -> None:
    found = tame("<div>" * MAX_DEPTH + '<div title="a>b">word')
    assert found.html.endswith('<embed title="a>b">word')


def test_what_is_behind_very_many_tags_is_kept_as_text() -> None:
    found = tame("<p>a</p>" * MAX_TAGS + "<p>word</p>")
    assert found.html.count("<") == MAX_TAGS
    assert "word" in found.rest


@pytest.mark.parametrize(
    "item",
    [
        "<p>word",
        "<ul><li><b>word</b><li>word</ul>",
        "<div><p>word</div>",
        "<table><tr><td>word<td><p>word</table>",
    ],
)
def test_items_that_end_where_the_next_begins_nest_in_nothing(item: str) -> None:
    found = tame(f"<div>{item * 2 * MAX_DEPTH}</div>")
    assert found.html.count("word") == (item * 2 * MAX_DEPTH).count("word")
    assert not found.simplified
    assert not found.rest


def test_formatting_that_nobody_closes_counts_in_every_block_that_it_is_made_anew_in() -> None:
    found = tame("".join(f"<font id={number}><p>word" for number in range(MAX_TAGS // 4)))
    assert found.rest.count("word") + found.html.count("word") == MAX_TAGS // 4
    assert elements(found.html) < 2 * MAX_TAGS


@pytest.mark.parametrize("char", ["&", "\u00a0", "< "])
def test_what_grows_as_html_is_kept_as_text_from_some_length_on(char: str) -> None:
    found = tame(f"<p>{char * 3 * MAX_WRITTEN_LONGER}</p>")
    assert found.html.count(char) <= MAX_WRITTEN_LONGER
    assert found.html.count(char) + found.rest.count(char) == 3 * MAX_WRITTEN_LONGER


def test_no_more_images_are_taken_out_of_html_than_anybody_looks_at() -> None:
    found = tame('<img src="data:image/png;base64,AAAA">' * 2 * MAX_IMAGES)
    assert len(found.images) == MAX_IMAGES
    assert found.html.count("cid:") == MAX_IMAGES


# fmt: off
TAGS = (
    "p", "li", "ul", "div", "b", "font", "a", "table", "tr", "td", "span", "dd", "dl", "br", "i", "option",
    "select", "form", "svg", "math", "marquee", "object", "section", "h1", "button", "template", "nobr",
    "caption",
)
# fmt: on


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([f"<{end}{name}>" for name in TAGS for end in ("", "/")]), max_size=25))
def test_no_tree_is_much_deeper_than_what_is_open(tags: list[str]) -> None:
    """However a stretch of tags goes on, repeated it comes to no tree that is too deep or too large."""
    html = tame("".join([*tags, "x"]) * (2 * MAX_DEPTH)).html
    assert depth(html) <= 4 * MAX_DEPTH
    assert elements(html) <= 4 * max(MAX_TAGS, html.count("<"))


def elements(html: str) -> int:
    return len(LexborHTMLParser(html).css("*"))


def depth(html: str) -> int:
    """Of the deepest element, walked without recursion."""
    deepest, level = 0, 0
    node: LexborNode | None = LexborHTMLParser(html).root
    while node is not None:
        deepest = max(deepest, level)
        if node.child is not None:
            node, level = node.child, level + 1
            continue
        while node is not None and node.next is None:
            node, level = node.parent, level - 1
        node = node.next if node is not None else None
    return deepest
