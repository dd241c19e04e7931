"""Resources of Postroom that ask a CRM: who is an employee, who is a contact, whose domain is it."""

from crm_resources.resources import CrmCompanies, CrmPeople, CrmStaff

__all__ = ["CrmCompanies", "CrmPeople", "CrmStaff"]
