-- Makes the rows of one tenant, with the values that ticket_filling.py puts in. Ticket n has 1 + n % 3 posts.
INSERT INTO ticketing.counter VALUES ('${tenant}', ${count});

INSERT INTO ticketing.organization (id, tenant, name, created_at)
SELECT gen_random_uuid(), '${tenant}', 'Firm ' || n, now() FROM generate_series(1, ${firms}) n;

INSERT INTO ticketing.contact (id, tenant, address, name, organization, created_at)
SELECT gen_random_uuid(), '${tenant}', 'person' || n || '@firm' || n % ${firms} || '.example', 'Person ' || n,
    o[1 + n % ${firms}], now()
FROM generate_series(1, ${people}) n,
    (SELECT (SELECT array_agg(id ORDER BY id) FROM ticketing.organization WHERE tenant = '${tenant}') o) x;

CREATE TEMP TABLE made AS
SELECT gen_random_uuid() AS id, n, random() AS lot,
    '2016-01-01'::timestamptz + n * interval '1 second' * (315e6 / ${count}) AS at
FROM generate_series(1, ${count}) n;

-- four of five have ended; those that have not are from all the years
INSERT INTO ticketing.ticket (id, tenant, number, subject, status, category, kind, department, assignee, contact,
    organization, mailbox, receiving_address, tags, priority, fields, created_at, changed_at, last_person_post_at, waiting_since)
SELECT made.id, '${tenant}', n, 'Question ' || n || ' about word' || floor(${vocabulary} * lot ^ 4), s.status, s.status,
    CASE WHEN n % 20 = 0 THEN 'internal' ELSE 'external' END, d[1 + n % 5],
    CASE WHEN n % 4 > 0 THEN u[1 + n % 20] END, c.id, c.organization, m[1 + n % 5], 'help1@desk.example',
    CASE WHEN n % 1000 = 0 THEN ARRAY['rare', 'vip'] WHEN n % 10 = 0 THEN ARRAY['vip'] ELSE ARRAY[]::text[] END,
    CASE WHEN n % 40 = 0 THEN 'urgent' WHEN n % 10 = 0 THEN 'high' ELSE 'normal' END, jsonb_build_object('floor', n % 9),
    at, at + lot * interval '30 days', at + lot * interval '30 days',
    CASE WHEN s.status IN ('new', 'open') THEN at END
FROM made
CROSS JOIN LATERAL (
    SELECT (ARRAY['closed', 'closed', 'closed', 'closed', 'closed', 'closed', 'closed', 'closed', 'resolved',
        'pending', 'open', 'new'])[1 + floor(random() * 12 + 0 * n)::int] AS status) s
JOIN ticketing.contact c ON c.tenant = '${tenant}'
    AND c.address = 'person' || 1 + n % ${people} || '@firm' || (1 + n % ${people}) % ${firms} || '.example',
(SELECT (SELECT array_agg(id ORDER BY id) FROM config.department WHERE tenant = '${tenant}') d,
    (SELECT array_agg(id ORDER BY id) FROM config."user" WHERE tenant = '${tenant}') u,
    (SELECT array_agg(id ORDER BY id) FROM config.mailbox WHERE tenant = '${tenant}') m) x;

CREATE TEMP TABLE made_post AS
SELECT gen_random_uuid() AS id, made.id AS ticket, n, k, at + k * interval '1 day' * lot AS at,
    (ARRAY['mail_in', 'mail_out', 'note'])[k] AS kind,
    'person' || 1 + n % ${people} || '@firm' || (1 + n % ${people}) % ${firms} || '.example' AS address
FROM made CROSS JOIN LATERAL generate_series(1, 1 + n % 3) k;

INSERT INTO ticketing.post (id, tenant, ticket, kind, mail, outgoing, author_address, author_name, subject,
    body, preview, message_id, has_files, details, shown_at, created_at)
SELECT id, '${tenant}', ticket, kind, CASE WHEN k = 1 THEN gen_random_uuid() END,
    CASE WHEN k = 2 THEN gen_random_uuid() END, address, 'Person', 'Question ' || n, repeat('0', 64),
    'These are the first words of what was said about question ' || n, n || '.' || k || '@${tenant}.example',
    n % 7 = 0, '{}', at, at
FROM made_post;

INSERT INTO ticketing.words (id, tenant, ticket, words)
SELECT p.id, '${tenant}', ticket, b.words || array_to_tsvector(
    ARRAY['${key}sabout', '${key}word' || n % 40000, '${key}wquestion', '${key}wcommon', '${key}worder' || n,
        '${key}wperson' || 1 + n % ${people}, '${key}fperson' || 1 + n % ${people}, '${key}a' || address,
        '${key}a' || split_part(address, '@', 2), '${key}wfirm' || (1 + n % ${people}) % ${firms},
        '${key}wexample']
    || CASE WHEN n % 7 = 0 THEN ARRAY['${key}nfile'] ELSE ARRAY[]::text[] END)
FROM made_post p
JOIN public.body b ON b.tenant = '${tenant}' AND b.number = ((p.n * 7919::bigint + k) % ${bodies});

INSERT INTO ticketing.participant (ticket, address, tenant, name, role)
SELECT ticket, address, '${tenant}', 'Person', 'sender' FROM made_post WHERE k = 1;

INSERT INTO ticketing.history (tenant, ticket, version, field, old, new, actor, at)
SELECT '${tenant}', id, 2, 'status', '"new"', '"open"', '{"name": "Agent"}', at FROM made WHERE n % 2 = 0;

INSERT INTO sending.mail (id, tenant, effect, ticket, state, message_id, written_by, actor, snapshot,
    recipients, subject, body, files, created_at)
SELECT gen_random_uuid(), '${tenant}', gen_random_uuid(), ticket,
    CASE WHEN n % 500 = 1 THEN 'failed' ELSE 'sent' END, n || '@${tenant}.example', 'person', '{}', '{}',
    '{"to": [], "cc": [], "bcc": []}', 'Re: Question ' || n, repeat('0', 64), '[]', at
FROM made_post WHERE k = 2;

INSERT INTO ingest.mail (id, tenant, mailbox, provider_id, state, listed_at, received_at, stored_at, settled_at)
SELECT gen_random_uuid(), '${tenant}', m[1], n::text, 'settled', at, at, at, at
FROM made_post, (SELECT (SELECT array_agg(id ORDER BY id) FROM config.mailbox WHERE tenant = '${tenant}') m) x
WHERE k = 1;

DROP TABLE made, made_post;
