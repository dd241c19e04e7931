"""A mail that says nothing but thank you, in the languages that we know; any more, and it is no such mail."""

import pytest

from services.parser.courtesy import only_thanks
from services.parser.vocabulary import vocabulary
from shared.contracts.mail import Address

ANN = Address(address="ann@firm.example", name="Ann Archer")
THANKS = (
    "Thanks",
    "Thank you very much, Eva!",
    "Hi Eva,\n\ngreat, thanks!",
    "Thanks, works now.\nAnn",
    "Perfect, thanks :)",
    "Vielen Dank, Frau Stein!\nJetzt funktioniert es.",
    "Merci beaucoup !",
    "Merci de votre aide. Bonne journée",
    "Bedankt voor de hulp!",
    "Muchas gracias.\nSaludos",
    "Grazie mille, buona giornata!",
    "Muito obrigada!",
    "Dziękuję bardzo, miłego dnia",
    "Tack så mycket!",
    "Tusind tak",
    "Tusen takk for hjelpen!",
    "Kiitos avusta!",
    "Děkuji moc, hezký den.",
    "Спасибо большое!",
    "Teşekkürler, iyi çalışmalar",  # noqa: RUF001 - Turkish
    "ありがとうございました。",
    "谢谢！",  # noqa: RUF001 - its own mark
)
MORE = (
    "Thanks, but it still fails",
    "Thanks. Not working",
    "Thanks\nBroken",
    "Thanks?",
    "Thank you! And the other lift?",
    "Danke. Kaputt",
    "Danke, Fehler 12",
    "Thanks for nothing",
    "Hello",
    "Ok",
    "",
    "Thanks " * 100,
)


@pytest.mark.parametrize("text", THANKS, ids=range(len(THANKS)))
def test_thanks_are_known(text: str) -> None:
    assert only_thanks(text, ANN, vocabulary())


@pytest.mark.parametrize("text", MORE, ids=range(len(MORE)))
def test_whoever_says_more_is_heard(text: str) -> None:
    assert not only_thanks(text, ANN, vocabulary())
