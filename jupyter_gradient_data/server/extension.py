"""The extension: settings, routes, start and stop."""

from __future__ import annotations

import types
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, cast

import traitlets
from jupyter_server.extension.application import ExtensionApp
from traitlets.config import Config as Traits

from jupyter_gradient_data import config_file
from jupyter_gradient_data.config import Config, is_number
from jupyter_gradient_data.errors import GradientDataError

from . import background, events
from .base import SETTING
from .routes import ROUTES
from .shared import Shared

if TYPE_CHECKING:
    from jupyter_events import EventLogger
    from jupyter_server.serverapp import ServerApp

_SECRETS = frozenset(setting.name for setting in fields(Config) if setting.metadata["secret"])
_SIGNATURES = ["ignature"]  # parameters of URLs that no log may have; beside those that Jupyter knows


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
        self._shared = Shared(config, on_open=background.work(events.emitter(event_logger)), failure=failure)
        self.settings[SETTING] = self._shared
        names = server.web_app.settings.get("extra_log_scrub_param_keys", [])
        self.settings["extra_log_scrub_param_keys"] = [*names, *_SIGNATURES]

    def initialize_handlers(self) -> None:
        """Serve every route."""
        self.handlers.extend((route.pattern, route.handler) for route in ROUTES)

    async def stop_extension(self) -> None:
        """Finish or stop what runs."""
        await self._shared.close()

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
