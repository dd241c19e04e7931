"""What the built-in plug-ins say, and what their choices mean: they know no language but English.

What another plug-in says is shown as it says it.
"""

from services.desk.languages import gettext, later

SAID = {
    later("Add an internal note"),
    later("Note"),
    later("A template with the facts of the ticket."),
    later("Name"),
    later("Add or remove tags"),
    later("Tags to add"),
    later("Separated by commas."),
    later("Tags to remove"),
    later("Assign the ticket"),
    later("To"),
    later("A user, nobody, or the members of the ticket's department in turn."),
    later("User"),
    later("The address or id of a user; only for 'user'."),
    later("Only when nobody is assigned"),
    later("Leave the ticket to whoever has it."),
    later("Change a field of the ticket"),
    later("Field"),
    later("Or 'fields.' and the key of a custom field."),
    later("New value"),
    later(
        "An id or nothing for department and assignee; a list, or text with commas, for tags; "
        "for a custom field a text that its type reads, or nothing to clear it; else text."
    ),
    later("Send an email"),
    later("Address"),
    later("Only for the recipient 'address'."),
    later("Custom field"),
    later("Only for 'field': the key of one that holds an address."),
    later("Cc"),
    later(
        "Separated by commas: contact, participants, assignee, department, an address, or "
        "'fields.' and the key of a custom field."
    ),
    later("Subject"),
    later("Text"),
    later("Left empty, it is made from the HTML."),
    later("HTML"),
    later("Facts are escaped in it; what a mail must not have is taken out."),
    later("Signature"),
    later("The department's: below mail to the contact or the participants, always, or never."),
    later("With attachments"),
    later("Of the mail that opened the ticket: files that are allowed as they are."),
    later("In other languages"),
    later("For contacts of that language: de-AT goes before de, and de before the words above."),
    later("Language"),
    later("None: the one above."),
    later("Call a webhook"),
    later("Where a POST request goes."),
    later("Secret"),
    later("whsec_ and the base64 of 24 to 64 bytes, by which the receiver knows what is ours."),
    later("Microsoft 365"),
    later("Reads and sends through Microsoft Graph, with the permission of an app of your own."),
    later("Client secret"),
    later("Directory (tenant) ID"),
    later("Application (client) ID"),
    later("Microsoft cloud"),
    later("Sign in with"),
    later("A folder of mail files"),
    later(
        "Reads a Maildir, or .eml files that are dropped into a folder; sends through a mail "
        "server, or writes what it sends as files."
    ),
    later("Password at the mail server"),
    later("Folder"),
    later("Below this tenant's part of POSTROOM_MAILDIR_ROOT."),
    later("Kind of folder"),
    later("maildir: with new, cur and tmp in it. eml: .eml files are dropped into it."),
    later("Mail leaves"),
    later("smtp: through a mail server. file: as .eml files in the folder for outgoing mail."),
    later("Folder for outgoing mail"),
    later("Inside the mailbox's own."),
    later("Mail server"),
    later("One of POSTROOM_MAILDIR_SMTP; empty: the first of them."),
    later("User at the mail server"),
    later("Empty: nobody signs in."),
}

CHOICES = {
    ("to", "user"): later("A certain user"),
    ("to", "nobody"): later("Nobody"),
    ("to", "in_turn"): later("Members of the department, in turn"),
    ("recipient", "contact"): later("The contact of the ticket"),
    ("recipient", "participants"): later("The contact and the participants"),
    ("recipient", "assignee"): later("Whoever is assigned"),
    ("recipient", "department"): later("The members of the department"),
    ("recipient", "address"): later("A certain address"),
    ("recipient", "field"): later("An address in a custom field"),
    ("signature", "customers"): later("Below mail to customers"),
    ("signature", "always"): later("Always"),
    ("signature", "never"): later("Never"),
    ("cloud", "global"): later("Worldwide"),
    ("cloud", "us-gov"): later("US government"),
    ("cloud", "us-dod"): later("US Department of Defense"),
    ("cloud", "china"): later("China, by 21Vianet"),
    ("sign_in", "secret"): later("Client secret"),
    ("sign_in", "certificate"): later("Certificate"),
    ("sign_in", "federated"): later("Federated credential of this machine"),
    ("sign_in", "managed_identity"): later("Managed identity of this machine"),
    ("layout", "maildir"): later("Maildir, with new, cur and tmp"),
    ("layout", "eml"): later("Files that end in .eml"),
    ("outgoing", "smtp"): later("By a mail server"),
    ("outgoing", "file"): later("As files in a folder"),
}
"""What a choice means, by the field that has it."""


def choice_word(field: str, choice: str) -> str:
    """Say a choice of a plug-in's form; what another plug-in offers stays as it says it."""
    return gettext(CHOICES.get((field, choice), "")) or choice
