"""When the secret of a mailbox ends, in a sentence."""

from datetime import datetime, timedelta

from services.desk.languages import gettext
from services.desk.wording.amounts import counted


def ending_in_words(ends: datetime, now: datetime, *, certificate: bool) -> str:
    day, days = f"{ends:%Y-%m-%d}", (ends - now) // timedelta(days=1)
    if certificate:
        if ends <= now:
            return gettext("The certificate expired on %(day)s.", day=day)
        if not days:
            return gettext("The certificate expires within a day, on %(day)s.", day=day)
        return counted(
            days,
            "The certificate expires in %(count)s day, on %(day)s.",
            "The certificate expires in %(count)s days, on %(day)s.",
            day=day,
        )
    if ends <= now:
        return gettext("The secret expired on %(day)s.", day=day)
    if not days:
        return gettext("The secret expires within a day, on %(day)s.", day=day)
    return counted(
        days,
        "The secret expires in %(count)s day, on %(day)s.",
        "The secret expires in %(count)s days, on %(day)s.",
        day=day,
    )
