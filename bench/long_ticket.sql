-- Gives one ticket very many posts, every other of them a mail that left, and as many changes.
CREATE TEMP TABLE made AS
SELECT gen_random_uuid() AS id, k, now() - interval '1 hour' * (${posts} - k) AS at,
    CASE WHEN k % 2 = 0 THEN gen_random_uuid() END AS outgoing
FROM generate_series(1, ${posts}) k;

INSERT INTO ticketing.post (id, tenant, ticket, kind, mail, outgoing, author_address, author_name, subject,
    body, preview, message_id, has_files, details, shown_at, created_at)
SELECT id, '${tenant}', '${ticket}', CASE WHEN k % 2 = 0 THEN 'mail_out' ELSE 'mail_in' END,
    CASE WHEN k % 2 = 1 THEN gen_random_uuid() END, outgoing, 'person@firm.example', 'Person', 'Again',
    repeat('0', 64), 'These are the first words of what was said', 'long.' || k || '@${tenant}.example',
    k % 7 = 0, '{}', at, at
FROM made;

INSERT INTO sending.mail (id, tenant, effect, ticket, state, message_id, written_by, actor, snapshot,
    recipients, subject, body, files, created_at)
SELECT outgoing, '${tenant}', gen_random_uuid(), '${ticket}', 'sent', 'long.' || k || '@${tenant}.example',
    'person', '{}', '{}', '{"to": [], "cc": [], "bcc": []}', 'Re: Again', repeat('0', 64), '[]', at
FROM made WHERE outgoing IS NOT NULL;

INSERT INTO ticketing.history (tenant, ticket, version, field, old, new, actor, at)
SELECT '${tenant}', '${ticket}', 1 + k, 'status', '"new"', '"open"', '{"name": "Agent"}', at FROM made;

DROP TABLE made;
