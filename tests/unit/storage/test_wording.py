"""Text becomes words alike on both sides, in every script, and never too many for one row."""

import pytest

from shared.storage.languages import stemmer_for
from shared.storage.wording import LARGEST_VECTOR, Part, lexeme, vector, with_addresses, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("The Printer is on FIRE!", ["the", "printer", "is", "on", "fire"], id="case"),
        pytest.param("Crème brûlée, Ångström", ["creme", "brulee", "angstrom"], id="accents"),
        pytest.param("Straße søk Łódź", ["strasse", "sok", "lodz"], id="letters that are not taken apart"),
        pytest.param("invoice_88-b.pdf", ["invoice", "88", "b", "pdf"], id="file name"),
        pytest.param("ann@acme.example", ["ann", "acme", "example"], id="address"),
        pytest.param("Мой ещё", ["мой", "еще"], id="cyrillic keeps its letters"),
        pytest.param("東京都", ["東京", "京都", "都"], id="han in pairs"),
        pytest.param("ABC東京", ["abc", "東京", "京"], id="scripts part"),
        pytest.param("프린터 고장", ["프린", "린터", "터", "고장", "장"], id="hangul in pairs"),
        pytest.param(
            "\N{FULLWIDTH LATIN CAPITAL LETTER F}\N{FULLWIDTH LATIN SMALL LETTER U}",
            ["fu"],
            id="wide letters",
        ),
        pytest.param("?! -- …", [], id="nothing"),
    ],
)
def test_text_is_cut_and_folded(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_lexeme_is_of_its_tenant() -> None:
    assert lexeme("a", "any", "word") != lexeme("b", "any", "word")
    assert vector("a", [Part("subject", "It's")], {}).count(":1") == 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(" ".join(f"word{number}" for number in range(100_000)), id="many words"),
        pytest.param("x" * 10_000_000, id="one word"),
        pytest.param(" ".join("𐍈" * 60 + str(number) for number in range(20_000)), id="wide words"),
        pytest.param("東京" * 200_000, id="no spaces"),
    ],
)
def test_a_huge_text_stays_small_enough_for_one_row(text: str) -> None:
    assert len(vector("a", [Part("any", text)], {}).encode()) < 2 * LARGEST_VECTOR


def test_addresses_are_kept_whole_and_by_each_domain() -> None:
    written = with_addresses("", "a", "sender", ["Ann@Mail.Acme.example"])
    for name in ("ann@mail.acme.example", "mail.acme.example", "acme.example"):
        assert f"a{name}'" in written


def test_a_language_is_declared_or_told_by_its_commonest_words() -> None:
    assert stemmer_for("de-AT", []) == "german"
    assert stemmer_for(None, words_of("Die Rechnungen sind nicht da, bitte senden Sie mir eine")) == "german"
    assert stemmer_for(None, words_of("We have not seen the invoices that you sent to us")) == "english"
    assert stemmer_for(None, words_of("4711")) is None
