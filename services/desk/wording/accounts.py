"""Roles, changes of users and acts of the audit log, in the words of the pages."""

from collections.abc import Mapping

from services.desk.configuration.auditing import Act
from services.desk.languages import gettext, later
from services.desk.queries.accounts import UserChange
from services.desk.wording.makers import maker

ROLE_WORDS: Mapping[str, tuple[str, str]] = {
    "reader": (later("Reader"), later("Reads all that they may see, and changes nothing.")),
    "agent": (later("Agent"), later("Answers tickets of their departments, and of those without members.")),
    "admin": (later("Administrator"), later("Sees every ticket, and sets everything of this organisation.")),
    "operator": (later("Operator"), later("An administrator who looks after the installation as well.")),
}

ACTS: Mapping[Act, str] = {
    Act.SIGNED_IN: later("Signed in"),
    Act.FAILED: later("Sign-in refused"),
    Act.SIGNED_OUT: later("Signed out"),
    Act.SESSIONS_ENDED: later("Signed out elsewhere"),
    Act.USER_ADDED: later("User added"),
    Act.USER_CHANGED: later("User changed"),
    Act.ROLE_CHANGED: later("Role changed"),
    Act.USER_ARCHIVED: later("User archived"),
    Act.USER_RESTORED: later("User taken out of the archive"),
    Act.PASSWORD_SET: later("Password set for them"),
    Act.PASSWORD_CHANGED: later("Password changed"),
    Act.FACTOR_ON: later("Second factor set up"),
    Act.FACTOR_OFF: later("Second factor removed"),
    Act.RECOVERY_MADE: later("Recovery codes made"),
    Act.RECOVERY_USED: later("Recovery code used"),
    Act.SIGN_IN_SET: later("Sign-in settings changed"),
    Act.IMAGES_SHOWN: later("Images of a sender shown always"),
    Act.IMAGES_ASKED: later("Images of a sender asked for again"),
    Act.TOKEN_MADE: later("Token made"),
    Act.TOKEN_REVOKED: later("Token revoked"),
}

GROUPS: Mapping[str, tuple[str, tuple[Act, ...]]] = {
    "sign-in": (later("Sign-ins"), (Act.SIGNED_IN, Act.FAILED, Act.SIGNED_OUT, Act.SESSIONS_ENDED)),
    "refused": (later("Refused sign-ins"), (Act.FAILED,)),
    "password": (later("Passwords"), (Act.PASSWORD_SET, Act.PASSWORD_CHANGED)),
    "factor": (
        later("Second factors"),
        (Act.FACTOR_ON, Act.FACTOR_OFF, Act.RECOVERY_MADE, Act.RECOVERY_USED),
    ),
    "settings": (later("Sign-in settings"), (Act.SIGN_IN_SET,)),
    "images": (later("Remote images"), (Act.IMAGES_SHOWN, Act.IMAGES_ASKED)),
    "token": (later("Tokens"), (Act.TOKEN_MADE, Act.TOKEN_REVOKED)),
    "user": (
        later("Users and roles"),
        (Act.USER_ADDED, Act.USER_CHANGED, Act.ROLE_CHANGED, Act.USER_ARCHIVED, Act.USER_RESTORED),
    ),
}
"""What the page can be narrowed to."""


def act_word(act: str) -> str:
    return gettext(ACTS.get(Act(act), act)) if act in set(Act) else act


def role_word(role: object) -> str:
    return gettext(ROLE_WORDS.get(str(role), (str(role), ""))[0])


CHANGES: Mapping[tuple[str, bool], str] = {
    ("added", True): later("%(who)s added them"),
    ("password", True): later("%(who)s set a password for them"),
    ("second_factor", True): later("%(who)s removed their second factor"),
    ("archived", True): later("%(who)s put them into the archive"),
    ("archived", False): later("%(who)s took them out of the archive"),
    ("role", True): later("%(who)s changed their role: %(old)s → %(new)s"),
    ("may_send_as", True): later("%(who)s let them send as their own address"),
    ("may_send_as", False): later("%(who)s let them send as themselves no more"),
    ("member", True): later("%(who)s let them into %(department)s"),
    ("member", False): later("%(who)s let them out of %(department)s"),
}
"""By what was changed, and whether it is so now."""

ALWAYS = ("added", "password", "second_factor", "role")


def change_in_words(change: UserChange) -> str:
    """Say who changed what of a user."""
    word = role_word if change.field == "role" else str
    text = CHANGES.get((change.field, change.field in ALWAYS or bool(change.new)))
    return gettext(
        text or later("%(who)s changed the %(field)s from %(old)s to %(new)s"),
        who=maker(change.changed_by),
        field=gettext(FIELDS.get(change.field, change.field)),
        old=word(change.old),
        new=word(change.new),
        department=change.department or gettext("a department"),
    )


FIELDS: Mapping[str, str] = {"name": later("name"), "address": later("address")}

FACTS = {
    "how": later("by"),
    "role": later("role"),
    "old": later("before"),
    "new": later("now"),
    "fields": later("what"),
    "token": later("token"),
    "scope": later("scope"),
    "why": later("why"),
    "ticket": later("ticket"),
    "ended": later("ended sessions"),
}
WAYS = {
    "password": later("password"),
    "provider": later("provider"),
    "first run": later("first run"),
    "code": later("code of an app"),
    "recovery": later("recovery code"),
    "new second factor": later("new second factor"),
    "read": later("reads"),
    "write": later("writes"),
    "admin": later("administers"),
    "name": later("name"),
    "address": later("address"),
}


def fact_name(name: str) -> str:
    return gettext(FACTS.get(name, "")) or name


def fact_value(name: str, value: str) -> str:
    """Say what an act keeps: a role, how somebody signed in, which fields were changed."""
    match name:
        case "role" | "old" | "new":
            return role_word(value)
        case "how":
            return " + ".join(_way(part) for part in value.split(" and "))
        case "scope" | "fields" | "why":
            return ", ".join(_way(part) for part in value.split(", "))
        case _:
            return value


def _way(part: str) -> str:
    return gettext(WAYS.get(part, "")) or part
