"""What a person can do about each code of this provider."""

from types import MappingProxyType

_RIGHTS = "Give the user that Postroom runs as the right to read and write this folder and those in it."
_SERVERS = "The operator names the mail servers in POSTROOM_MAILDIR_SMTP, such as starttls://HOST:587."
_SIGN_IN = "Enter the user name and the password of the mail server on the mailbox's page."
_LINK = "Put the folder itself there: below the root no symbolic link is followed."

REMEDIES = MappingProxyType(
    {
        "maildir_root": "Set POSTROOM_MAILDIR_ROOT for ingest and mailer, and start them again.",
        "folder_not_found": "Make the folder (docs/operations.md, Without Microsoft 365), or name another one"
        " on the mailbox's page. Capitals matter.",
        "not_permitted": _RIGHTS,
        "symlink": _LINK,
        "name_taken": "Two files share one name: rename one of them.",
        "no_room": "Make room on the disk.",
        "smtp_servers": _SERVERS,
        "smtp_server": f"Choose one that may be used. {_SERVERS}",
        "smtp_auth": f"The mail server refuses the sign-in. {_SIGN_IN}",
        "no_secret": _SIGN_IN,
        "ca_file": "Name a readable PEM file in POSTROOM_MAILDIR_SMTP_CA_FILE, or leave it out.",
        "tls": "Let the server have a certificate for this very name, and name its authority in"
        " POSTROOM_MAILDIR_SMTP_CA_FILE when it is one of your own.",
        "network": "Check that the mail server runs, and that this machine reaches it.",
        "smtp_cannot": "Choose TLS, STARTTLS and sign-in as the mail server offers them.",
        "watchdog": "See whether the file system or the mail server hangs.",
    }
)


def remedy(code: str | None) -> str | None:
    found = REMEDIES.get(code or "")
    if found is None and (code or "").startswith("smtp_"):
        return "See the mail server's own log: it says why it refuses this."
    return found
