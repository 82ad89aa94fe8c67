"""Starting and stopping a server: settings from everywhere, nothing opened too early, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import urllib3

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.server.extension import GradientData
from tests.support.jupyter_server import JupyterServer
from tests.support.programs import free_ports


class Started(JupyterServer):
    """A server of which only Jupyter's own API has to answer."""

    def _answers(self) -> bool:
        try:
            return self.get(f"{self.root}/api/status").status == 200
        except urllib3.exceptions.HTTPError:
            return False


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Started]:
    def start(*, config: dict[str, str] | None = None, **options: Any) -> Started:
        folder = tmp_path / "server"
        for name, text in (config or {}).items():
            path = folder / "jupyter-config" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        server = Started(folder, **options)
        request.addfinalizer(server.close)
        return server

    return start


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", fields(Config), ids=lambda setting: setting.name)
def test_each_setting_is_a_trait(setting: Any) -> None:
    trait = GradientData.class_traits(config=True)[setting.name]
    assert trait.default_value == setting.default
    assert trait.help == f"{setting.metadata['help']} Environment: {setting.metadata['env']}."


def test_the_help_of_the_extension_names_each_setting() -> None:
    program = [sys.executable, "-m", "jupyter_gradient_data.server", "--help-all"]
    text = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    for setting in fields(Config):
        assert f"--GradientData.{setting.name}=" in text


def test_settings_come_from_everywhere_and_the_nearest_wins(started: Callable[..., Started], tmp_path: Path) -> None:
    server = started(
        config={
            "jupyter_gradient_data_config.py": (
                f"c.GradientData.state_dir = {str(tmp_path / 'file')!r}\nc.GradientData.author = 'file'\n"
                "c.GradientData.requests_per_minute = 7\n"
            ),
            "jupyter_server_config.json": json.dumps({"GradientData": {"author": "server"}}),
        },
        environment={"GRADIENT_STATE_DIR": str(tmp_path / "environment")},
        arguments=(f"--GradientData.state_dir={tmp_path / 'argument'}",),
    )
    dataset = server.post("/api/datasets", {"name": "x"}).json["id"]
    assert [path.name for path in tmp_path.iterdir() if path.name != "server"] == ["argument"]
    assert server.post(f"/api/datasets/{dataset}/versions", {}).json["author"] == "server"
    statuses = [server.get("/api/datasets").status for _ in range(10)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"environment": {"GRADIENT_THREADS": "many"}}, "invalid_option"),
        ({"config": {"jupyter_gradient_data_config.py": "1 +"}}, "config_unreadable"),
        ({"config": {"jupyter_gradient_data_config.py": "c.GradientData.team = 'nonsense'"}}, "invalid_option"),
    ],
)
def test_settings_that_make_no_sense(started: Callable[..., Started], options: dict[str, Any], code: str) -> None:
    server = started(**options)
    for _ in range(2):
        assert server.get("/api/datasets").json["code"] == code
    assert server.get("/api/docs").status == 200


def test_secrets_of_files_are_not_in_the_log(started: Callable[..., Started]) -> None:
    server = started(
        config={
            "jupyter_gradient_data_config.py": "c.GradientData.secret_key = 'hidden-1'",
            "jupyter_server_config.py": "c.GradientData.token = 'hidden-2'",
        },
        environment={"GRADIENT_DATABASE_URL": "postgresql+psycopg://me:hidden-3@127.0.0.1:1/x"},
        arguments=(
            "--ServerApp.log_level=DEBUG",
            "--GradientData.database_url=postgresql+psycopg://me:hidden-4@127.0.0.1:1/x",
        ),
        with_lab=True,  # its extension logs the whole configuration
    )
    assert server.get("/api/datasets").status == 502
    log = server.log.read_text()
    assert "Config changed" in log  # what it would be in
    assert not re.findall("hidden-[1-4]", log)


# --- start ------------------------------------------------------------------------------------------------------------


def test_everything_is_opened_without_any_request(started: Callable[..., Started]) -> None:
    server = started()
    server.process.wait_until(lambda: "Kernels see the volumes by" in server.log.read_text())
    assert (server.state / "metadata.sqlite").exists()
    assert server.log.read_text().count("Kernels see the volumes by") == 1


def test_a_database_that_is_down_keeps_nothing_from_starting(started: Callable[..., Started]) -> None:
    (port,) = free_ports(1)
    server = started(environment={"GRADIENT_DATABASE_URL": f"postgresql+psycopg://me:hidden@127.0.0.1:{port}/x"})
    assert server.get(f"{server.root}/api/contents").status == 200
    for _ in range(2):
        answer = server.get("/api/datasets")
        assert (answer.status, answer.json["code"]) == (502, "database_failed")
        assert "hidden" not in answer.data.decode()
    assert server.get("/api/docs").status == 200
    assert "hidden" not in server.log.read_text()


def test_a_database_that_comes_back_is_opened(
    started: Callable[..., Started], tmp_path: Path, isolated_environment: Path
) -> None:
    state = tmp_path / "server" / "state"
    state.parent.mkdir()
    state.write_text("a file where a folder should be")
    server = started()
    assert server.get("/api/datasets").status >= 400
    state.unlink()
    assert server.get("/api/datasets").status == 200


# --- stop -------------------------------------------------------------------------------------------------------------


def stop(server: JupyterServer) -> str:
    """End a server as ``docker stop`` does; returns its log."""
    os.kill(server.process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while server.process.is_running():
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
    return server.log.read_text()


def test_a_server_stops_cleanly(started: Callable[..., Started]) -> None:
    server = started(environment={"PYTHONWARNINGS": "always", "PYTHONASYNCIODEBUG": "0"})
    server.post("/api/datasets", {"name": "x"})
    begun = time.monotonic()
    log = stop(server)
    assert time.monotonic() - begun < 20
    assert "extension app 'gradient_data' stopped" in log or "Shutting down" in log
    assert "Traceback" not in log
    assert "never awaited" not in log
    assert "jupyter_gradient_data" not in "\n".join(re.findall(r"^.*Warning.*$", log, re.MULTILINE))


def test_a_server_that_was_never_asked_stops_as_well(started: Callable[..., Started]) -> None:
    log = stop(started())
    assert "Traceback" not in log
