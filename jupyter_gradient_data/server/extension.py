"""The extension: settings, routes, start and stop."""

from __future__ import annotations

import contextlib
import functools
import os
import types
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import traitlets
from jupyter_server.extension.application import ExtensionApp
from traitlets.config import Config as Traits

from jupyter_gradient_data import config_file
from jupyter_gradient_data.config import SERVER, Config, is_number
from jupyter_gradient_data.errors import GradientDataError

from . import background, events, kernels, terminals
from .base import SETTING
from .routes import ROUTES
from .shared import Shared
from .start_up import start_up
from .working_folder import work_in_notebook

if TYPE_CHECKING:
    from jupyter_events import EventLogger
    from jupyter_server.serverapp import ServerApp

_SECRETS = frozenset(setting.name for setting in fields(Config) if setting.metadata["secret"])
_SIGNATURES = ["ignature"]  # parameters of URLs that no log may have; beside those that Jupyter knows
_MESSAGE_BYTES = 128 * 1024**2  # files of an upload widget come in one message; above Tornado's 10 MiB it hangs up


class _Extension(ExtensionApp):
    """Versioned datasets, served below ``gradient/``.

    All settings can also be given by the environment, which wins over configuration files.
    """

    name = "gradient_data"
    extension_url = "/lab"
    load_other_extensions = True

    def update_config(self, config: Traits) -> None:
        """Take configuration; with ``--debug`` Jupyter logs all of it more than once, so secrets are hidden first."""
        section = config[config_file.SECTION]
        section.update({name: _Secret(section[name]) for name in _SECRETS if name in section})
        super().update_config(config)

    def _link_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Say how kernels and terminals start, before Jupyter makes what starts them."""
        super()._link_jupyter_server_extension(serverapp)
        self._plan: Path | None = None
        with contextlib.suppress(GradientDataError):  # `initialize_settings` tells of it
            config = self.load_settings()
            if config.view != "off":
                if refused := kernels.make_default(serverapp):
                    self.log.warning("Kernels do not see the volumes of gradient: %s.", refused)
                self._plan = terminals.wrap_shell(serverapp)
            if config.work_in_notebook:
                work_in_notebook(serverapp, config)

    def initialize_settings(self) -> None:
        """Hand what handlers share to the web application."""
        failure: GradientDataError | None = None
        try:
            config = self.load_settings()
        except GradientDataError as error:  # JupyterLab starts all the same, and the API says what is wrong
            self.log.error("%s %s", error.message, error.hint)
            config, failure = Config(), error
        server = cast("ServerApp", self.serverapp)  # it is there once an extension is loaded
        event_logger = cast("EventLogger", server.event_logger)
        events.register(event_logger)
        emit, starting = events.emitter(event_logger), functools.partial(start_up, log=self.log, plan=self._plan)
        self._shared = Shared(config, on_open=background.work(emit, starting), failure=failure)
        self.settings[SETTING] = self._shared
        if failure is None:
            os.environ[SERVER] = server.info_file  # kernels and terminals get it from here
            server.io_loop.add_callback(self._open)
        names = server.web_app.settings.get("extra_log_scrub_param_keys", [])
        self.settings.setdefault("websocket_max_message_size", _MESSAGE_BYTES)
        self.settings["extra_log_scrub_param_keys"] = [*names, *_SIGNATURES]

    def initialize_handlers(self) -> None:
        """Serve every route."""
        self.handlers.extend((route.pattern, route.handler) for route in ROUTES)

    async def stop_extension(self) -> None:
        """Finish or stop what runs."""
        await self._shared.close()
        if self._plan is not None:
            self._plan.unlink(missing_ok=True)

    async def _open(self) -> None:
        """Open everything now, so that the first kernel need not wait for it."""
        try:
            await self._shared.open()
        except GradientDataError as error:  # whoever asks for something next tries again
            self.log.warning("%s %s", error.message, error.hint)
            if self._plan is not None:
                terminals.tell_plain(self._plan)

    def load_settings(self) -> Config:
        """The settings: the command line wins over the environment, that over configuration files."""
        server = cast("ServerApp", self.serverapp)
        given = {**server.cli_config[config_file.SECTION], **self.cli_config[config_file.SECTION]}
        known = {setting.name for setting in fields(Config)}
        arguments = {name: getattr(self, name) for name in given if name in known}
        # Read for its errors: those of a file Jupyter only logs, and goes on without what it says.
        file = config_file.read()
        file |= {name: getattr(self, name) for name in self.config[config_file.SECTION] if name in known}
        return Config.load(file=file, **arguments)


class _Secret(str):
    """Text that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


def _trait(setting: Field[Any]) -> Any:
    kind: Any = traitlets.Integer if is_number(setting) else traitlets.Unicode
    default = setting.default
    text = f"{setting.metadata['help']} Environment: {setting.metadata['env']}."
    return kind(default, allow_none=default is None, help=text).tag(config=True)


# One trait for each setting, so that names, defaults and meanings are said once.
GradientData: type[_Extension] = types.new_class(
    config_file.SECTION,
    (_Extension,),
    exec_body=lambda body: body.update(
        {setting.name: _trait(setting) for setting in fields(Config)},
        __doc__=_Extension.__doc__,
        __module__=__name__,
    ),
)
