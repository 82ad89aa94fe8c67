"""The extension: settings, routes, start and stop."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from jupyter_gradient_data.config import Config

from .base import SETTING
from .routes import ROUTES
from .shared import Shared


class GradientData(ExtensionApp):
    """Versioned datasets, served below ``gradient/``."""

    name = "gradient_data"
    extension_url = "/lab"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        """Hand what handlers share to the web application."""
        self._shared = Shared(Config.load())
        self.settings[SETTING] = self._shared

    def initialize_handlers(self) -> None:
        """Serve every route."""
        self.handlers.extend((route.pattern, route.handler) for route in ROUTES)

    async def stop_extension(self) -> None:
        """Finish or stop what runs."""
        await self._shared.close()
