"""Show a page inside the frame: navigation with counts, who is signed in, what was just done."""

from typing import Any
from uuid import uuid4

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.desk.asking.commands import Answer, Done, Refused, StillWorking
from services.desk.desk import Desk
from services.desk.languages import gettext, later
from services.desk.queries.counts import counts
from services.desk.queries.reading import Reading
from services.desk.queries.views import counted_views
from services.desk.rendering import render
from services.desk.signin.auth import SignedIn
from services.desk.wording.reported import reported

SAID = {
    "changed": later("Changed."),
    "handed-over": later("Handed over. Only members of its department see that ticket now."),
    "department": later("Saved. It counts at once."),
    "sent": later("Reply handed over. It leaves in a few seconds, and can be undone until then."),
    "forwarded": later("Forwarded. It leaves in a few seconds, and can be undone until then."),
    "closed": later("Reply handed over, and the ticket is closed."),
    "not-closed": later("Reply handed over. The ticket was not closed."),
    "waits": later("Reply handed over, and the ticket waits for the customer."),
    "not-waits": later("Reply handed over. The status was not changed."),
    "undone": later("Undone: nothing was sent. What you wrote stands below again, with its files."),
    "undone-alone": later("Undone: nothing was sent. The status stays: somebody changed it since."),
    "replanned": later("Planned anew."),
    "hurried": later("It goes out next."),
    "planned": later("Planned. It goes out at its time unless somebody cancels it."),
    "noted": later("Note added."),
    "edited": later("Note changed. The words before stay in the history."),
    "withdrawn": later("Note withdrawn."),
    "thrown-away": later("Draft discarded."),
    "decided": later("Decided."),
    "merged": later("Merged: this ticket shows both since."),
    "unmerged": later("The merge is undone."),
    "split": later("Split: this is the new ticket."),
    "joined": later("Added: they may answer, and are in copy of replies."),
    "removed": later("Removed: what they write waits for your word."),
    "linked": later("Linked: both tickets show it."),
    "unlinked": later("The link is removed."),
    "opened-by-mail": later("Ticket opened. Its mail leaves in 10 seconds, and can be undone until then."),
    "opened": later("Ticket opened. The customer gets nothing until you reply."),
    "released": later("Released. It goes out next."),
    "let-go": later("Released. They go out next."),
    "discarded": later("Discarded. They do not go out."),
    "allowed": later("Automatic mail goes there again. If another one comes back, it is blocked anew."),
    "cancelled": later("Cancelled. It does not go out."),
    "preferred": later("Saved."),
    "chosen": later("Saved. It counts from the next mail on."),
    "images": later("Saved: images of this sender are shown to everybody here."),
    "no-images": later("Saved: images of this sender are asked for again."),
    "saved": later("Saved. It counts from the next mail on."),
    "defined": later("Saved."),
    "view": later("Saved as a view."),
    "columns": later("Columns saved."),
    "unread": later("Marked as unread."),
    "removed-reply": later("Removed."),
    "trigger": later("Saved. It hears the next event."),
    "ordered": later("Moved. They are asked in this order from the next event on."),
    "switched-on": later("On. It hears the next event."),
    "switched-shadow": later("In shadow: what it would do is written down and not done."),
    "switched-off": later("Off. It hears nothing until it is switched on."),
    "trigger-away": later("Put into the archive. It hears nothing more."),
    "put-away": later("Put into the archive. Tickets keep it."),
    "same": later("Nothing differs from what was saved before."),
    "added": later("Mailbox added. It is read within a minute."),
    "scanning": later("Asked for. New mail is here within seconds; reload to see it."),
    "folders": later("Asked for. The folders are listed within seconds; reload to see them."),
    "archived": later("Mailbox archived. Its tickets stay."),
    "replayed": later("Put back into its queue."),
    "replayed-many": later("Put back into their queues."),
    "dropped": later("Dropped."),
    "dropped-mail": later("Dropped: no ticket is made of it. It stays under Dropped."),
    "resent": later("Sent again, under the id it had. Reload in a moment to see how it ended."),
    "retried": later("It is fetched or read again."),
    "accepted": later("A ticket is made of it."),
    "contact": later("Saved. It counts from the next ticket on."),
    "erasing": later("Begun. Reload to see when it is done."),
    "tenant": later("Added. Its people sign in with its short name."),
    "user-added": later("Added. They sign in by their address."),
    "user": later("Saved. It counts at once."),
    "user-away": later("Put into the archive: they are signed out, and their tokens are revoked."),
    "password-set": later(
        "The password is set. They are signed out everywhere; their API tokens go on until they are revoked."
    ),
    "password-changed": later(
        "Your password is changed. You are signed out everywhere else; your API tokens go on."
    ),
    "factor-off": later("The second factor is removed. You are signed out everywhere else."),
    "factor-gone": later("Removed. They sign in by password, and are signed out everywhere."),
    "sign-in": later("Saved. It counts from the next sign-in on."),
    "elsewhere": later("You are signed out everywhere else."),
    "revoked": later("Revoked. Programs that use it are refused at once."),
    "organized": later("Saved. New mail follows at once."),
    "applying": later("Begun. Reload to see how far it is."),
    "working": later("Still working: it is kept and will be done. Reload in a moment to see it."),
}


async def show(
    desk: Desk,
    reading: Reading,
    signed: SignedIn,
    template: str,
    *,
    status: int = 200,
    said: str | None = None,
    **context: Any,  # Any: differs by template; StrictUndefined finds what is missing
) -> HTMLResponse:
    frame = {
        "user": signed.user,
        "csrf": signed.form_token,
        "counts": await counts(reading, signed.user.id),
        "saved_views": await counted_views(reading, signed.user.id, desk.clock()),
        "now": desk.clock(),
        "said": gettext(SAID.get(said or "", "")),
        "new_key": uuid4,
        "view": "",
        "saved_view": "",
        "place": "",
        "q": "",
    }
    return HTMLResponse(render(template, **(frame | context)), status)


def back(path: str, said: str, fragment: str = "") -> RedirectResponse:
    """After a form: go where its effect is seen, and say what was done."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}said={said}{fragment}", status_code=303)


def outcome(answer: Answer, said: str) -> tuple[str, str]:
    """Return what to say and what went wrong; one of them is empty."""
    match answer:
        case Done():
            return said, ""
        case StillWorking():
            return "working", ""
        case Refused(why):
            return "", reported(why)


def wants_json(request: Request) -> bool:
    """Whether a script of the page asks, which shows the answer itself."""
    return request.headers.get("accept", "").startswith("application/json")


def fresh() -> dict[str, str]:
    """Ids of a form that is written in anew, without a new page."""
    return {"key": str(uuid4()), "draft": str(uuid4())}
