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
    "Köszönöm szépen!",
    "Mulțumesc mult, o zi bună!",
    "Ďakujem, už to funguje.",
    "Дякую за допомогу!",
    "Hvala lijepa, sada radi.",
    "Suur aitäh!",
    "Καλημέρα, ευχαριστώ πολύ!",
    "감사합니다.",
    "Xin chào, cảm ơn nhiều!",
    "תודה רבה!",
    "شكراً جزيلاً، مع تحياتي",
    "Moltes gràcies, ara funciona.",
    "Благодаря, вече работи!",
    "Hvala za pomoč, lep dan",
    "Labai ačiū!",
    "Liels paldies!",
    "Terima kasih banyak",
    "Valeu, deu certo!",
)
MORE = (
    "Thanks, but it still fails",
    "Thanks. Not working",
    "Thanks\nBroken",
    "Thanks?",
    "Ευχαριστώ;",
    "Ευχαριστώ\u037e",
    "شكرا؟",
    "Hvala, ne radi",
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
