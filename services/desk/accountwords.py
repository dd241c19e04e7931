"""Roles, changes of users and acts of the audit log, in the words of the pages."""

from collections.abc import Mapping

from services.desk.configuration.auditing import Act
from services.desk.queries.accounts import UserChange

ROLE_WORDS: Mapping[str, tuple[str, str]] = {
    "reader": ("Reader", "Reads all that they may see, and changes nothing."),
    "agent": ("Agent", "Answers tickets of their departments, and of those without members."),
    "admin": ("Administrator", "Sees every ticket, and sets everything of this organisation."),
    "operator": ("Operator", "An administrator who looks after the installation as well."),
}

ACTS: Mapping[Act, str] = {
    Act.SIGNED_IN: "Signed in",
    Act.FAILED: "Sign-in refused",
    Act.SIGNED_OUT: "Signed out",
    Act.SESSIONS_ENDED: "Signed out elsewhere",
    Act.USER_ADDED: "User added",
    Act.USER_CHANGED: "User changed",
    Act.ROLE_CHANGED: "Role changed",
    Act.USER_ARCHIVED: "User archived",
    Act.USER_RESTORED: "User taken out of the archive",
    Act.PASSWORD_SET: "Password set for them",
    Act.PASSWORD_CHANGED: "Password changed",
    Act.FACTOR_ON: "Second factor set up",
    Act.FACTOR_OFF: "Second factor removed",
    Act.RECOVERY_MADE: "Recovery codes made",
    Act.RECOVERY_USED: "Recovery code used",
    Act.SIGN_IN_SET: "Sign-in settings changed",
    Act.IMAGES_SHOWN: "Images of a sender shown always",
    Act.IMAGES_ASKED: "Images of a sender asked for again",
    Act.TOKEN_MADE: "Token made",
    Act.TOKEN_REVOKED: "Token revoked",
}

GROUPS: Mapping[str, tuple[str, tuple[Act, ...]]] = {
    "sign-in": ("Sign-ins", (Act.SIGNED_IN, Act.FAILED, Act.SIGNED_OUT, Act.SESSIONS_ENDED)),
    "refused": ("Refused sign-ins", (Act.FAILED,)),
    "password": ("Passwords", (Act.PASSWORD_SET, Act.PASSWORD_CHANGED)),
    "factor": (
        "Second factors",
        (Act.FACTOR_ON, Act.FACTOR_OFF, Act.RECOVERY_MADE, Act.RECOVERY_USED),
    ),
    "settings": ("Sign-in settings", (Act.SIGN_IN_SET,)),
    "images": ("Remote images", (Act.IMAGES_SHOWN, Act.IMAGES_ASKED)),
    "token": ("Tokens", (Act.TOKEN_MADE, Act.TOKEN_REVOKED)),
    "user": (
        "Users and roles",
        (Act.USER_ADDED, Act.USER_CHANGED, Act.ROLE_CHANGED, Act.USER_ARCHIVED, Act.USER_RESTORED),
    ),
}
"""What the page can be narrowed to."""


def act_word(act: str) -> str:
    return ACTS.get(Act(act), act) if act in set(Act) else act


def role_word(role: object) -> str:
    return ROLE_WORDS.get(str(role), (str(role), ""))[0]


def change_in_words(change: UserChange) -> str:
    """Continue a sentence that begins with who did it."""
    match change.field:
        case "added":
            return "added them"
        case "password":
            return "set a password for them"
        case "second_factor":
            return "removed their second factor"
        case "archived":
            return "put them into the archive" if change.new else "took them out of the archive"
        case "role":
            return f"made them {role_word(change.new).lower()}, who were {role_word(change.old).lower()}"
        case "may_send_as":
            return (
                "let them send as their own address" if change.new else "let them send as themselves no more"
            )
        case "member":
            return f"let them {'into' if change.new else 'out of'} {change.department or 'a department'}"
        case field:
            return f"changed the {field} from {change.old} to {change.new}"
