"""Whether a provider that somebody wants can vouch for people: asked before it is kept."""

from services.desk.configuration.signins import SignInSettings
from services.desk.desk import Desk
from services.desk.languages import gettext
from services.desk.signin.published import Away, NoWord, why_no_issuer


async def wrong_with(desk: Desk, wanted: SignInSettings, now: SignInSettings) -> str:
    """Say what is wrong: a wrong provider would be met by whoever signs in next. One that is kept already is
    not asked again: it may be away while something else is set."""
    if not wanted.issuer:
        return gettext("Enter the issuer too, or neither.") if wanted.client_id else ""
    if not wanted.client_id:
        return gettext("Enter the client id too: the provider shows it where this desk is registered.")
    if why := why_no_issuer(wanted.issuer):
        return why
    if wanted.issuer == now.issuer:
        return ""
    try:
        await desk.published.metadata(wanted.issuer, desk.clock(), anew=True)
    except Away as error:
        return gettext("The provider does not answer: %(why)s.", why=error)
    except NoWord as error:
        return str(error)
    return ""
