"""Agencies, the people who work for them, their keys, and the record of what was done."""

from agencies.models.agency import Agency
from agencies.models.api_key import ApiKey
from agencies.models.audit import AuditEntry, AuditSeal
from agencies.models.staff import Membership, Role, User

__all__ = ["Agency", "ApiKey", "AuditEntry", "AuditSeal", "Membership", "Role", "User"]
