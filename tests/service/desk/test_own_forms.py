"""Forms that the model of a plug-in makes."""

from tests.service.desk.conftest import Browser


async def test_choices_of_a_provider_are_a_list(eva: Browser) -> None:
    page = (await eva.get("/mailboxes/new?provider=graph")).text
    assert '<option value="us-gov">US government</option>' in page
    assert "Directory (tenant) ID" in page


async def test_a_recipient_is_one_of_a_list_and_an_address_is_typed(eva: Browser) -> None:
    page = (await eva.get("/settings/triggers/new?action=send_email")).text
    assert (
        '<select name="own.recipient"><option value="contact" selected>The contact of the ticket</option>'
        in page
    )
    assert '<input name="own.address"' in page
    assert (
        '<select name="own.signature"><option value="customers" selected>Below mail to customers</option>'
        in page
    )
