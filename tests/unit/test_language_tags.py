"""Tags of languages: how they are written, and which text fits a person."""

import pytest

from shared.contracts.languages import best_language, language_tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("de", "de"),
        (" DE-at ", "de-AT"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("de-1996", "de-1996"),
        ("", None),
        ("d", None),
        ("de-", None),
        ("de, en", None),
        ("deutsch, bitte", None),
        ("de-" + "a" * 40, None),
        ("дe", None),
    ],
)
def test_a_tag_is_written_by_custom_or_is_none(text: str, tag: str | None) -> None:
    assert language_tag(text) == tag


@pytest.mark.parametrize(
    ("wanted", "there", "best"),
    [
        ("de-AT", ("de", "de-AT"), "de-AT"),
        ("de-AT", ("de", "en"), "de"),
        ("zh-Hant-TW", ("zh", "zh-Hant"), "zh-Hant"),
        ("de", ("de-AT",), None),
        ("", ("de",), None),
        ("fr", (), None),
    ],
)
def test_the_nearest_language_is_the_best(wanted: str, there: tuple[str, ...], best: str | None) -> None:
    assert best_language(wanted, there) == best
