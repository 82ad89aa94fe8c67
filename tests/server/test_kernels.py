"""Real kernels and terminals of a real server see the volumes, and live and die as in plain Jupyter."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.kernels import Kernel, Terminal
from tests.support.machine import USER
from tests.support.privileges import folder_for_all

REFUSED = f"OSError: [Errno {errno.EROFS}] {os.strerror(errno.EROFS)}"
PIDS = "import os, subprocess; child = subprocess.Popen(['sleep', '1000']); print(os.getpid(), child.pid)"


def start_server(folder: Path, *kinds: str, **options: Any) -> JupyterServer:
    server = JupyterServer(folder, with_terminals=True, kinds=kinds, **options)
    if server.log.exists():
        server.process.wait_until(lambda: "Kernels see the volumes by" in server.log.read_text())
    return server


def skip_unless_shown(server: JupyterServer) -> None:
    view = server.get("/api/info").json["view"]
    if view["mode"] != "namespace":
        pytest.skip(f"no mount namespaces here: {view['reason']}")


@pytest.fixture(scope="module", params=["as it is", "ordinary"])
def server(request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """A server as whoever runs the tests, and as an ordinary user."""
    if request.param == "ordinary" and os.geteuid() != 0:
        pytest.skip("that is who runs the tests")
    with folder_for_all() as folder:
        place = folder / "server"
        place.mkdir()
        if request.param == "ordinary":
            os.chown(place, USER, USER)
        kinds = ("ordinary",) if request.param == "ordinary" else ()
        server = start_server(place, *kinds)
        skip_unless_shown(server)
        yield server
        server.close()


@pytest.fixture
def kernel(server: JupyterServer) -> Iterator[Kernel]:
    kernel = Kernel(server)
    yield kernel
    kernel.shut_down()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., JupyterServer]]:
    started: list[JupyterServer] = []

    def start(**options: Any) -> JupyterServer:
        started.append(start_server(tmp_path / "server", **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def mounted(server: JupyterServer, name: str, text: str) -> None:
    """Do what mounting does at its end: put a link where the view looks."""
    (team,) = (server.state / "share-storage").iterdir()
    tree = team / "datasets" / "trees" / f"{name}-{text}"
    tree.mkdir(parents=True)
    (tree / "file.txt").write_text(text)
    for part in ("inputs", "datasets"):
        folder = team / "mounts" / "default" / part
        (folder / ".new").symlink_to(tree)
        (folder / ".new").rename(folder / name)


def holder_of(server: JupyterServer) -> int:
    """The process that keeps the namespaces of a server."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == server.process.pid and b"run_holder.py" in (path / "cmdline").read_bytes():
                return int(path.name)
        except OSError:
            continue
    raise AssertionError("there is none")


# --- what they see ----------------------------------------------------------------------------------------------------


def test_what_one_kernel_writes_another_and_a_terminal_read(server: JupyterServer, kernel: Kernel) -> None:
    assert kernel.run("print(open('/storage/x', 'w').write('from a kernel'))") == "13"
    other, terminal = Kernel(server), Terminal(server)
    assert other.run("print(open('/storage/x').read())") == "from a kernel"
    assert terminal.run("cat /storage/x") == "from a kernel"
    assert terminal.run("echo more > /notebook/y; echo $?") == "0"
    assert kernel.run("print(open('/notebook/y').read())") == "more"
    kernel.restart()
    assert kernel.run("print(open('/storage/x').read())") == "from a kernel"
    other.shut_down()
    terminal.close()


@pytest.mark.parametrize("path", ["/inputs/x", "/datasets/x"])
def test_data_is_read_only(server: JupyterServer, kernel: Kernel, path: str) -> None:
    assert kernel.run(f"open({path!r}, 'w')") == f"{REFUSED}: {path!r}"


def test_a_mount_appears_in_a_running_kernel_and_is_replaced(server: JupyterServer, kernel: Kernel) -> None:
    name = f"d{kernel.id[:8]}"
    wait = f"import os, time\nwhile not os.path.exists('/inputs/{name}/file.txt'): time.sleep(0.01)\n"
    message = kernel.start(f"{wait}kept = open('/inputs/{name}/file.txt'); print(kept.read())")
    mounted(server, name, "one")
    assert kernel.finish(message) == "one"
    mounted(server, name, "two")
    again = f"while open('/datasets/{name}/file.txt').read() != 'two': time.sleep(0.01)\n"
    code = f"{again}kept.seek(0); print(kept.read(), open('/inputs/{name}/file.txt').read())"
    assert kernel.run(code) == "one two"


def test_variables_say_where_everything_is(server: JupyterServer, kernel: Kernel) -> None:
    names = ["GRADIENT_STORAGE", "GRADIENT_NOTEBOOK_DIR", "GRADIENT_DATASETS", "GRADIENT_INPUTS", "GRADIENT_OUTPUTS"]
    expected = "/storage /notebook /datasets /inputs /outputs"
    assert kernel.run(f"import os; print(*map(os.environ.get, {names}))") == expected
    terminal = Terminal(server)
    assert terminal.run("echo " + " ".join(f"${name}" for name in names)) == expected
    terminal.close()


def test_terminals_are_terminals(server: JupyterServer) -> None:
    terminal = Terminal(server)
    assert terminal.run("test -t 0 && test -t 1 && tty").startswith("/dev/pts/")
    # one program: between two, an interrupt can find the shell alone, which then waits for the second
    terminal.type("""sh -c "echo be''gun; exec sleep 1000"\r""")
    terminal.wait_for("begun")
    terminal.type("\x03")
    terminal.wait_for("^C")  # with it what was typed and not read is thrown away
    assert terminal.run("echo still here") == "still here"
    assert terminal.run("sleep 1000 & jobs").splitlines()[-1].startswith("[1]")
    pid = int(terminal.run("echo $$"))
    assert is_alive(pid)
    terminal.close()
    wait_until(lambda: not is_alive(pid))


def test_devices_pass(server: JupyterServer, kernel: Kernel) -> None:
    code = "print(len(open('/dev/urandom', 'rb').read(3)), open('/dev/null', 'wb').write(b'x'))"
    assert kernel.run(code) == "3 1"


# --- how they live and die --------------------------------------------------------------------------------------------


def test_a_kernel_is_interrupted_also_in_a_program_it_waits_for(server: JupyterServer, kernel: Kernel) -> None:
    for code in ("import time; print('on', flush=True); time.sleep(1000)",
                 "import subprocess; print('on', flush=True); subprocess.run(['sleep', '1000'])"):  # fmt: skip
        message = kernel.start(code)
        kernel.wait_for_output(message, "on")
        kernel.interrupt()
        assert kernel.finish(message).endswith("KeyboardInterrupt:")
    assert kernel.run("print('alive')") == "alive"


def test_a_kernel_takes_its_children_with_it(server: JupyterServer) -> None:
    kernel = Kernel(server)
    pids = [int(pid) for pid in kernel.run(PIDS).split()]
    assert all(map(is_alive, pids))
    kernel.shut_down()
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_kernel_that_is_killed_is_started_again(server: JupyterServer, kernel: Kernel) -> None:
    pid = int(kernel.run("import os; print(os.getpid())"))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.get(kernel.url).json["execution_state"] in ("starting", "idle") and not is_alive(pid))
    kernel._connect()
    assert kernel.run("print(open('/storage/again', 'w').write('x'))") == "1"


def test_when_the_server_is_killed_nothing_is_left(own_server: Callable[..., JupyterServer]) -> None:
    server = own_server()
    skip_unless_shown(server)
    kernel, terminal = Kernel(server), Terminal(server)
    pid = int(kernel.run("import os; print(os.getpid())"))
    shell = int(terminal.run("echo $$"))
    holder = holder_of(server)
    os.kill(server.process.pid, signal.SIGKILL)
    for process in (pid, shell, holder):
        wait_until(lambda process=process: not is_alive(process))  # type: ignore[misc]


def test_when_the_server_stops_nothing_is_left(own_server: Callable[..., JupyterServer]) -> None:
    server = own_server()
    skip_unless_shown(server)
    pid, holder = int(Kernel(server).run("import os; print(os.getpid())")), holder_of(server)
    plans = list((server.folder / "jupyter-runtime").glob("gradient-view-*"))
    assert len(plans) == 1
    os.kill(server.process.pid, signal.SIGTERM)
    wait_until(lambda: not server.process.is_running())
    wait_until(lambda: not is_alive(pid) and not is_alive(holder))
    assert not plans[0].exists()
    assert "Traceback" not in server.log.read_text()


# --- where there is no view -------------------------------------------------------------------------------------------


def test_without_namespaces_kernels_get_variables(own_server: Callable[..., JupyterServer]) -> None:
    server = own_server(environment={"GRADIENT_VIEW": "environment"})
    kernel, terminal = Kernel(server), Terminal(server)
    assert kernel.run("import os; print(open(os.environ['GRADIENT_STORAGE'] + '/x', 'w').write('x'))") == "1"
    assert terminal.run("cat $GRADIENT_STORAGE/x") == "x"
    mounted(server, "d", "one")
    assert terminal.run("cat $GRADIENT_INPUTS/d/file.txt $GRADIENT_DATASETS/d/file.txt") == "oneone"
    assert server.get("/api/info").json["view"] == {"mode": "environment", "reason": "GRADIENT_VIEW asks for it."}


def test_without_a_database_kernels_start_plainly(own_server: Callable[..., JupyterServer], tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("a file")
    options = {"environment": {"GRADIENT_STATE_DIR": str(tmp_path / "no-folder")}, "with_datasets": True}
    server = _OnlyJupyter(tmp_path / "server", with_terminals=True, **options)
    try:
        assert Kernel(server).run("print(1 + 1)") == "2"
        assert Terminal(server).run("echo hello") == "hello"
        assert "The kernel starts without the volumes of gradient" in server.log.read_text()
    finally:
        server.close()


class _OnlyJupyter(JupyterServer):
    """One whose own API is all that has to answer."""

    def _answers(self) -> bool:
        self._sign_of_life = f"{self.root}/api/status"
        return super()._answers()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"arguments": ("--KernelProvisionerFactory.default_provisioner_name=local-provisioner",)},
            "kernels are started by local-provisioner, as the configuration says",
        ),
        (
            {"environment": {"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"}},
            "kernels are started by local-provisioner, as JUPYTER_DEFAULT_PROVISIONER_NAME says",
        ),
    ],
)
def test_who_has_chosen_a_provisioner_keeps_it(
    own_server: Callable[..., JupyterServer], options: dict[str, Any], says: str
) -> None:
    server = own_server(**options)
    assert "GRADIENT_STORAGE" not in Kernel(server).run("import os; print(*os.environ)")
    assert f"Kernels do not see the volumes of gradient: {says}." in server.log.read_text()


def test_who_has_chosen_a_shell_keeps_it(own_server: Callable[..., JupyterServer]) -> None:
    server = own_server(arguments=("--ServerApp.terminado_settings={'shell_command': ['/bin/sh']}",))
    assert Terminal(server).run("echo [$GRADIENT_STORAGE]") == "[]"


def test_a_kernel_that_does_not_exist_is_reported_as_ever(server: JupyterServer) -> None:
    spec = server.folder / "jupyter-data" / "kernels" / "broken"
    spec.mkdir(parents=True)
    text = json.dumps({"argv": ["/no/such/python", "{connection_file}"], "display_name": "broken", "language": "x"})
    (spec / "kernel.json").write_text(text)
    answer = server.post(f"{server.root}/api/kernels", {"name": "broken"})
    assert answer.status == 500
    assert "/no/such/python" in server.log.read_text()


# --- other programs ---------------------------------------------------------------------------------------------------


def test_jupyter_works_in_the_notebook_when_asked(own_server: Callable[..., JupyterServer]) -> None:
    server = own_server(environment={"GRADIENT_WORK_IN_NOTEBOOK": "1"}, with_root=False)
    skip_unless_shown(server)
    home = next((server.state / "share-storage").glob("*/notebooks/default"))
    (home / "here.txt").write_text("x")
    names = [entry["name"] for entry in server.get(f"{server.root}/api/contents").json["content"]]
    assert names == ["here.txt"]
    answer = server.post(f"{server.root}/api/sessions", {
        "path": "a.ipynb", "type": "notebook", "name": "a", "kernel": {"name": "python3"},
    })  # fmt: skip
    kernel = Kernel(server, answer.json["kernel"]["id"])
    assert kernel.run("import os; print(os.getcwd(), os.listdir('.'))") == "/notebook ['here.txt']"


def test_without_a_server_a_kernel_has_a_view_of_its_own(tmp_path: Path) -> None:
    code = """
import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("print(open('/storage/x', 'w').write('hello'))")
client.stop_channels()
manager.shutdown_kernel(now=True)
"""
    environment = {
        **os.environ,
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "gradient",
        "GRADIENT_STATE_DIR": str(tmp_path / "state"),
        "HOME": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    if "volumes of gradient" in done.stderr:
        pytest.fail(done.stderr)
    assert done.stdout.strip() == "5", done.stderr
    (written,) = (tmp_path / "state" / "share-storage").glob("*/storage/x")
    assert written.read_text() == "hello"


def test_kernels_and_terminals_do_not_get_the_secrets_of_the_server(own_server: Callable[..., JupyterServer]) -> None:
    """What it clones and mounts with."""
    secrets = {"GRADIENT_WORKSPACE_PASSWORD": "hush-1", "GRADIENT_SECRET_BUCKET": "hush-2"}
    server = own_server(environment=secrets)
    assert "hush" not in Kernel(server).run("import os; print(dict(os.environ))")
    assert "hush" not in Terminal(server).run("env")
