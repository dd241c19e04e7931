"""What people set. The desk writes; everybody may read. Rows are archived, never deleted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.storage.columns import facts, metadata, moment, tenant, uuid_key

tenants = Table(
    "tenant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("suspended", Boolean, nullable=False, server_default="false"),
    moment("created_at"),
    # quotas, which whoever runs the installation sets; none: no limit
    Column("max_mailboxes", Integer, nullable=True),
    Column("max_users", Integer, nullable=True),
    Column("max_storage", BigInteger, nullable=True),
    Column("max_mails_per_day", Integer, nullable=True),
    # nothing else of it is left, and its short name is never given again
    moment("erased_at", nullable=True),
    # its first run is over, and never opens again
    moment("set_up_at", nullable=True),
    schema="config",
)

erasures = Table(
    "erasure",
    metadata,
    uuid_key(),
    tenant(),
    # tenant, or contact
    Column("of", Text, nullable=False),
    # whose, as a hash with this row's id: whoever knows the address can look it up, and nobody can read it
    Column("subject", Text, nullable=False),
    # how much there was of each kind
    facts("found"),
    # ids and hashes of what is still to be removed; none when it is done
    facts("plan", nullable=True),
    # the user who asked for it; none: a command
    Column("by", Uuid, nullable=True),
    moment("begun_at"),
    moment("finished_at", nullable=True),
    Index("ix_erasure_tenant", "tenant", "begun_at"),
    schema="config",
)
"""Receipts of what was erased. They hold no personal data, and outlive their tenant."""

departments = Table(
    "department",
    metadata,
    uuid_key(),
    tenant(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    moment("archived_at", nullable=True),
    UniqueConstraint("tenant", "key"),
    schema="config",
)

statuses = Table(
    "status",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    moment("archived_at", nullable=True),
    schema="config",
)

custom_fields = Table(
    "custom_field",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("choices", JSONB, nullable=False, server_default="[]"),
    Column("position", Integer, nullable=False, server_default="0"),
    moment("archived_at", nullable=True),
    schema="config",
)

mailboxes = Table(
    "mailbox",
    metadata,
    uuid_key(),
    tenant(),
    Column("address", Text, nullable=False),
    # other addresses whose mail comes here
    Column("aliases", ARRAY(Text), nullable=False, server_default="{}"),
    Column("name", Text, nullable=False, server_default=""),
    Column("provider", Text, nullable=False),
    facts("settings"),
    # sealed for the purpose "mailbox": the desk can write it, only ingest and mailer can open it
    Column("secret", LargeBinary, nullable=True),
    # what may be shown of it
    moment("secret_expires_at", nullable=True),
    Column("secret_thumbprint", Text, nullable=True),
    Column("folder", Text, nullable=False, server_default="inbox"),
    Column("department", Uuid, nullable=True),
    Column("enabled", Boolean, nullable=False, server_default="true"),
    Column("after_storing", Text, nullable=False, server_default="leave"),
    Column("move_to", Text, nullable=True),
    Column("backfill", Text, nullable=False, server_default="ignore"),
    moment("backfill_since", nullable=True),
    Column("import_as", Text, nullable=False, server_default="new"),
    moment("created_at"),
    moment("archived_at", nullable=True),
    UniqueConstraint("tenant", "address"),
    schema="config",
)

options = Table(
    "option",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    facts("value"),
    moment("changed_at"),
    Column("changed_by", Text, nullable=False),
    schema="config",
)

# what one department has set otherwise
department_options = Table(
    "department_option",
    metadata,
    Column("department", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    tenant(),
    # NULL: as the tenant has it
    facts("value", nullable=True),
    moment("changed_at"),
    Column("changed_by", Text, nullable=False),
    Index("ix_department_option_tenant", "tenant"),
    schema="config",
)

option_history = Table(
    "option_history",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    # NULL: of the whole tenant
    Column("department", Uuid, nullable=True),
    Column("name", Text, nullable=False),
    facts("old", nullable=True),
    facts("new", nullable=True),
    moment("changed_at"),
    Column("changed_by", Text, nullable=False),
    schema="config",
)

triggers = Table(
    "trigger",
    metadata,
    uuid_key(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    facts("when"),
    facts("conditions", nullable=True),
    Column("action", Text, nullable=False),
    facts("params"),
    Column("enabled", Boolean, nullable=False, server_default="true"),
    # what it would do is written down and not done
    Column("shadow", Boolean, nullable=False, server_default="false"),
    # when it fires, those behind it are not asked
    Column("stops", Boolean, nullable=False, server_default="false"),
    Column("position", Integer, nullable=False, server_default="0"),
    moment("created_at"),
    moment("archived_at", nullable=True),
    schema="config",
)

ADMINS = ("admin", "operator")
"""Roles that see and set everything of their tenant; an operator looks after the installation as well."""

READER = "reader"
"""The role that changes nothing, and is given no tickets."""

users = Table(
    "user",
    metadata,
    uuid_key(),
    tenant(),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    # reader, agent, admin or operator
    Column("role", Text, nullable=False, server_default="agent"),
    Column("may_send_as", Boolean, nullable=False, server_default="false"),
    moment("created_at"),
    moment("archived_at", nullable=True),
    UniqueConstraint("tenant", "address"),
    schema="config",
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("second_factor", Boolean, nullable=False, server_default="false"),
    # an OpenID provider that vouches for people; none: they have passwords
    Column("issuer", Text, nullable=True),
    Column("client_id", Text, nullable=True),
    # sealed for the purpose "sign-in"
    Column("secret", LargeBinary, nullable=True),
    # what the button says
    Column("called", Text, nullable=True),
    # whoever it vouches for becomes an agent, if they are no user
    Column("adds_users", Boolean, nullable=False, server_default="false"),
    # its word is not enough: the second factor here is asked for too
    Column("own_factor", Boolean, nullable=False, server_default="false"),
    schema="config",
)
"""How the people of a tenant sign in; of which there is no row, by password."""

identities = Table(
    "identity",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("issuer", Text, primary_key=True),
    # the provider's own name of a person, which it never gives to another one
    Column("subject", Text, primary_key=True),
    Column("user", Uuid, nullable=False),
    Index("ix_identity_user", "tenant", "user"),
    schema="config",
)
"""Whom a provider means."""

memberships = Table(
    "membership",
    metadata,
    Column("user", Uuid, primary_key=True),
    Column("department", Uuid, primary_key=True),
    tenant(),
    schema="config",
)

notifications = Table(
    "notification",
    metadata,
    Column("user", Uuid, primary_key=True),
    tenant(),
    # as contracts/notices.py has them; of whom there is no row, the usual ones count
    facts("choices"),
    moment("changed_at"),
    schema="config",
)
"""Of what each person wants to be told, and how."""

tokens = Table(
    "token",
    metadata,
    uuid_key(),
    tenant(),
    Column("user", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    # read, write or admin: never more than the user's role gives
    Column("scope", Text, nullable=False, server_default="admin"),
    moment("created_at"),
    # to the minute
    moment("used_at", nullable=True),
    moment("revoked_at", nullable=True),
    schema="config",
)
