"""Whatever goes wrong is a line or two and an exit code."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys

import pytest

from jupyter_gradient_data.errors import ErrorKind
from tests.cli.conftest import ROOT, scene_command

ID, REF = "--id=dsttn2y7j1ux882", "--id=dsttn2y7j1ux882:1rn19s2"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ErrorKind.INVALID_REFERENCE(reference="a:b:c"), 2),
        (ErrorKind.DATASET_NOT_FOUND(dataset="a"), 3),
        (ErrorKind.VERSION_UNCOMMITTED(reference="a:b"), 4),
        (ErrorKind.FILE_PERMISSIONS(path="a"), 5),
        (ErrorKind.QUOTA_EXCEEDED(needed="1", provider="a", used="1", quota="1"), 6),
        (ErrorKind.DISK_FULL(path="a"), 7),
        (ErrorKind.COMMIT_UNKNOWN(reference="a", reason="b"), 8),
        (ErrorKind.CANCELLED(), 130),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (OSError(errno.ENOSPC, "No space left on device", "/some/file"), 7),
    ],
    ids=lambda value: getattr(getattr(value, "kind", None), "code", None) or repr(value),
)
def test_exit_codes(double, gradient, error, code) -> None:
    double.error = error
    result = gradient("datasets", "list")
    assert result.code == code
    assert "Traceback" not in result.err
    assert (result.err == "") == isinstance(error, BrokenPipeError)


def test_a_full_disk_names_the_file(double, gradient) -> None:
    double.error = OSError(errno.ENOSPC, "No space left on device", "/some/file")
    assert "There is no room left on the disk for /some/file." in gradient("datasets", "list").err


def test_the_callers_own_files_have_no_legacy_prefix(double, gradient) -> None:
    double.error = ErrorKind.SOURCE_UNREADABLE(path="a", reason="b")
    assert gradient("datasets", "files", "put", REF, "--source-path", "a").err.startswith("a cannot be read: b.\n")


def test_a_failed_create_with_source_paths_says_how_to_finish(double, gradient, tmp_path) -> None:
    source = tmp_path / "my data"
    source.mkdir()

    def fail(progress) -> None:
        raise ErrorKind.STORE_UNREACHABLE(store="lab", reason="no route")

    double.work = fail
    result = gradient("datasets", "versions", "create", ID, "--source-path", str(source))
    assert result.code == 7
    assert result.err == (
        "Failed to fetch data: lab cannot be reached: no route.\n"
        "Check endpoint and network, then run the same command again.\n"
        "Version dsttn2y7j1ux882:1rn19s2 is there, uncommitted. Finish it with "
        f"`gradient datasets files put --id dsttn2y7j1ux882:1rn19s2 --source-path '{source}'` and "
        "`gradient datasets versions commit --id dsttn2y7j1ux882:1rn19s2`.\n"
    )
    assert "commit_version" not in [call[0] for call in double.calls]


def test_a_defect_is_one_line_and_a_log(double, gradient, tmp_path) -> None:
    double.error = ZeroDivisionError("who would\nhave thought")
    result = gradient("--state-dir", str(tmp_path), "datasets", "list")
    assert (result.code, result.out) == (1, "")
    found = re.fullmatch(
        r"Unexpected ZeroDivisionError: who would have thought\nThe details are in (.+); please report them.\n",
        result.err,
    )
    assert found
    assert os.path.dirname(found[1]) == str(tmp_path / "logs")
    with open(found[1]) as log:
        assert "Traceback (most recent call last)" in log.read()
    assert os.stat(found[1]).st_mode & 0o077 == 0


def test_a_defect_makes_no_state_directory(double, gradient, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    double.error = ZeroDivisionError()
    result = gradient("--state-dir", str(tmp_path / "state"), "datasets", "list")
    assert f"The details are in {tmp_path}/gradient-error-" in result.err
    assert not (tmp_path / "state").exists()


def test_the_service_is_closed_after_a_failure(double, gradient) -> None:
    double.error = ErrorKind.DATASET_NOT_FOUND(dataset="a")
    gradient("datasets", "list")
    assert double.calls[-1][0] == "close"


def test_nobody_reads_on(double) -> None:
    process = subprocess.Popen(
        scene_command("many", "datasets", "files", "list", REF),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("scene", ["plain", "many"])
def test_stdout_is_full(scene) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            scene_command(scene, "datasets", "files", "list", REF), cwd=ROOT, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 7
    assert b"There is no room left on the disk for the output." in done.stderr
    assert done.stderr.count(b"\n") == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_the_work_without_a_terminal(number, code, tmp_path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    process = subprocess.Popen(
        scene_command("cancellable", "datasets", "files", "put", REF, "--source-path", "x"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "SCENE_READY": str(ready)},
    )
    ready.read_bytes()  # until the work has begun and the signals are heeded
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, b"")
    assert err == b"Stopped.\nRun the same command again to continue where it stopped.\n"


def test_a_terminal_whose_encoding_lacks_a_character() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[1:] = ['datasets', '数']; from jupyter_gradient_data.cli.main import main; main()",
        ],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 2
    assert b"No such command '\\u6570'" in done.stderr
