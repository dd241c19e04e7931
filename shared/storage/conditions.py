"""What the indexes of tickets hold and go by, in their words: a query that says it otherwise misses them."""

UNENDED = "category NOT IN ('closed', 'merged')"
"""Neither closed nor merged into another."""
CLOSABLE = f"{UNENDED} AND (imported_at IS NULL OR last_person_post_at > imported_at)"
"""Inactivity may close it: an imported ticket is left alone until somebody writes."""
REMINDED = "reminded_at >= last_person_post_at"
UNREMINDED = "(reminded_at IS NULL OR reminded_at < last_person_post_at)"
"""Whether somebody was told in this silence."""
WAITING = "least(waiting_since, '9999-01-01 00:00:00+00'::timestamptz)"
"""What the longest wait is ordered by: those that wait for nothing come last, as least passes them over. No
coalesce: the server takes it for leaky, so under row policies it narrows no index."""
SILENCE = ("last_person_post_at", "id")
RANK = """(
CASE priority
    WHEN 'urgent'::text THEN 3
    WHEN 'high'::text THEN 2
    WHEN 'low'::text THEN 0
    ELSE 1
END)"""
"""What the most urgent is ordered by, as the server itself writes it: so revisions and tables compare."""
