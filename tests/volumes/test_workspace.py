"""The workspace of a notebook run: what is refused, what is said, what is kept, and that no password is anywhere."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase, ProgressEvent, Thing, Workspace, WorkspaceState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.notices import NoticeFeed
from jupyter_gradient_data.volumes.workspace import git as git_module
from jupyter_gradient_data.volumes.workspace.git import Credentials, Git
from jupyter_gradient_data.volumes.workspace.git_url import check_ref, parse_url, same_place
from jupyter_gradient_data.volumes.workspace.workspace import WorkspaceFolder
from tests.support.git_http import PASSWORD, USER, GitServer, git_server
from tests.support.privileges import folder_for_all, without_privileges
from tests.support.repositories import Upstream, git

# The password as it is, in a URL, and as HTTP sends it.
SHAPES = [PASSWORD.encode(), quote(PASSWORD, safe="").encode(), base64.b64encode(f"{USER}:{PASSWORD}".encode())]


class Place:
    """A state, and the workspace of its notebook run."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.repository = Repository(Config(state_dir=folder, **settings))
        self.workspace = WorkspaceFolder(self.repository)
        self.events: list[ProgressEvent] = []

    def update(self, url: str | None = None, ref: str | None = None, progress: Progress | None = None) -> Workspace:
        progress = progress or Progress(self.events.append)
        return self.workspace.update(self.workspace.wanted(url, ref), progress)

    def fails(self, url: str | None = None, ref: str | None = None) -> GradientDataError:
        """The error of an update; the state says the same."""
        with pytest.raises(GradientDataError) as caught:
            self.update(url, ref)
        error = caught.value
        found = self.workspace.get()
        assert found.state is WorkspaceState.FAILED
        assert found.error is not None
        assert (found.error.code, found.error.message, found.error.hint) == (error.kind.code, error.message, error.hint)
        assert error.hint
        assert "\n" not in error.message
        return error

    @property
    def home(self) -> Path:
        return Path(self.workspace.get().local_path)


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    places: list[Place] = []

    def make(name: str = "state", **settings: str) -> Place:
        places.append(Place(tmp_path / name, **settings))
        return places[-1]

    yield make
    for place in places:
        place.repository.close()


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    return make_place()


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream", {"a.txt": b"a\n", ".gradient/settings.yaml": b"integrations: {}\n"})


@pytest.fixture
def served(tmp_path: Path, upstream: Upstream) -> Iterator[GitServer]:
    with git_server(tmp_path) as server:
        yield server


def url_of(server: GitServer) -> str:
    return f"{server.origin}/upstream/.git"


# --- what git may be given --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "origin"),
    [
        ("https://github.com/team/x", None, "https://github.com"),
        (" https://GitHub.com:8443/team/x.git ", "https://GitHub.com:8443/team/x.git", "https://github.com:8443"),
        ("http://[::1]:80/x", None, "http://[::1]:80"),
        ("ssh://git@host.example/x.git", None, None),
        ("ssh://host:22/~/x", None, None),
        ("git@github.com:team/x.git", None, None),
        ("host:x", None, None),
        ("git://host/x", None, None),
        ("file:///srv/x y.git", None, None),
        ("/srv/x.git", "file:///srv/x.git", None),
    ],
)
def test_urls(text: str, url: str | None, origin: str | None) -> None:
    assert parse_url(text) == (url or text, origin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "./x",
        "~/x",
        "../x.git",
        "--upload-pack=touch /tmp/x",
        "-x:y",
        "ext::sh -c touch% /tmp/x",
        "fd::3",
        "ext://x/y",
        "ftp://host/x",
        "javascript://host/x",
        "https://",
        "https://host",
        "https://host/",
        "https://-host/x",
        "https://ho st/x",
        "https://host:99999/x",
        "https://host/x?private_token=1",
        "https://host/x#y",
        "ssh://-oProxyCommand=x/y",
        "ssh://a@-oProxyCommand=x/y",
        "ssh://-x@host/y",
        "-oProxyCommand=x:y",
        "a@-oProxyCommand=x:y",
        "host:-x",
        "host::x",
        "https://host/x\ny",
        "https://host/x%0ay",
        "https://ho%0ast/x",
        "file://host/x",
        "file://x",
        "https://" + "x" * 3000,
    ],
)
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(GradientDataError) as caught:
        parse_url(text)
    assert caught.value.kind is ErrorKind.INVALID_OPTION


@pytest.mark.parametrize(
    "text",
    [
        "https://ann:hunter2@host/x",
        "https://hunter2@host/x",
        "ssh://ann:hunter2@host/x",
        "ftp://a:hunter2@h/x",
        "https://ann:p@hunter2@host/x",
        "https://ann:hunter2/p@host/x",
        "https://ann:hunter2?p@host/x",
        "ann:hunter2@host/x",
        "ann:hunter2@host:x",
        "https://ann:hunter2" + "x" * 100 + "\n@host/x",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(GradientDataError) as caught:
        parse_url(text)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint} {caught.value.details}"


@pytest.mark.parametrize("ref", ["main", "v1.0", "feature/x", "refs/heads/x", "ünï", "a" * 40, "x@y"])
def test_refs(ref: str) -> None:
    assert check_ref(ref) == ref


@pytest.mark.parametrize(
    "ref",
    ["", "-x", "--upload-pack=x", "a b", "a..b", "a~1", "a^", "a:b", "@{-1}", "@", "a\n", "/a", "a/", "a.lock", "*"],
)
def test_what_is_no_ref(ref: str) -> None:
    with pytest.raises(GradientDataError) as caught:
        check_ref(ref)
    assert caught.value.kind is ErrorKind.INVALID_OPTION


def test_the_same_place() -> None:
    assert same_place("https://Host/team/x.git/", "https://host/team/x")
    assert not same_place("https://host/team/x", "https://host/team/y")
    assert not same_place("https://host/Team/x", "https://host/team/x")


# --- from nothing to ready --------------------------------------------------------------------------------------------


def test_a_life(place: Place, upstream: Upstream) -> None:
    found = place.workspace.get()
    assert (found.url, found.state, found.commit, found.error) == (None, WorkspaceState.NONE, None, None)
    with pytest.raises(GradientDataError) as caught:
        place.update()
    assert caught.value.kind is ErrorKind.WORKSPACE_NONE
    feed = NoticeFeed(place.repository)
    feed.poll()
    found = place.update(upstream.url)
    assert found == place.workspace.get()
    assert (found.url, found.ref, found.commit, found.state) == (
        upstream.url,
        None,
        upstream.head,
        WorkspaceState.READY,
    )
    assert found.notes == ()
    assert found.modified is not None
    assert {event.phase for event in place.events} >= {Phase.FETCHING, Phase.UNPACKING}
    assert [(notice.thing, notice.subject) for notice in feed.poll()] == [(Thing.WORKSPACE, "default")]
    assert (place.home / ".gradient/settings.yaml").read_bytes() == b"integrations: {}\n"
    (place.home / "a.txt").write_bytes(b"mine\n")
    upstream.commit({"a.txt": b"theirs\n"})
    found = place.update()
    assert found.commit == upstream.head
    (note,) = found.notes
    assert note.startswith("a.txt: yours stays")
    assert place.update().notes == ()
    git(upstream.folder, "tag", "v1")
    assert place.update(ref="v1").ref == "v1"
    assert place.update().ref == "v1"
    assert place.update(upstream.url).ref == "v1"


def test_the_settings_name_a_repository(make_place: Callable[..., Place], upstream: Upstream) -> None:
    git(upstream.folder, "branch", "other")
    place = make_place(workspace_url=upstream.url, workspace_ref="other")
    assert place.workspace.get().url == upstream.url
    assert place.workspace.get().state is WorkspaceState.NONE
    assert place.update().ref == "other"
    assert place.update(ref="main").ref == "main"


@pytest.mark.parametrize("url", ["https://ann:hunter2@host/x", "ann:hunter2@host/x"])
def test_what_is_in_the_settings_and_cannot_be_is_said_without_its_password(
    make_place: Callable[..., Place], url: str
) -> None:
    place = make_place(workspace_url=url)
    assert "hunter2" not in str(place.workspace.get())
    with pytest.raises(GradientDataError) as caught:
        place.update()
    assert "hunter2" not in str(caught.value)


def test_progress_of_a_large_repository(place: Place, tmp_path: Path) -> None:
    files: dict[str, bytes | None] = {f"{number}.bin": secrets.token_bytes(2000) for number in range(300)}
    place.update(Upstream(tmp_path / "large", files).url)
    fetched = [event for event in place.events if event.phase is Phase.FETCHING and event.files_total]
    assert fetched[-1].files_done == fetched[-1].files_total == 302
    assert fetched[-1].bytes_done > 500_000
    written = [event for event in place.events if event.phase is Phase.UNPACKING]
    assert (written[-1].files_done, written[-1].files_total) == (300, 300)


# --- why not ----------------------------------------------------------------------------------------------------------


def test_no_such_repository(place: Place, tmp_path: Path) -> None:
    error = place.fails(f"file://{tmp_path}/nothing")
    assert error.kind is ErrorKind.WORKSPACE_NOT_FOUND
    assert os.listdir(place.home) == []


def test_no_such_ref(place: Place, upstream: Upstream) -> None:
    error = place.fails(upstream.url, "nothing")
    assert error.kind is ErrorKind.WORKSPACE_REF_NOT_FOUND
    assert error.message == f"The repository {upstream.url} has no branch, tag or commit nothing."


def test_no_such_host(place: Place) -> None:
    error = place.fails("https://host.invalid/x")
    assert "its host is not known" in error.message


def test_nobody_listens(place: Place, served: GitServer) -> None:
    url = url_of(served)
    served.close()
    assert "cannot be reached" in place.fails(url).message


def test_no_git(place: Place, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in place.fails(upstream.url).message


def test_no_ssh(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("git", "sh"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / "bin" / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "ssh is not installed" in place.fails("git@host.invalid:x").message


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("git@x: Permission denied (publickey).", "does not accept your SSH key"),
        ("Host key verification failed.", "key of its host is not known"),
        ("ssh: Could not resolve hostname x: Name or service not known", "its host is not known"),
    ],
)
def test_what_ssh_says(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, words: str) -> None:
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(program))
    assert words in place.fails("git@host:x").message


def test_a_failure_leaves_what_was_there(place: Place, upstream: Upstream) -> None:
    place.update(upstream.url)
    before = place.workspace.get()
    os.rename(upstream.folder, f"{upstream.folder}-away")
    error = place.fails()
    found = place.workspace.get()
    assert (found.url, found.commit) == (before.url, before.commit)
    assert error.kind is ErrorKind.WORKSPACE_NOT_FOUND
    os.rename(f"{upstream.folder}-away", upstream.folder)
    assert place.update().state is WorkspaceState.READY


def test_a_full_disk_is_said(place: Place, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jupyter_gradient_data.volumes.workspace.workspace.bring", full)
    assert place.fails(upstream.url).kind is ErrorKind.DISK_FULL


def test_an_ordinary_user(upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with folder_for_all() as folder:
        subprocess.run(["cp", "-r", upstream.folder, folder / "upstream"], check=True)
        subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
        monkeypatch.setenv("HOME", str(folder))
        (folder / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
        with without_privileges():
            place = Place(folder / "state")
            place.update(f"file://{folder}/upstream/.git")
            (place.home / "sub").mkdir()
            (place.home / "sub/x").write_bytes(b"mine")
            (place.home / "sub").chmod(0o555)
        copy = Upstream.__new__(Upstream)
        copy.folder = folder / "upstream"
        copy.commit({"sub/y": b"theirs", "a.txt": b"new\n"})
        subprocess.run(["chmod", "-R", "a+rwX", folder / "upstream"], check=True)
        with without_privileges():
            found = place.update()
            (place.home / "sub").chmod(0o755)
            place.repository.close()
        assert found.notes == ("sub/y: it cannot be changed, so it stays as it was; its folder is not yours.",)
        assert (place.home / "a.txt").read_bytes() == b"new\n"


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_repository_with_a_password(
    make_place: Callable[..., Place],
    served: GitServer,
    upstream: Upstream,
    tmp_path: Path,
    isolated_environment: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    (isolated_environment / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    arguments: list[bytes] = []

    def look() -> None:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended
                arguments.append(process.read_bytes())

    served.on_request = look
    place = make_place(workspace_url=url_of(served), workspace_username=USER, workspace_password=PASSWORD)
    place.update()
    upstream.commit({"a.txt": b"more\n"})
    found = place.update()
    assert found.commit == upstream.head
    assert f"{USER}:{PASSWORD}" in served.seen
    assert any(b"http" in one and b"git" in one for one in arguments)
    assert not any(shape in one for one in arguments for shape in SHAPES)
    for folder in (tmp_path, isolated_environment):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                assert not any(shape in content for shape in SHAPES), path
        assert not (folder / ".git-credentials").exists()
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(place.workspace.get())


def test_a_wrong_password_is_in_no_error(make_place: Callable[..., Place], served: GitServer, tmp_path: Path) -> None:
    place = make_place(workspace_url=url_of(served), workspace_username=USER, workspace_password="wrong-password")
    error = place.fails()
    assert error.kind is ErrorKind.WORKSPACE_DENIED
    assert "not accepted" in error.message
    assert "wrong-password" not in f"{error.message}{error.hint}{error.details}"
    assert os.listdir(place.home) == []


def test_no_password(place: Place, served: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ASKPASS", "/bin/echo")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/echo")
    error = place.fails(url_of(served))
    assert error.kind is ErrorKind.WORKSPACE_DENIED
    assert "asks who you are" in error.message
    assert served.seen == [None]


def test_a_password_goes_to_no_other_host(
    make_place: Callable[..., Place], served: GitServer, tmp_path: Path, upstream: Upstream
) -> None:
    with git_server(tmp_path) as other:
        settings = {"workspace_username": USER, "workspace_password": PASSWORD}
        for number, named in enumerate((url_of(served), None)):
            place = make_place(f"state-{number}", **settings, **({"workspace_url": named} if named else {}))
            assert place.fails(url_of(other)).kind is ErrorKind.WORKSPACE_DENIED
        served.redirect = other.origin  # the host itself sends git there
        place = make_place("redirected", **settings, workspace_url=url_of(served))
        place.fails()
        assert set(other.seen) == {None}


def test_what_git_says_shows_no_secret(tmp_path: Path) -> None:
    git_ = Git(tmp_path, Credentials("https://host", "ann", "hunter2"))
    said = b"fatal: unable to access 'https://bob:other@host/x': hunter2 is wrong"
    assert git_._clean(said) == "fatal: unable to access 'https://…@host/x': … is wrong"


# --- the network, and others at the same time -------------------------------------------------------------------------


@pytest.fixture
def open_server(tmp_path: Path, upstream: Upstream) -> Iterator[GitServer]:
    upstream.commit({f"{number}.bin": secrets.token_bytes(20_000) for number in range(20)})
    with git_server(tmp_path, password=None) as server:
        yield server


def test_the_network_is_cut(place: Place, open_server: GitServer, upstream: Upstream) -> None:
    open_server.cut_after = 50_000
    assert "connection was lost" in place.fails(url_of(open_server)).message
    assert os.listdir(place.home) == []
    open_server.cut_after = None
    assert place.update(url_of(open_server)).commit == upstream.head
    upstream.commit({"more.bin": secrets.token_bytes(200_000)})
    open_server.cut_after = 50_000
    place.fails()
    assert not (place.home / "more.bin").exists()
    open_server.cut_after = None
    assert place.update().commit == upstream.head


def test_a_stalled_network_is_given_up(place: Place, open_server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    open_server.stall = threading.Event()
    monkeypatch.setattr(git_module, "_SILENT", 0.3)
    monkeypatch.setattr(Git.__init__, "__defaults__", (None, None, 0.3))
    assert "nothing was heard" in place.fails(url_of(open_server)).message


def _command_lines() -> set[bytes]:
    found = set()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found.add(process.read_bytes())
    return found


def test_cancelling_ends_git(place: Place, open_server: GitServer) -> None:
    open_server.stall = threading.Event()
    progress = Progress()

    def cancel() -> None:
        open_server.stalled.wait(60)
        progress.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(GradientDataError) as caught:
        place.update(url_of(open_server), progress=progress)
    thread.join()
    assert caught.value.kind is ErrorKind.CANCELLED
    assert os.listdir(place.home) == []
    assert not any(open_server.origin.encode() in one for one in _command_lines())
    assert place.workspace.get().state is WorkspaceState.FAILED


def test_while_it_is_updated(place: Place, open_server: GitServer, upstream: Upstream) -> None:
    open_server.stall = threading.Event()
    done: list[Workspace] = []
    threads = [threading.Thread(target=lambda: done.append(place.update(url_of(open_server)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert open_server.stalled.wait(60)
    found = place.workspace.get()
    assert (found.state, found.url, found.error) == (WorkspaceState.UPDATING, url_of(open_server), None)
    open_server.stall.set()
    for thread in threads:
        thread.join()
    assert [each.state for each in done] == [WorkspaceState.READY] * 2
    assert all(each.commit == upstream.head for each in done)


KILLED = """
import os, sys
from pathlib import Path
from tests.volumes.test_workspace import Place
Place(Path(sys.argv[1])).update(sys.argv[2])
"""


def test_a_process_that_is_killed_while_it_clones(
    make_place: Callable[..., Place], open_server: GitServer, tmp_path: Path, upstream: Upstream
) -> None:
    place = make_place()
    place.workspace.get()
    open_server.stall = threading.Event()
    program = [sys.executable, "-c", KILLED, str(tmp_path / "state"), url_of(open_server)]
    process = subprocess.Popen(program, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    assert open_server.stalled.wait(60)
    process.kill()
    process.wait()
    open_server.stall.set()  # the git that is still there ends by itself; whoever comes next waits for it
    found = place.update(url_of(open_server))
    assert found.commit == upstream.head
    assert [path.name for path in place.home.iterdir() if path.name.startswith(".git.")] == []


def test_one_that_was_killed_is_not_updating(place: Place, upstream: Upstream) -> None:
    place.update(upstream.url)
    record = place.workspace._beside("json")
    record.write_text(record.read_text().replace('"ready"', '"updating"'))
    found = place.workspace.get()
    assert found.state is WorkspaceState.FAILED
    assert found.error is not None
    assert "interrupted" in found.error.message
    record.write_text("not JSON")
    assert place.workspace.get().state is WorkspaceState.NONE
    assert place.update(upstream.url).state is WorkspaceState.READY
