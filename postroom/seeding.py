"""Give an installation its first rows: a tenant, a mailbox, users, triggers. As the desk, which owns them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from argon2 import PasswordHasher
from pydantic import JsonValue
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.mailboxes import AfterStoring, Backfill
from shared.storage.config import departments, mailboxes, triggers, users

NAMESPACE = UUID("6f1f7f2c-6a7b-4d0e-9d0e-5a5c1c9e7b11")
"""Seeded rows have the same id each time, so that a second start finds them."""


@dataclass(frozen=True)
class GraphMailbox:
    """A mailbox at Graph, with the app's registration."""

    address: str
    name: str
    tenant_id: str
    client_id: str
    sealed_secret: bytes
    sign_in: str = "secret"


@dataclass(frozen=True)
class SeededTrigger:
    name: str
    type: str
    when: dict[str, JsonValue]
    action: str
    params: dict[str, JsonValue]
    conditions: dict[str, JsonValue] | None = None


class Seeding:
    """Writes for one tenant in the caller's transaction; what is there stays as it is."""

    def __init__(self, db: AsyncConnection, tenant: str, now: datetime) -> None:
        self.db = db
        self.tenant = tenant
        self.now = now

    async def mailbox(self, box: GraphMailbox, *, department: UUID | None, **chosen: object) -> UUID:
        """Add a mailbox that takes all of its mail; `chosen`: more of what people choose."""
        mailbox = self._id(f"mailbox/{box.address}")
        await self._insert(
            mailboxes,
            id=mailbox,
            address=box.address,
            name=box.name,
            settings={"tenant_id": box.tenant_id, "client_id": box.client_id, "sign_in": box.sign_in},
            secret=box.sealed_secret,
            department=department,
            created_at=self.now,
            **{"provider": "graph", "backfill": Backfill.ALL, "after_storing": AfterStoring.MARK_READ}
            | chosen,
        )
        return mailbox

    async def department(self, key: str, name: str) -> UUID:
        department = self._id(f"department/{key}")
        await self._insert(departments, id=department, key=key, name=name)
        return department

    async def user(self, address: str, name: str, password: str, role: str) -> UUID:
        user = self._id(f"user/{address}")
        await self._insert(
            users,
            id=user,
            address=address.lower(),
            name=name,
            password_hash=PasswordHasher().hash(password),
            role=role,
            created_at=self.now,
        )
        return user

    async def trigger(self, wanted: SeededTrigger) -> None:
        await self._insert(
            triggers,
            id=self._id(f"trigger/{wanted.name}"),
            name=wanted.name,
            type=wanted.type,
            when=wanted.when,
            action=wanted.action,
            params=wanted.params,
            conditions=wanted.conditions,
            created_at=self.now,
        )

    def _id(self, name: str) -> UUID:
        return uuid5(NAMESPACE, f"{self.tenant}/{name}")

    async def _insert(self, table: Table, **values: object) -> None:
        await self.db.execute(insert(table).values(tenant=self.tenant, **values).on_conflict_do_nothing())
