"""What the doctor of a mailbox checks, finds and advises: those of the built-in plug-ins and of ingest."""

from services.desk.languages import later

CHECKS = {
    "credential": later("Credential"),
    "sign-in": later("Sign-in"),
    "mailbox": later("Mailbox"),
    "clock": later("Clock"),
    "read": later("Reading mail"),
    "draft": later("Making a draft"),
    "mark": later("Marking mail"),
    "move": later("Moving mail"),
    "send": later("Sending mail"),
    "send as": later("Sending as a person"),
    "probe": later("Probe"),
    "root": later("Folder of the mailbox"),
    "rename": later("Marking and moving mail"),
    "outbox": later("Laying mail ready"),
    "mail server": later("Mail server"),
    "ingest": later("Last scan"),
    "provider": later("Provider"),
    "settings": later("Settings"),
    "quota": later("Quota"),
    "notifications": later("Notifications"),
}
"""What each check is called on a page, by its name."""

FOUND = (
    later("not tried, because of %(check)s"),
    later("no answer within %(count)s seconds"),
    later("the app has a token"),
    later("%(address)s answered; mails in its inbox: %(count)s"),
    later("Graph did not say what time it is"),
    later("%(count)s seconds apart from Graph's clock"),
    later("mail can be listed"),
    later("it is there"),
    later("a draft can be made"),
    later("a mail can be marked read"),
    later("a mail can be moved"),
    later("mail can be sent (asked with a draft that has no recipient)"),
    later("mail goes out from the mailbox's own address"),
    later("nobody may write under their own address"),
    later("no mail was sent; a probe leaves, to the mailbox itself, only when it is asked for"),
    later("the probe left and did not come back"),
    later("came back in %(count)s s"),
    later("kept: %(fields)s"),
    later("none of its fields were kept"),
    later("lost: %(fields)s"),
    later("its Message-ID was replaced"),
    later("another issuer's token, from a file; nothing to renew here"),
    later("the identity %(id)s of this machine; nothing to renew"),
    later("the own identity of this machine; nothing to renew"),
    later("a client secret; nobody entered the day on which it expires"),
    later("the client secret is valid until %(day)s"),
    later("the client secret expired on %(day)s"),
    later("the client secret expires in %(count)s days, on %(day)s"),
    later("the client secret expires in 1 day, on %(day)s"),
    later("the client secret expires within a day, on %(day)s"),
    later("the certificate %(id)s is valid until %(day)s"),
    later("the certificate %(id)s expired on %(day)s"),
    later("the certificate %(id)s expires in %(count)s days, on %(day)s"),
    later("the certificate %(id)s expires in 1 day, on %(day)s"),
    later("the certificate %(id)s expires within a day, on %(day)s"),
    later("mail goes out from the mailbox with their name: %(reason)s"),
    later("Exchange does not refuse the author (asked with a draft to nobody)"),
    later("a mail from them left and did not come"),
    later("a mail from them came"),
    later("a mail from them came as from %(address)s"),
    later("the mailbox has no client secret"),
    later("the mailbox has no certificate"),
    later("this tenant's mailboxes may not sign in as this machine"),
    later("the environment names no token file"),
    later("the certificate that is kept cannot be used: %(reason)s"),
    later("it is switched off"),
    later("it was never scanned"),
    later("last scan %(when)s UTC"),
    later("last scan %(when)s UTC: %(reason)s"),
    later("the provider %(name)s has nothing to examine"),
    later("over its quota (%(quota)s) since %(when)s UTC, %(count)s mails wait"),
    later("none are asked for: new mail is found by looking"),
    later("the provider does not tell of new mail: %(reason)s"),
    later("not subscribed yet: new mail is found by looking"),
    later("the provider tells of new mail, until %(when)s UTC or renewed before"),
    later("the folder is there; folders of mail: %(count)s"),
    later("mail can be listed and read; %(count)s in it"),
    later("mail can be listed and read; %(count)s and more in it"),
    later("a mail can be marked and moved"),
    later("mail can be laid ready and kept"),
    later("%(server)s answered EHLO with %(code)s over %(security)s, signed in as %(name)s"),
    later("%(server)s answered EHLO with %(code)s over %(security)s, without signing in"),
    later("the mail server hung up"),
    later("mail from %(address)s is taken (asked, and taken back)"),
    later("it left and came back; no ticket is made of it"),
    later("it left and has not come back yet"),
)

REMEDIES = (
    later("Let this server keep its time by NTP."),
    later("Look into the mailbox's junk folder and rules; ask again in some minutes."),
    later(
        "Nothing to do: an answer is known by any of the fields, by the id that was read back, or the number."
    ),
    later("Enter that day on the mailbox's page: then you are told 30, 14 and 3 days before it."),
    later(
        "Make a new certificate, upload it to the app in Entra beside the old one, then enter it on the "
        "mailbox's page."
    ),
    later(
        "Make a new client secret in Entra beside the old one, then enter it and its day on the mailbox's"
        " page."
    ),
    later("%(why)s Do it this week."),
    later("%(why)s Do it today: without it all mail of this app stops."),
    later("%(why)s Until then no mail comes in and none goes out."),
    later("Look into the mailbox for a report that says why, and into its junk folder."),
    later("Switch it on, on the mailbox's page."),
    later("Start the services, or run `postroom scan`."),
    later("See below for what it is now."),
    later("Correct it on the mailbox's page."),
    later("Raise it: postroom tenant quota %(tenant)s. They come in by themselves when there is room."),
    later(
        "New mail is found by looking meanwhile. See that the provider reaches POSTROOM_PUBLIC_URL from "
        "the internet, by HTTPS and without signing in, and that the app may read the mailbox."
    ),
    later("See whether the file system or the mail server hangs."),
    later("See the mail server's log, and whether mail to this address is delivered into this folder."),
    later("See the mail server's own log: it says why it refuses this."),
    later(
        "Nothing to do: Postroom waits and goes on by itself. If it lasts, see Microsoft's service health."
    ),
    later("Nothing to do: Postroom slows down. If it lasts, see who else uses the app here."),
    later("Nothing to do: the folder is listed anew, and mail that is here already is not taken twice."),
    later("Microsoft refuses how it was asked. Report it with code and request-id."),
    later(
        "Check the address, and that the mailbox has a licence or is shared, in Exchange Online. A new "
        "one takes up to a day; Postroom looks again every quarter of an hour."
    ),
    later(
        "Grant the app Mail.ReadWrite and Mail.Send with admin consent, or Exchange's roles of these "
        "names over this mailbox, and see that no access policy excludes it. New grants take 30 minutes "
        "to 2 hours."
    ),
    later("Make a new client secret in Entra and enter its value, not its id, on the mailbox's page."),
    later(
        "Upload the certificate to the app in Entra, and enter it with its private key on the mailbox's page."
    ),
    later(
        "Compare issuer, subject and audience of the app's federated credential with those of the token file."
    ),
    later("The client secret has expired. %(why)s"),
    later("The client secret is wrong. %(why)s"),
    later("Entra does not know the certificate, or it has expired. %(why)s"),
    later("Entra calls the certificate invalid. %(why)s"),
    later("Upper and lower case differ. %(why)s"),
    later("Check the directory (tenant) ID and the cloud on the mailbox's page."),
    later(
        "Check the application (client) ID, and that the app is registered in this tenant and not disabled."
    ),
    later(
        "A Conditional Access policy for workload identities blocks the app: let this server's address in."
    ),
    later("Check that this server reaches the address over HTTPS: firewall, proxy, DNS and clock."),
    later("Something else answers in Microsoft's place: check proxy and gateway."),
    later("Graph's listing has no end. If it stays, report it to Microsoft."),
    later("Check that this machine has a managed identity that can be reached."),
    later("Nothing to do: Exchange has the mail and sends it. If it stays, look into the Outbox."),
    later("The mailbox sent all that Exchange allows in a day; the rest waits."),
    later("The mailbox sent all that Exchange allows; the rest waits."),
    later("Nothing to do: somebody moved or deleted the mail before it was read."),
    later("Check this server's clock, the tenant and the cloud."),
    later("Enter the client secret on the mailbox's page."),
    later("Enter the certificate and its private key anew on the mailbox's page."),
    later("Name a token file that ingest and mailer can read in AZURE_FEDERATED_TOKEN_FILE."),
    later(
        "Name the tenant in POSTROOM_GRAPH_IDENTITY_TENANTS of ingest and mailer, or choose a secret or "
        "certificate."
    ),
    later("Check that this machine has the managed identity, and its id on the page."),
    later(
        "Graph wants a token that Entra does not give: see Conditional Access for workload identities, "
        "and the app's sign-in log in Entra."
    ),
    later("The proof is not valid now: check this server's clock, and the token file."),
    later("The token file does not hold a valid token: check who writes it."),
    later("Entra was asked in a loop: leave it for ten minutes, then see who else uses the app."),
    later("Allow it to send as this author (Add-RecipientPermission), or as itself."),
    later("Check the mailbox's address: this tenant has no such user."),
    later("Exchange has closed this mailbox: enable it, or lift the block."),
    later("The mailbox is full: empty it, or give it more room."),
    later("Choose the folder anew on the mailbox's page."),
    later("The mail is of another mailbox: check the address, and list it anew."),
    later("Send the files as links, or let Exchange send larger mail (Set-Mailbox -MaxSendSize)."),
    later("Correct the recipients of the mail, and send it again."),
    later("Exchange blocks it from sending: release it in Microsoft Defender."),
    later("Check the Graph address: a proxy or gateway rewrites Microsoft's links."),
    later("Name a readable PEM file with certificates in POSTROOM_GRAPH_CA_FILE, or leave it out."),
    later("Set POSTROOM_MAILDIR_ROOT for ingest and mailer, and start them again."),
    later(
        "Make the folder (docs/operations.md, Without Microsoft 365), or name another one on the "
        "mailbox's page. Capitals matter."
    ),
    later("Give the user that Postroom runs as the right to read and write this folder and those in it."),
    later("Put the folder itself there: below the root no symbolic link is followed."),
    later("Two files share one name: rename one of them."),
    later("Make room on the disk."),
    later("The operator names the mail servers in POSTROOM_MAILDIR_SMTP, such as starttls://HOST:587."),
    later("Choose one that may be used. %(why)s"),
    later("Enter the user name and the password of the mail server on the mailbox's page."),
    later("The mail server refuses the sign-in. %(why)s"),
    later("Name a readable PEM file in POSTROOM_MAILDIR_SMTP_CA_FILE, or leave it out."),
    later(
        "Let the server have a certificate for this very name, and name its authority in "
        "POSTROOM_MAILDIR_SMTP_CA_FILE when it is one of your own."
    ),
    later("Check that the mail server runs, and that this machine reaches it."),
    later("Choose TLS, STARTTLS and sign-in as the mail server offers them."),
)
