"""What one run of the command shares: settings, output, and the service once something needs it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import Output

if TYPE_CHECKING:
    from jupyter_gradient_data.config import Config
    from jupyter_gradient_data.service.api import DataService


class Session:
    """The state of one run; Click hands it to every command as ``obj``.

    Attributes
    ----------
    settings : dict
        The global options, for `Config.load`.
    api_key : str or None
        A token for the server, where none is given otherwise.
    out : Output
        Where commands write.
    failure_prefix : str
        What the original wrote before the message when the running command failed.
    signal : int or None
        The signal that asked the running work to stop.
    """

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.api_key: str | None = None
        self.out = Output()
        self.failure_prefix = ""
        self.signal: int | None = None
        self._service: DataService | None = None

    @property
    def config(self) -> Config:
        """The settings of this run."""
        from dataclasses import replace  # here, as what follows: `--help` needs none of it

        from jupyter_gradient_data.config import Config

        config = Config.load(**self.settings)
        if config.url and not config.token and self.api_key:
            return replace(config, token=self.api_key)
        return config

    @property
    def service(self) -> DataService:
        """The service, opened at first use."""
        if self._service is None:
            self._service = open_service(self.config)
        return self._service

    @property
    def run_service(self) -> DataService:
        """The service for what changes a notebook run: in its kernels and terminals that of their server."""
        if self._service is None:
            self._service = open_run_service(self.config)
        return self._service

    def close(self, environment: Mapping[str, str] = os.environ) -> None:
        """Close the service; write what it did to the file that ``GRADIENT_STATS`` names."""
        if self._service is None:
            return
        try:
            if path := environment.get("GRADIENT_STATS"):
                write_stats(Path(path), self._service.stats())
        finally:
            self._service.close()
            self._service = None


def open_service(config: Config) -> DataService:
    """The service on the embedded state, or of the server that the settings name."""
    from jupyter_gradient_data.service import opening  # here: it imports what it opens

    return opening.open_service(config)


def open_run_service(config: Config) -> DataService:
    """The same for what changes a notebook run: in its kernels and terminals the service of their server."""
    from jupyter_gradient_data.service import opening

    return opening.open_run_service(config)


def write_stats(path: Path, stats: Mapping[str, int]) -> None:
    """Write counters as JSON; a file that cannot be written is a note, not a failure of the command."""
    try:
        path.write_text(json.dumps(stats, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        click.echo(f"GRADIENT_STATS: {path} cannot be written: {error.strerror}.", err=True)
