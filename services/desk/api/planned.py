"""The time of a planned mail, as programs name it."""

from datetime import datetime

from services.desk.composing.planning import NotAMoment, moment_to_come
from services.desk.errors import Invalid


def moment_named(send_at: datetime, zone: str, now: datetime) -> datetime:
    """Return when a mail is to leave.

    Raises:
        Invalid: no mail can be planned for that moment.
    """
    moment = moment_to_come(send_at, zone, now)
    if isinstance(moment, NotAMoment):
        raise Invalid(
            moment.why, remedy="Name another send_at, or send it now.", errors={"send_at": moment.why}
        )
    return moment
