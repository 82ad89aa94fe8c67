"""Upkeep: usage, and the long work of verifying, recovering and finding garbage."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import TaskInfo, Usage

from .base import Handler
from .operations import operation
from .tasks import LOCATION, answer_started


class UsageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Of which storage provider; of all when null."""

    provider: str | None = None


class Verification(msgspec.Struct, forbid_unknown_fields=True):
    """What to verify (all when null), and whether to read every byte."""

    reference: str | None = None
    read_data: bool = False


class OfProvider(msgspec.Struct, forbid_unknown_fields=True):
    """On which storage provider; the team's default, or all, when null."""

    provider: str | None = None


class UsageHandler(Handler):
    """What is stored."""

    @operation(resource="upkeep", query=UsageQuery, answer=tuple[Usage, ...])
    async def get(self, query: UsageQuery) -> tuple[Usage, ...]:
        """Show what is stored, per provider and dataset."""
        return await self.call(self.service.usage, query.provider)


class VerifyHandler(Handler):
    """Verifying."""

    @operation(resource="upkeep", body=Verification | None, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, body: Verification | None) -> TaskInfo:
        """Begin to check that committed versions are whole; the task's result is a report."""
        wanted = body or Verification()
        service, tasks = self.service, self.host.tasks

        def start() -> TaskInfo:
            subject = wanted.reference or ""
            if ":" in subject:
                subject = service.get_version(subject).reference
            elif subject:
                subject = service.get_dataset(subject).id
            return tasks.start("verify", subject, lambda: service.verify(subject or None, read_data=wanted.read_data))

        return answer_started(self, await self.call(start))


class RecoverHandler(Handler):
    """Recovering."""

    @operation(resource="upkeep", body=OfProvider | None, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, body: OfProvider | None) -> TaskInfo:
        """Begin to rebuild the metadata database from what a provider holds; the task's result is a report."""
        service, tasks = self.service, self.host.tasks

        def start() -> TaskInfo:
            provider = service.get_provider(body.provider).id if body and body.provider else None
            return tasks.start("recover", provider or "", lambda: service.recover(provider))

        return answer_started(self, await self.call(start))


class GarbageHandler(Handler):
    """Finding garbage."""

    @operation(resource="upkeep", body=OfProvider | None, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, body: OfProvider | None) -> TaskInfo:
        """Begin to find what nothing uses any more; deletes nothing; the task's result is a report."""
        service, tasks = self.service, self.host.tasks

        def start() -> TaskInfo:
            provider = service.get_provider(body.provider).id if body and body.provider else None
            return tasks.start("garbage", provider or "", lambda: service.collect_garbage(provider))

        return answer_started(self, await self.call(start))


ROUTES = [
    ("/api/usage", UsageHandler),
    ("/api/verify", VerifyHandler),
    ("/api/recover", RecoverHandler),
    ("/api/garbage", GarbageHandler),
]
