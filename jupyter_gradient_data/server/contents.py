"""A drive for JupyterLab: datasets, public datasets, storage and notebooks, over Jupyter's Contents API.

``new Drive({name: 'Gradient', apiEndpoint: 'gradient/contents'})`` works on it as it does on ``api/contents``.  Its
download links do not, they lead to Jupyter's ``files/``; ``gradient/contents-files/`` takes their place.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from jupyter_server.utils import url_escape, url_path_join
from tornado.web import HTTPError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo

from .base import PREFIX, Handler
from .confined import media_type, set_confining_headers
from .contents_drive import Drive, Drives
from .contents_models import (
    MAX_REQUEST,
    MIB,
    Checkpoint,
    ContentsError,
    CreateRequest,
    GetQuery,
    Model,
    RenameRequest,
    SaveRequest,
)
from .operations import Content, operation
from .parsing import parse_json
from .ranges import select

T = TypeVar("T")

_DRIVES = "gradient_data_drives"  # where the web application's settings hold `Drives`
_LONG = MIB  # bytes of content above which it waits for room, so that memory is bounded
_PATIENCE = 300  # seconds for a request to save to arrive, while others may wait for it
_LOCATION = {"Location": "Where it is."}


class DriveHandler(Handler):
    """What requests to the drive have in common."""

    error_answer = ContentsError

    @property
    def drives(self) -> Drives:
        """What they share."""
        if _DRIVES not in self.settings:
            self.settings[_DRIVES] = Drives(self.settings["config"])
        return self.settings[_DRIVES]  # type: ignore[no-any-return]

    async def on_drive(self, function: Callable[[Drive], T], thread: Executor | None = None) -> T:
        """Let something that blocks work on the drive, in the server's threads or another one."""

        def work() -> T:
            return function(self.drives.open(self.host, self.api_token))

        return await (asyncio.get_running_loop().run_in_executor(thread, work) if thread else self.call(work))

    def created(self, model: Model, status: int = 201) -> Model:
        """Answer a file or folder with where it is."""
        self.set_status(status)
        self.set_header("Location", url_path_join(self.base_url, PREFIX, "contents", url_escape(model.path)))
        return model

    def error_body(self, status: int, error: ErrorInfo) -> Any:
        """An error for JupyterLab, which shows nothing but the message."""
        return ContentsError(f"{error.message} {error.hint}".strip(), error.code, error.code, error.hint)


class ContentsHandler(DriveHandler):
    """Files and folders; below a file, ``checkpoints`` and ``checkpoints/<id>`` are its checkpoints."""

    @operation(resource="contents", query=GetQuery, answer=Model | list[Checkpoint])
    async def get(self, query: GetQuery, path: str = "") -> Model | list[Checkpoint] | None:
        """Get a file or folder, or list the checkpoints of a file."""
        try:
            return await self.on_drive(lambda drive: drive.get(path, query, _LONG))
        except GradientDataError as error:
            if error.kind is not ErrorKind.TOO_LARGE:
                raise
        async with self.drives.sending:
            await self.send(await self.on_drive(lambda drive: drive.stream(path, query)))
            self.finish()
        return None

    @operation(
        resource="contents",
        body=SaveRequest | None,
        body_limit=MAX_REQUEST,
        streams=True,
        answer=Model,
        response_headers=_LOCATION,
        other_answers={201: "The file or folder is new."},
    )
    async def put(self, path: str = "") -> Model:
        """Save a file, or make a folder."""

        def save(drive: Drive) -> tuple[Model, bool]:
            return drive.save(path, parse_json(received.pop(), SaveRequest | None))  # gone from memory once parsed

        length = self.request.headers.get("Content-Length", "")
        is_long = not length.isdigit() or int(length) > _LONG
        async with self.drives.saving if is_long else contextlib.nullcontext():
            try:
                received = [await asyncio.wait_for(self.incoming.read(MAX_REQUEST), _PATIENCE)]
            except asyncio.TimeoutError:
                raise HTTPError(408, "The request did not arrive in time.") from None
            model, is_new = await self.on_drive(save, self.drives.saver if is_long else None)
        return self.created(model, 201 if is_new else 200)

    @operation(
        resource="contents",
        body=CreateRequest | None,
        answer=Model | Checkpoint,
        status=201,
        response_headers=_LOCATION,
        other_answers={204: "The file is as it was at the checkpoint."},
    )
    async def post(self, body: CreateRequest | None, path: str = "") -> Model | Checkpoint | None:
        """Make an untitled file or folder, a copy, or a checkpoint; or bring back a checkpoint."""
        made = await self.on_drive(lambda drive: drive.create(path, body or CreateRequest()))
        if isinstance(made, Model):
            return self.created(made)
        self.set_status(204 if made is None else 201)
        return made

    @operation(resource="contents", body=RenameRequest, answer=Model, response_headers=_LOCATION)
    async def patch(self, body: RenameRequest, path: str = "") -> Model:
        """Rename or move a file or folder."""
        return self.created(await self.on_drive(lambda drive: drive.rename(path, body.path)), 200)

    @operation(resource="contents")
    async def delete(self, path: str = "") -> None:
        """Delete a file, a folder or a checkpoint."""
        await self.on_drive(lambda drive: drive.delete(path))


class ContentsFileHandler(DriveHandler):
    """A file as it is."""

    @operation(
        resource="contents",
        answer=Content("*/*"),
        request_headers={"Range": "One range of bytes.", "If-None-Match": "The tag of what you have."},
        response_headers={"Accept-Ranges": "bytes"},
        other_answers={206: "A part.", 304: "You have it.", 416: "There is nothing in that range."},
    )
    async def get(self, path: str = "") -> None:
        """Download a file."""
        name, file = await self.on_drive(lambda drive: drive.open(path))
        chosen = select(self.request.headers, file.etag, file.size)
        self.set_status(chosen.status)
        self.set_header("Etag", file.etag)
        self.set_header("Accept-Ranges", "bytes")
        if (content_range := chosen.content_range(file.size)) is not None:
            self.set_header("Content-Range", content_range)
        if chosen.status == 304:
            return
        self.set_header("Content-Length", chosen.end - chosen.start)
        set_confining_headers(self, name, media_type(name))
        if chosen.end > chosen.start:
            await self.send(await self.call(file.read, chosen.start, chosen.end))


ROUTES = [
    ("/contents", ContentsHandler),
    ("/contents/{path*}", ContentsHandler),
    ("/contents-files/{path*}", ContentsFileHandler),
]
