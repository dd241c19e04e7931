-- One user is in a department of one ticket of a thousand; all other departments have another member.
INSERT INTO config."user" (id, tenant, address, name, role, password_hash, created_at)
VALUES (gen_random_uuid(), '${tenant}', '${address}', 'Few', 'agent', '', now());

INSERT INTO config.membership (tenant, department, "user")
SELECT '${tenant}', d.id, u.id FROM config.department d, config."user" u
WHERE d.tenant = '${tenant}' AND u.tenant = '${tenant}' AND u.address = 'agent1@desk.example';

INSERT INTO config.department (id, tenant, key, name)
VALUES (gen_random_uuid(), '${tenant}', 'seldom', 'Seldom');

INSERT INTO config.membership (tenant, department, "user")
SELECT '${tenant}', d.id, u.id FROM config.department d, config."user" u
WHERE d.tenant = '${tenant}' AND d.key = 'seldom' AND u.tenant = '${tenant}' AND u.address = '${address}';

UPDATE ticketing.ticket SET department = d.id FROM config.department d
WHERE d.tenant = '${tenant}' AND d.key = 'seldom' AND ticket.tenant = '${tenant}' AND number % 1000 = 7;
