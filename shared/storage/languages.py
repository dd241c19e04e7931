"""Which language a text is in, by its commonest words, and the name the server's dictionaries have for it."""

from collections.abc import Sequence

STEMMERS = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
    "da": "danish",
    "no": "norwegian",
    "fi": "finnish",
    "ru": "russian",
}
"""Languages whose inflected words are found by each other."""

COMMON = {
    "en": "the and to of is you for that have with this it not are we please",
    "de": "der die und das ist nicht ich sie mit wir ein eine zu den auf bitte",
    "fr": "le la les et des est pas vous nous pour une que dans je avec merci",
    "es": "el los las es no por para una con que del su se como gracias y",
    "it": "il di che non per una sono con del gli della ho grazie vi le e",
    "nl": "de het een en van niet ik is dat wij voor met op zijn te u",
    "pt": "o os nao uma para com que por em do da voce obrigado sao um e",
    "sv": "och att det som en inte jag ar pa for med har vi till av den",
    "da": "og at det er en ikke jeg pa for med har vi til af den der",
    "no": "og at det er en ikke jeg pa for med har vi til av den som",
    "fi": "ja on ei se etta olen mutta kun han ole kiitos voi tai niin mita hei",
    "ru": "и в не на что я он как это по но вы за мы",
}
"""Folded as search folds them."""

_WORDS = {language: frozenset(words.split()) for language, words in COMMON.items()}
LOOKED_AT = 400
FEWEST = 2


def stemmer_for(declared: str | None, words: Sequence[str]) -> str | None:
    """Name the dictionary for a text; None when nothing tells its language."""
    told = STEMMERS.get((declared or "").partition("-")[0].lower())
    if told:
        return told
    seen = words[:LOOKED_AT]
    hits = {language: sum(word in common for word in seen) for language, common in _WORDS.items()}
    best = max(hits, key=lambda language: hits[language])
    return STEMMERS[best] if hits[best] >= FEWEST else None
