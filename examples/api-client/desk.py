"""What a program does at the desk, by a client that was made of its description."""

import os
import sys
from collections.abc import Iterator
from uuid import uuid4

from postroom_client import AuthenticatedClient
from postroom_client.api.tickets import (
    list_tickets,
    open_a_ticket,
    read_the_timeline_of_a_ticket,
    send_a_reply,
)
from postroom_client.models import OpenIn, PersonIn, Problem, ReplyIn, TicketLine


def waiting_longest(desk: AuthenticatedClient) -> Iterator[TicketLine]:
    """Go through all open tickets, whoever waits longest first, page by page."""
    after = ""
    while True:
        page = list_tickets.sync(client=desk, sort="waiting", after=after, limit=5)
        if page is None or isinstance(page, Problem):
            raise SystemExit(page.detail if page else "no answer")
        yield from page.items
        if not page.next_:
            return
        after = page.next_


def write_to(desk: AuthenticatedClient, address: str, subject: str, text: str) -> int:
    """Open a ticket whose first words go out as a mail; return its number."""
    wanted = OpenIn(subject=subject, contact=PersonIn(address=address), text=text, mailed=True)
    done = open_a_ticket.sync(client=desk, body=wanted, idempotency_key=str(uuid4()))
    if done is None or isinstance(done, Problem):
        raise SystemExit(f"{done.detail} {done.remedy}" if done else "no answer")
    return int(done.number)


def main() -> None:
    desk = AuthenticatedClient(base_url=os.environ["DESK"], token=os.environ["TOKEN"], timeout=30)
    number = write_to(desk, "carla@customer.example", "Your order is on its way", "It comes on Monday.")
    key = str(uuid4())
    answers = [
        send_a_reply.sync(client=desk, number=number, body=ReplyIn(text="With love."), idempotency_key=key)
        for _ in range(3)
    ]
    mails = {str(answer.outgoing) for answer in answers}
    timeline = read_the_timeline_of_a_ticket.sync(client=desk, number=number)
    told = [
        f"opened {number}; asked for an answer {len(answers)} times, sent {len(mails)}",
        f"posts: {', '.join(post.kind for post in timeline.items)}",
        *(f"{line.reference}  {line.subject}" for line in waiting_longest(desk)),
    ]
    sys.stdout.write("\n".join(told) + "\n")


if __name__ == "__main__":
    main()
