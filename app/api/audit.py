"""The audit log over REST."""

from app.accounts.audit import AuditLog, AuditPage, AuditQuery
from app.api.call import Call
from app.model.principals import Agent


class AuditRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def listing(self, call: Call[Agent], asked: AuditQuery) -> AuditPage:
        return await self._audit.listing(call.principal, asked)
