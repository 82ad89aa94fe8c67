"""The view in mount namespaces: what programs see, and how it changes while they run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.models import ViewMode
from jupyter_gradient_data.volumes.view.runs import is_in_use
from tests.volumes.shown import DATASETS, INPUTS, WRITABLE, Shown

READ_ONLY = os.strerror(errno.EROFS)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    found = Shown(tmp_path / "a state, with: odd 'name'", view="namespace")
    if found.view.mode is not ViewMode.NAMESPACE:
        pytest.skip(f"no mount namespaces here: {found.view.reason}")
    yield found
    found.close()


def ask(program: subprocess.Popen[str], line: str = "") -> str:
    """Say something to a program, and hear one line."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{line}\n")
    program.stdin.flush()
    return program.stdout.readline().strip()


# --- what is there ----------------------------------------------------------------------------------------------------


def test_the_volumes_are_there_and_lead_where_they_belong(shown: Shown) -> None:
    for path, folder in [
        ("/storage", shown.folders.storage()),
        ("/notebook", shown.folders.notebook()),
        ("/outputs", shown.folders.mounts("outputs")),
    ]:
        assert shown.run(f"echo hello > {path}/x && cat {path}/x") == "hello"
        assert (folder / "x").read_text() == "hello\n"
    assert not Path("/storage").exists()


@pytest.mark.parametrize("path", ["/inputs/x", "/datasets/x", "/inputs/d/x", "/datasets/d/x", "/x"])
def test_what_is_read_only_refuses_to_be_written(shown: Shown, path: str) -> None:
    shown.link("d", shown.tree("t", a="1"))
    shown.sync()
    assert READ_ONLY in shown.run(f"touch {path}")


def test_the_cache_is_read_only_at_its_own_path_as_well(shown: Shown) -> None:
    tree = shown.tree("t", a="1")
    assert READ_ONLY in shown.run(f"echo 2 > '{str(tree).replace(chr(39), chr(39) + chr(92) + chr(39) + chr(39))}/a'")
    (tree / "a").write_text("3")  # not for the server


def test_all_else_is_as_on_the_machine(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert shown.run(f"cat {tmp_path}/file") == "mine"
    assert set(os.listdir("/")) <= set(shown.run("ls -A /").splitlines())
    assert shown.run("id -u; id -g").split() == [str(os.getuid()), str(os.getgid())]
    assert shown.run("head -c 3 /dev/zero | wc -c; echo x > /dev/null; test -c /dev/null && echo device") == "3\ndevice"


@pytest.mark.parametrize(
    ("volume", "fixed"),
    [("notebook", "/notebook"), ("storage", "/storage")],
)
def test_the_working_folder_gets_its_fixed_path(shown: Shown, volume: str, fixed: str) -> None:
    local = getattr(shown.folders, volume)()
    (local / "deep" / "er").mkdir(parents=True)
    assert shown.run("pwd; echo $PWD", cwd=local).split() == [fixed, fixed]
    assert shown.run("pwd", cwd=local / "deep" / "er") == f"{fixed}/deep/er"
    neighbour = local.with_name(f"{local.name}-2")
    neighbour.mkdir()
    assert shown.run("pwd", cwd=neighbour) == str(neighbour)


def test_the_program_takes_the_place_of_the_launcher(shown: Shown) -> None:
    reading, writing = os.pipe()
    code = f"import os; print(os.getpid()); os.write({writing}, b'hello')"
    program = shown.start(sys.executable, "-c", code, pass_fds=[writing], start_new_session=True)
    assert os.getpgid(program.pid) == program.pid
    output, _ = program.communicate(timeout=60)
    os.close(writing)
    with open(reading) as pipe:
        assert pipe.read() == "hello"
    assert output.strip() == str(program.pid)


def test_a_program_that_fails_and_one_that_is_not_there(shown: Shown) -> None:
    failing = shown.start("sh", "-c", "exit 7")
    failing.communicate(timeout=60)
    assert failing.returncode == 7
    missing = shown.start("/no/such/program")
    _, errors = missing.communicate(timeout=60)
    assert missing.returncode == 1
    assert "/no/such/program cannot be started: No such file or directory" in errors
    assert "Traceback" not in errors


def test_a_program_starts_plainly_when_the_namespace_is_gone(shown: Shown) -> None:
    how = list(shown.view._how)
    shown.view._how = ["1", *how[1:]]
    assert shown.run("echo started; ls -d /storage") == (
        "gradient: started without the volumes: [Errno 0] the server that showed them has ended\n"
        "started\nls: cannot access '/storage': No such file or directory"
    )


# --- what changes -----------------------------------------------------------------------------------------------------


def test_a_link_appears_changes_and_goes_in_running_programs(shown: Shown) -> None:
    shown.link("other", shown.tree("0", a="other"))
    shown.sync()
    code = """
import os
os.chdir("/datasets/other")
kept = None
while True:
    input()
    files = {name: open(f"/inputs/{name}/a").read() for name in sorted(os.listdir("/inputs"))}
    if kept is None and "d" in files:
        kept = open("/inputs/d/a")
        kept.read()
    if kept is not None:
        kept.seek(0)
    print(files, kept and kept.read(), os.getcwd(), sorted(os.listdir("/datasets")), flush=True)
"""
    program = shown.start(sys.executable, "-c", code)
    assert ask(program) == "{'other': 'other'} None /datasets/other ['other']"
    shown.link("d", shown.tree("1", a="one"))
    shown.sync()
    assert ask(program) == "{'d': 'one', 'other': 'other'} one /datasets/other ['d', 'other']"
    shown.link("d", shown.tree("2", a="two"))
    shown.sync()
    assert ask(program) == "{'d': 'two', 'other': 'other'} one /datasets/other ['d', 'other']"
    shown.unlink("d")
    shown.sync()
    assert ask(program) == "{'other': 'other'} one /datasets/other ['other']"
    program.communicate(timeout=60)


def test_without_being_asked_a_change_is_seen_soon(shown: Shown) -> None:
    program = shown.start("sh", "-c", "echo ready; until test -e /inputs/d/a; do sleep 0.01; done; cat /inputs/d/a")
    assert program.stdout is not None
    program.stdout.readline()
    shown.link("d", shown.tree("1", a="one"))
    assert program.communicate(timeout=30)[0] == "one"


def test_nobody_ever_sees_a_part_of_a_mount(shown: Shown) -> None:
    """A program looks without a pause while a mount comes, is replaced and goes, many times."""
    trees = [shown.tree(str(n), **{f"file{i}": str(n) for i in range(30)}) for n in range(2)]
    code = """
import os, sys
names = {f"file{i}" for i in range(30)}
seen = [0, 0, 0]
print("ready", flush=True)
while not os.path.exists("/storage/stop"):
    try:
        folder = os.open("/inputs/d", os.O_RDONLY)
    except FileNotFoundError:
        seen[2] += 1
        continue
    found = set(os.listdir(folder))
    content = {open(name, opener=lambda path, flags: os.open(path, flags, dir_fd=folder)).read() for name in found}
    os.close(folder)
    if found != names or len(content) != 1:
        sys.exit(f"partly there: {found} {content}")
    seen[int(content.pop())] += 1
    hidden = [name for name in os.listdir("/inputs") if name != "d" and not name.startswith(".")]
    if hidden:
        sys.exit(f"what is {hidden}?")
print(*seen)
"""
    program = shown.start(sys.executable, "-c", code)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    for round_ in range(60):
        shown.link("d", trees[round_ % 2], INPUTS)
        shown.sync()
        if round_ % 3 == 2:
            shown.unlink("d", INPUTS)
            shown.sync()
    (shown.folders.storage() / "stop").touch()
    output, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert all(int(count) > 0 for count in output.split()), output


def test_a_link_to_nothing_shows_nothing_until_there_is_something(shown: Shown) -> None:
    missing = shown.folders.cache() / "trees" / "later"
    shown.link("d", missing)
    shown.sync()
    assert shown.run("ls /inputs") == ""
    shown.tree("later", a="1")
    shown.sync()
    assert shown.run("ls /inputs/d /datasets/d") == "/datasets/d:\na\n\n/inputs/d:\na"


def test_names_on_their_way_are_not_shown(shown: Shown) -> None:
    (shown.folders.mounts(INPUTS) / ".new").symlink_to(shown.tree("t", a="1"))
    (shown.folders.mounts(INPUTS) / "file").write_text("no link")
    shown.sync()
    assert shown.run("ls -A /inputs") == ""


# --- writable mounts --------------------------------------------------------------------------------------------------


def test_a_writable_mount_takes_changes_and_the_version_stays(shown: Shown) -> None:
    if not shown.view.can_overlay:
        pytest.skip("no overlays here")
    tree = shown.tree("t", a="old", gone="x")
    layer = shown.layer("w", tree)
    shown.link("w", tree)
    shown.sync()
    assert shown.run("cd /inputs/w; echo new > a; rm gone; mkdir d; echo b > d/b; ls") == "a\nd"
    assert sorted(path.name for path in tree.iterdir()) == ["a", "gone"]
    assert (tree / "a").read_text() == "old"
    assert (layer / "upper" / "a").read_text() == "new\n"
    assert shown.run("cat /datasets/w/a") == "new"
    assert READ_ONLY in shown.run("touch /datasets/w/x")


def test_a_layer_that_is_replaced_is_another_overlay(shown: Shown) -> None:
    if not shown.view.can_overlay:
        pytest.skip("no overlays here")
    tree = shown.tree("t", a="old")
    shown.layer("w", tree)
    shown.link("w", tree)
    shown.sync()
    shown.run("echo new > /inputs/w/a")
    shown.layer("w", tree)
    shown.sync()
    assert shown.run("cat /inputs/w/a /datasets/w/a") == "oldold"
    shown.run("echo newer > /inputs/w/a")
    assert shown.run("cat /datasets/w/a") == "newer"


def test_a_private_copy_is_written_itself(shown: Shown) -> None:
    copy = shown.folders.mounts(WRITABLE) / "w" / "files"
    copy.mkdir(parents=True)
    (copy / "a").write_text("mine")
    (copy.parent / "lower").symlink_to(tree := shown.tree("t", a="old"))
    shown.link("w", tree)
    shown.sync()
    assert shown.run("cat /inputs/w/a; echo b > /inputs/w/b; touch /datasets/w/x").startswith("mine")
    assert sorted(path.name for path in copy.iterdir()) == ["a", "b"]


def test_an_overlay_belongs_to_one_server(shown: Shown, caplog: pytest.LogCaptureFixture) -> None:
    if not shown.view.can_overlay:
        pytest.skip("no overlays here")
    tree = shown.tree("t", a="old")
    shown.layer("w", tree)
    shown.link("w", tree)
    shown.sync()
    other = Shown(shown.config.state_path, view="namespace")
    try:
        other.sync()
        assert other.run("ls /inputs") == ""
        assert "only one can" in caplog.text
        shown.close()
        other.sync()
        assert other.run("cat /inputs/w/a") == "old"
    finally:
        other.close()


# --- the process that keeps it ----------------------------------------------------------------------------------------


def test_another_one_takes_over_when_it_is_killed(shown: Shown) -> None:
    shown.link("kept", shown.tree("0", a="kept"))
    tree = shown.tree("w", a="old")
    shown.layer("w", tree)
    shown.link("w", tree)
    shown.sync()
    program = shown.start("sh", "-c", "while read line; do cat /inputs/*/a; echo; done")
    assert ask(program) == "keptold"
    first = shown.holder_pid
    os.kill(first, signal.SIGKILL)
    shown.link("d", shown.tree("1", a="one"))
    shown.sync()
    assert shown.holder_pid != first
    assert ask(program) == "onekeptold"
    assert shown.run("cat /inputs/d/a") == "one"
    program.communicate(timeout=60)


def test_it_ends_with_its_server_and_programs_go_on(shown: Shown, tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from tests.volumes.shown import Shown
shown = Shown(Path({str(tmp_path / "state")!r}), view="namespace")
shown.link("d", shown.tree("t", a="one"))
shown.sync()
answer = f"echo {{shown.holder_pid}} {{shown.folders.all_mounts() / 'default'}}"
program = shown.start("sh", "-c", answer + "; read line; cat /inputs/d/a", stdin=0, stdout=1)
time.sleep(100)
"""
    server = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    pid, run = server.stdout.readline().split()
    assert is_in_use(Path(run))
    server.kill()
    deadline = time.monotonic() + 30
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not is_in_use(Path(run))
    output, _ = server.communicate("\n", timeout=60)
    assert output == "one"


def test_one_that_was_closed_shows_what_it_showed(shown: Shown) -> None:
    shown.link("d", shown.tree("t", a="one"))
    shown.sync()
    program = shown.start("sh", "-c", "echo ready; read line; cat /inputs/d/a")
    assert program.stdout is not None
    program.stdout.readline()
    shown.view.close()
    assert program.communicate("\n", timeout=60)[0] == "one"
    shown.view.close()  # once more is no error
    shown.sync()


# --- views in views ---------------------------------------------------------------------------------------------------


def test_a_program_of_the_same_run_sees_what_it_was_started_in(shown: Shown) -> None:
    shown.link("d", shown.tree("t", a="one"))
    shown.sync()
    code = f"""
from pathlib import Path
from tests.volumes.shown import Shown
inner = Shown(Path({str(shown.config.state_path)!r}))
print(inner.view.mode.value, inner.view.wrap(["x"]), inner.run("cat /inputs/d/a"))
inner.close()
"""
    program = shown.start(sys.executable, "-c", code)
    assert program.communicate(timeout=60)[0].strip() == "namespace ['x'] one"


def test_another_run_inside_has_volumes_of_its_own(shown: Shown, tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from tests.volumes.shown import Shown
inner = Shown(Path({str(tmp_path / "inner")!r}), view="namespace")
inner.link("d", inner.tree("t", a="inner"))
inner.sync()
print(inner.view.mode.value, inner.run("ls /inputs; cat /inputs/d/a; touch /inputs/d/x"))
inner.close()
"""
    shown.link("outer", shown.tree("t", a="one"), DATASETS)
    shown.sync()
    program = shown.start(sys.executable, "-c", code)
    output, errors = program.communicate(timeout=60)
    assert output.startswith("namespace d\ninner"), errors
    assert READ_ONLY in output
