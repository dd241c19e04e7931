"""What is left out of HTML before a tree is built of it."""

from services.parser.taming import MAX_DEPTH, MAX_TAGS, tame


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
