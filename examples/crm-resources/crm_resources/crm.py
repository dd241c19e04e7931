"""The CRM's HTTP API, as far as it is needed. Where it is, and the token, say `CRM_URL` and `CRM_TOKEN`."""

import os

import httpx
from pydantic import BaseModel

SECONDS = 4
"""Less than Postroom waits, so that the time-out is ours and says what hung."""


class Company(BaseModel):
    key: str
    name: str


class Human(BaseModel):
    key: str
    email: str
    full_name: str = ""
    company: Company | None = None


async def find_human(kind: str, account: str, email: str) -> Human | None:
    """Return the first of `people` or `staff` with that address."""
    found = await _ask(kind, {"account": account, "email": email})
    return Human.model_validate(found.items[0]) if found.items else None


async def find_company(account: str, domain: str) -> Company | None:
    found = await _ask("companies", {"account": account, "domain": domain})
    return Company.model_validate(found.items[0]) if found.items else None


class _Page(BaseModel):
    items: list[dict[str, object]]


async def _ask(path: str, query: dict[str, str]) -> _Page:
    """Ask. Whatever is no answer raises, and Postroom then takes the last answer: None would say that the CRM
    knows of nobody."""
    headers = {"Authorization": f"Bearer {os.environ.get('CRM_TOKEN', '')}"}
    async with httpx.AsyncClient(base_url=os.environ["CRM_URL"], headers=headers, timeout=SECONDS) as http:
        answer = await http.get(f"/{path}", params=query)
    answer.raise_for_status()
    return _Page.model_validate_json(answer.content)
