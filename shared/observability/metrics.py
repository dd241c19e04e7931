"""What is counted in every process; scraped at /metrics."""

from prometheus_client import Counter, Gauge, Summary

messages = Counter("postroom_messages", "Messages by what became of them.", ["queue", "outcome"])
swept = Counter("postroom_swept", "Due rows worked on.", ["service", "sweep"])
failed_sweeps = Counter("postroom_sweep_failures", "Sweeps that raised.", ["service", "sweep"])
message_seconds = Summary("postroom_message_seconds", "Time in the handler of a message.", ["queue"])
sweep_seconds = Summary(
    "postroom_sweep_seconds", "Time of a sweep that found due rows.", ["service", "sweep"]
)
notifications = Counter(
    "postroom_notifications", "What was told of new mail: believed, or rejected.", ["provider", "outcome"]
)
mailbox_incidents = Counter(
    "postroom_mailbox_incidents", "Mailboxes that began to fail, or recovered.", ["event"]
)
outgoing_outcomes = Counter(
    "postroom_outgoing_mails",
    "Outgoing mails by what became of them: sent, held, failed, bounced.",
    ["outcome"],
)
sending_incidents = Counter(
    "postroom_sending_incidents",
    "Loops and bursts whose mail is held: one each, however many mails.",
    ["guard", "written_by"],
)
secret_ends = Gauge(
    "postroom_mailbox_credential_expires_seconds",
    "When the secret or certificate of a mailbox expires, in seconds since 1970.",
    ["mailbox"],
)
resource_answers = Counter(
    "postroom_resource_answers",
    "Questions to resources of others by what became of them.",
    ["resource", "outcome"],
)
resource_seconds = Summary("postroom_resource_seconds", "How long resources of others took.", ["resource"])
