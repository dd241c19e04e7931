"""Every code of Graph, Entra and our own sign-in: what it means to us, and what a person can do."""

from dataclasses import dataclass
from enum import Enum, auto


class Meaning(Enum):
    """What we make of a code, whatever the status is that it came with."""

    LATER = auto()
    LIMIT = auto()
    ANEW = auto()
    SIGN_IN = auto()
    GONE = auto()
    REFUSED = auto()
    SENDER = auto()
    """Refused, because of the author in From."""
    SLOWLY = auto()
    """Refused, but Microsoft may repair it within hours: asked again seldom."""


@dataclass(frozen=True)
class Known:
    meaning: Meaning
    remedy: str


def known(code: str) -> Known | None:
    """What we know of a code, however it is spelt."""
    return _TABLE.get(code.lower())


def remedy(code: str) -> str | None:
    """What a person can do about a code; None for one that nobody has explained yet."""
    found = known(code)
    return None if found is None else found.remedy


_WAIT = "Nothing to do: Postroom waits and goes on by itself. If it lasts, see Microsoft's service health."
_SLOWER = "Nothing to do: Postroom slows down. If it lasts, see who else uses the app here."
_RESYNC = "Nothing to do: the folder is listed anew, and mail that is here already is not taken twice."
_BUG = "Microsoft refuses how it was asked. Report it with code and request-id."
_NO_MAILBOX = (
    "Check the address, and that the mailbox has a licence or is shared, in Exchange Online. A"
    " new one takes up to a day; Postroom looks again every quarter of an hour."
)
_GRANT = (
    "Grant the app Mail.ReadWrite and Mail.Send with admin consent, or Exchange's roles of these names"
    " over this mailbox, and see that no access policy excludes it. New grants take 30 minutes to 2 hours."
)
_RENEWED = "Make a new client secret in Entra and enter its value, not its id, on the mailbox's page."
_CERTIFICATE = (
    "Upload the certificate to the app in Entra, and enter it with its private key on the mailbox's page."
)
_FEDERATED = (
    "Compare issuer, subject and audience of the app's federated credential with those of the token file."
)
_TENANT = "Check the directory (tenant) ID and the cloud on the mailbox's page."
_APP = "Check the application (client) ID, and that the app is registered in this tenant and not disabled."
_POLICY = "A Conditional Access policy for workload identities blocks the app: let this server's address in."
_NETWORK = "Check that this server reaches the address over HTTPS: firewall, proxy, DNS and clock."

_ROWS: dict[Meaning, dict[str, str]] = {
    Meaning.LATER: {
        "ServiceUnavailable": _WAIT,
        "ServiceNotAvailable": _WAIT,
        "UnknownError": _WAIT,
        "generalException": _WAIT,
        "InternalServerError": _WAIT,
        "ErrorInternalServerError": _WAIT,
        "ErrorInternalServerTransientError": _WAIT,
        "ErrorTimeoutExpired": _WAIT,
        "ErrorMailboxStoreUnavailable": _WAIT,
        "ErrorMailboxMoveInProgress": _WAIT,
        "ErrorConnectionFailed": _WAIT,
        "ErrorIrresolvableConflict": _WAIT,
        "ErrorBatchProcessingStopped": _WAIT,
        "network": _NETWORK,
        "token_endpoint": _NETWORK,
        "bad_answer": "Something else answers in Microsoft's place: check proxy and gateway.",
        "watchdog": _WAIT,
        "upload_range": _WAIT,
        "endless_listing": "Graph's listing has no end. If it stays, report it to Microsoft.",
        "identity_endpoint": "Check that this machine has a managed identity that can be reached.",
        "in_outbox": "Nothing to do: Exchange has the mail and sends it. If it stays, look into the Outbox.",
    },
    Meaning.LIMIT: {
        "ApplicationThrottled": _SLOWER,
        "TooManyRequests": _SLOWER,
        "activityLimitReached": _SLOWER,
        "ErrorServerBusy": _SLOWER,
        "ErrorTooManyObjectsOpened": _SLOWER,
        "ErrorExceededConnectionCount": _SLOWER,
        "ErrorExceededMessageLimit": "The mailbox sent all that Exchange allows in a day; the rest waits.",
        "ErrorSubmissionQuotaExceeded": "The mailbox sent all that Exchange allows; the rest waits.",
        "limit": _SLOWER,
    },
    Meaning.ANEW: {
        "SyncStateNotFound": _RESYNC,
        "SyncStateInvalid": _RESYNC,
        "resyncRequired": _RESYNC,
    },
    Meaning.GONE: {
        "ErrorItemNotFound": "Nothing to do: somebody moved or deleted the mail before it was read.",
    },
    Meaning.SIGN_IN: {
        "InvalidAuthenticationToken": "Check this server's clock, the tenant and the cloud.",
        "no_secret": "Enter the client secret on the mailbox's page.",
        "no_certificate": _CERTIFICATE,
        "certificate": "Enter the certificate and its private key anew on the mailbox's page.",
        "token_file": "Name a token file that ingest and mailer can read in AZURE_FEDERATED_TOKEN_FILE.",
        "identity_not_lent": "Name the tenant in POSTROOM_GRAPH_IDENTITY_TENANTS of ingest and mailer, or"
        " choose a secret or certificate.",
        "identity_refused": "Check that this machine has the managed identity, and its id on the page.",
        "insufficient_claims": "Graph wants a token that Entra does not give: see Conditional Access for"
        " workload identities, and the app's sign-in log in Entra.",
        "AADSTS7000222": f"The client secret has expired. {_RENEWED}",
        "AADSTS7000215": f"The client secret is wrong. {_RENEWED}",
        "AADSTS7000218": _RENEWED,
        "AADSTS700021": _APP,
        "AADSTS700023": _BUG,
        "AADSTS700027": f"Entra does not know the certificate, or it has expired. {_CERTIFICATE}",
        "AADSTS700030": f"Entra calls the certificate invalid. {_CERTIFICATE}",
        "AADSTS700024": "The proof is not valid now: check this server's clock, and the token file.",
        "AADSTS50027": "The token file does not hold a valid token: check who writes it.",
        "AADSTS50013": _FEDERATED,
        "AADSTS70021": _FEDERATED,
        "AADSTS700211": _FEDERATED,
        "AADSTS700212": _FEDERATED,
        "AADSTS700213": _FEDERATED,
        "AADSTS7002137": _FEDERATED,
        "AADSTS7002138": f"Upper and lower case differ. {_FEDERATED}",
        "AADSTS700016": _APP,
        "AADSTS7000112": _APP,
        "AADSTS7000229": _APP,
        "AADSTS90002": _TENANT,
        "AADSTS900023": _TENANT,
        "AADSTS500011": _TENANT,
        "AADSTS50049": _TENANT,
        "invalid_authority": _TENANT,
        "AADSTS53003": _POLICY,
        "AADSTS530035": _POLICY,
        "AADSTS1002012": _BUG,
        "AADSTS70003": _BUG,
        "AADSTS50196": "Entra was asked in a loop: leave it for ten minutes, then see who else uses the app.",
    },
    Meaning.SLOWLY: {
        "MailboxNotEnabledForRESTAPI": _NO_MAILBOX,
        "MailboxNotSupportedForRESTAPI": _NO_MAILBOX,
        "ResourceNotFound": _NO_MAILBOX,
        "ErrorNonExistentMailbox": _NO_MAILBOX,
    },
    Meaning.SENDER: {
        "ErrorSendAsDenied": "Allow it to send as this author (Add-RecipientPermission), or as itself.",
    },
    Meaning.REFUSED: {
        "ErrorInvalidUser": "Check the mailbox's address: this tenant has no such user.",
        "Request_ResourceNotFound": "Check the mailbox's address: this tenant has no such user.",
        "ErrorAccessDenied": _GRANT,
        "Authorization_RequestDenied": _GRANT,
        "accessDenied": _GRANT,
        "ErrorAccountDisabled": "Exchange has closed this mailbox: enable it, or lift the block.",
        "ErrorQuotaExceeded": "The mailbox is full: empty it, or give it more room.",
        "ErrorFolderNotFound": "Choose the folder anew on the mailbox's page.",
        "folder_not_found": "Choose the folder anew on the mailbox's page.",
        "ErrorInvalidIdMalformed": "Choose the folder anew on the mailbox's page.",
        "ErrorInvalidMailboxItemId": "The mail is of another mailbox: check the address, and list it anew.",
        "ErrorMessageSizeExceeded": "Send the files as links, or let Exchange send larger mail (Set-Mailbox"
        " -MaxSendSize).",
        "ErrorInvalidRecipients": "Correct the recipients of the mail, and send it again.",
        "ErrorMessageSubmissionBlocked": "Exchange blocks it from sending: release it in Microsoft Defender.",
        "InefficientFilter": _BUG,
        "ErrorRestrictionTooComplex": _BUG,
        "ErrorInvalidUrlQuery": _BUG,
        "InvalidInternetMessageHeader": _BUG,
        "InvalidInternetMessageHeaderCollection": _BUG,
        "RequestEntityTooLarge": _BUG,
        "RequestBodyRead": _BUG,
        "UnableToDeserializePostBody": _BUG,
        "RequestBroker--ParseUri": _BUG,
        "Request_BadRequest": _BUG,
        "ErrorInvalidUrlQueryFilter": _BUG,
        "ErrorInvalidUrlQueryOrderBy": _BUG,
        "ErrorInvalidArgument": _BUG,
        "ErrorInvalidPropertySet": _BUG,
        "ErrorMimeContentInvalidBase64String": _BUG,
        "ErrorMimeContentInvalid": _BUG,
        "ErrorContentConversionFailed": _BUG,
        "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize": _BUG,
        "BadRequest": _BUG,
        "ErrorInvalidRequest": _BUG,
        "foreign_link": "Check the Graph address: a proxy or gateway rewrites Microsoft's links.",
        "ca_file": "Name a readable PEM file with certificates in POSTROOM_GRAPH_CA_FILE, or leave it out.",
    },
}
_TABLE = {
    code.lower(): Known(meaning, text) for meaning, rows in _ROWS.items() for code, text in rows.items()
}
