"""Signatures are set while everything runs: the next mail has them, once, and answers are cut above them."""

from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from pydantic import JsonValue

from sandbox.journal import SentMail
from services.mailer.forgetting import written_to
from shared.contracts.sending import Draft
from shared.storage.engine import in_tenant
from tests.installation import TENANT
from tests.walk.letters import ANN, answer, letter, read, text_of
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = "{{ agent.name }}\n{{ department.name | default('') }} for {{ contact.name }}"


def words(sent: SentMail) -> str:
    return text_of(sent.raw).replace("\r\n", "\n").rstrip()


def html_of(sent: SentMail) -> str:
    part = read(sent.raw).get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


async def replied(walk: Walk, mailbox: Mailbox, number: int, text: str = "We look into it.") -> SentMail:
    before = len(mailbox.sent())
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": text})
    return (await walk.left(mailbox, before + 1))[-1]


async def of_department(walk: Walk, key: str, **wanted: object) -> None:
    await walk.ask("PUT", f"/settings?department={key}", wanted)


@pytest.mark.option("signature")
async def test_replies_are_signed_by_the_department_else_by_the_tenant(walk: Walk) -> None:
    made = await walk.ask("POST", "/departments", {"key": "gardens", "name": "Gardens"})
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Weeds", sender=ANN)))
    assert words(await replied(walk, mailbox, number)) == "We look into it."
    await walk.options(signature=OURS)
    assert words(await replied(walk, mailbox, number)).endswith("\n\n-- \nEva Stein\n for Ann Archer")
    await walk.ask("PATCH", f"/tickets/{number}", {"department": made["id"]})
    assert words(await replied(walk, mailbox, number)).endswith("\n\n-- \nEva Stein\nGardens for Ann Archer")
    await of_department(walk, "gardens", signature="Yours, {{ department.name }}")
    first = await replied(walk, mailbox, number)
    assert words(first) == "We look into it.\n\n-- \nYours, Gardens"
    again = await replied(walk, mailbox, number, "Done.\n\n-- \nYours, Gardens")
    assert words(again).count("Yours, Gardens") == 1
    await of_department(walk, "gardens", signature="")
    assert words(await replied(walk, mailbox, number)) == "We look into it."
    shown = [post["text"] for post in await walk.timeline(number, "mail_out")]
    assert "We look into it.\n\n-- \nYours, Gardens" in shown
    history = await walk.listed("/settings/history?name=signature&department=gardens")
    assert [change["new"] for change in history] == ["", "Yours, {{ department.name }}"]
    await walk.options(signature="")


@pytest.mark.option("signature_html")
async def test_a_rich_signature_stands_in_the_html_and_as_text_in_the_text(walk: Walk) -> None:
    await walk.options(signature_html="<b>{{ agent.name }}</b>, <i>{{ contact.name }}</i>")
    mailbox = await walk.mailbox()
    roses = letter("Roses", sender='"<u>&" <una@firm.example>', to=mailbox.address)
    number = await walk.ticket_of(mailbox.receives(roses))
    sent = await replied(walk, mailbox, number, "1 < 2")
    assert words(sent) == "1 < 2\n\n-- \nEva Stein, <u>&"
    assert "<div>1 &lt; 2</div>\n<div>-- <br>\n<b>Eva Stein</b>, <i>&lt;u&gt;&amp;</i></div>" in html_of(sent)
    house = walk.installation.house
    async with in_tenant(house.engine("mailer"), TENANT) as db:
        known = await written_to(db, TENANT, "una@firm.example", ())
    drafts = [Draft.model_validate_json(await house.blobs.get(TENANT, blob)) for blob in known.bodies]
    assert sorted(draft.text for draft in drafts) == ["1 < 2", words(sent)]
    await walk.options(signature_html="")


@pytest.mark.option("signature")
async def test_an_answer_that_quotes_a_signed_mail_is_cut_with_its_signature(walk: Walk) -> None:
    await walk.options(signature="Best regards\n{{ agent.name }}\nTel. 1234")
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Hedges", sender=ANN)))
    sent = await replied(walk, mailbox, number)
    quoted = "\n".join(f"> {line}" for line in words(sent).split("\n"))
    told = f"Thank you very much.\n\nOn Monday, 2 March 2026 Support <a@b.example> wrote:\n{quoted}\n"
    assert await walk.ticket_of(mailbox.receives(answer(sent, told))) == number
    rich = EmailMessage()
    rich["From"], rich["To"], rich["Subject"] = ANN, mailbox.address, "Re: Hedges"
    rich["In-Reply-To"] = str(read(sent.raw)["Message-ID"])
    rich["Message-ID"] = make_msgid(domain="firm.example")
    rich.set_content("See the HTML.")
    rich.add_alternative(f"<p>Thank you indeed.</p><br>{html_of(sent)}", subtype="html")
    assert await walk.ticket_of(mailbox.receives(rich.as_bytes())) == number
    posts = (await walk.timeline(number, "mail_in"))[1:]
    assert [post["text"].strip() for post in posts] == ["Thank you very much.", "Thank you indeed."]
    assert all("Tel. 1234" in post["quoted"] for post in posts)
    await walk.options(signature="")


@pytest.mark.option("signature")
async def test_mail_by_triggers_is_signed_when_it_goes_to_customers_or_always_or_never(walk: Walk) -> None:
    await walk.options(signature="{% if agent.name %}A person{% else %}The team{% endif %}")
    subjects: dict[str, dict[str, JsonValue]] = {
        "Tulips": {"html": "<p>We have it.</p>"},
        "Lilies": {"body": "We have it.", "signature": "never"},
        "Daisies": {"body": "We have it.", "recipient": "address", "address": "boss@firm.example"},
        "Orchids": {
            "body": "We have it.",
            "recipient": "address",
            "address": "boss@firm.example",
            "signature": "always",
        },
    }
    mailbox = await walk.mailbox()
    for subject, params in subjects.items():
        only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
        when: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
        given: dict[str, JsonValue] = {"subject": subject, **params}
        await walk.installation.add_trigger(when, "send_email", given, only)
        await walk.ticket_of(mailbox.receives(letter(subject)))
    sent = {str(read(one.raw)["Subject"]).split()[0]: one for one in await walk.left(mailbox, 4)}
    bare, whole = "We have it.", "We have it.\n\n-- \nThe team"
    assert {name: words(one) for name, one in sent.items()} == {
        "Tulips": whole,
        "Lilies": bare,
        "Daisies": bare,
        "Orchids": whole,
    }
    assert "<p>We have it.</p>\n<div>-- <br>\nThe team</div>" in html_of(sent["Tulips"])
    await walk.options(signature="")
