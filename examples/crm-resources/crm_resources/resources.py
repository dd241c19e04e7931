"""What Postroom asks, answered from the CRM. One class a kind: each can be left out or replaced alone."""

from crm_resources.crm import Company, find_company, find_human
from shared.plugins.resources import Employee, Firm, Person, ResourceTools


class CrmStaff:
    """Employees: their tickets are internal."""

    async def find_by_address(self, tools: ResourceTools, address: str) -> Employee | None:
        found = await find_human("staff", tools.tenant, address.lower())
        return Employee(found.email, found.full_name, reference=found.key) if found else None


class CrmPeople:
    """Contacts, with the company they work for, whatever the domain of their address says."""

    async def find_by_address(self, tools: ResourceTools, address: str) -> Person | None:
        found = await find_human("people", tools.tenant, address.lower())
        if found is None:
            return None
        firm = _firm(found.company) if found.company else None
        return Person(found.email, found.full_name, reference=found.key, firm=firm)


class CrmCompanies:
    """Organizations, by the domain of whoever the CRM does not know by address."""

    async def find_by_domain(self, tools: ResourceTools, domain: str) -> Firm | None:
        found = await find_company(tools.tenant, domain.lower())
        return _firm(found) if found else None


def _firm(company: Company) -> Firm:
    return Firm(company.name, reference=company.key)
