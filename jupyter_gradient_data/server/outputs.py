"""Outputs: folders under ``/outputs`` of this server's notebook run that become versions of datasets."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Output, TaskInfo

from .base import Handler
from .mounts import CommitMessage, subject_of
from .operations import operation
from .tasks import LOCATION, answer_started


class NewOutput(msgspec.Struct, forbid_unknown_fields=True):
    """The dataset whose versions it becomes, made when there is none; the folder is by default named as it."""

    dataset: str
    name: str | None = None


class OutputsHandler(Handler):
    """All outputs of the notebook run."""

    @operation(resource="outputs", answer=tuple[Output, ...])
    async def get(self) -> tuple[Output, ...]:
        """List outputs by name."""
        return await self.call(self.service.list_outputs)

    @operation(resource="outputs", body=NewOutput, answer=Output, status=201, is_idempotent=True)
    async def post(self, body: NewOutput) -> Output:
        """Make a folder under `/outputs` that becomes a new version of a dataset when it is committed."""
        return await self.call(self.service.create_output, body.dataset, name=body.name)


class OutputHandler(Handler):
    """One output."""

    @operation(resource="outputs", status=204)
    async def delete(self, output: str) -> None:
        """Remove an output with its files; versions that were made of it stay."""
        await self.call(self.service.delete_output, output)


class CommitOutputHandler(Handler):
    """The commit of an output."""

    @operation(
        resource="outputs",
        body=CommitMessage | None,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, output: str, body: CommitMessage | None) -> TaskInfo:
        """Begin to make a new version with the files in the folder, and no others; the task's result is the version."""
        service, host, given = self.service, self.host, body or CommitMessage()

        def start() -> TaskInfo:
            return host.tasks.start(
                "commit-output",
                subject_of(host, output),
                lambda: service.commit_output(output, message=given.message, tag=given.tag, metadata=given.metadata),
            )

        return answer_started(self, await self.call(start))


ROUTES = [
    ("/api/outputs", OutputsHandler),
    ("/api/outputs/{output}", OutputHandler),
    ("/api/outputs/{output}/commit", CommitOutputHandler),
]
