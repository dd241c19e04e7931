"""PostgreSQL: tables by writer, roles and grants, sessions, due rows, secrets, migrations."""
