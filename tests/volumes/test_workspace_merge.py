"""Clone and merge with real repositories: whatever the user has done stays, and what is new arrives."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.volumes.workspace.git import GitFailed
from tests.support.repositories import Home, Upstream, git

TEXT = b"".join(b"line %d\n" % number for number in range(20))


def changed(number: int, word: bytes, text: bytes = TEXT) -> bytes:
    lines = text.splitlines(keepends=True)
    lines[number] = word + b"\n"
    return b"".join(lines)


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream", {"a.txt": TEXT, "d/b.txt": TEXT, "d/c.txt": TEXT, ".gitignore": b"*.log\n"})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def cloned(home: Home, upstream: Upstream) -> Home:
    home.bring(upstream)
    return home


def beside(upstream: Upstream) -> str:
    return f"upstream-{upstream.head[:7]}"


# --- the first time ---------------------------------------------------------------------------------------------------


def test_a_clone_is_as_git_makes_it(home: Home, upstream: Upstream) -> None:
    (upstream.folder / "run").write_bytes(b"#!/bin/sh\n")
    (upstream.folder / "run").chmod(0o755)
    (upstream.folder / "link").symlink_to("d/b.txt")
    upstream.commit({"ünï cödé\n": b"name", "empty": b""})
    git(upstream.folder, "branch", "other")
    git(upstream.folder, "tag", "v1")
    brought = home.bring(upstream)
    assert brought == (upstream.head, [])
    assert home.files == upstream.files
    assert os.access(home.folder / "run", os.X_OK)
    assert not os.access(home.folder / "a.txt", os.X_OK)
    assert home.status == []
    assert home.git("rev-parse", "--abbrev-ref", "@{upstream}") == "origin/main"
    assert home.git("remote", "get-url", "origin") == upstream.url
    assert {"origin/other", "origin/main"} <= set(home.git("branch", "-r", "--format=%(refname:short)").split())
    assert home.git("tag") == "v1"
    home.git("fsck", "--strict")
    assert sorted(os.listdir(home.folder)) == sorted({".git", *(name.split("/")[0] for name in upstream.files)})


def test_files_that_were_there_first_stay(home: Home, upstream: Upstream) -> None:
    home.write({"a.txt": b"mine", "d/b.txt": TEXT, "d/own.txt": b"own"})
    brought = home.bring(upstream)
    assert home.files == {
        **upstream.files,
        "a.txt": b"mine",
        "d/own.txt": b"own",
        f"a.{beside(upstream)}.txt": TEXT,
    }
    (note,) = brought.notes
    assert note == f"a.txt: yours stays; that of the repository is beside it, a.{beside(upstream)}.txt."
    assert " M a.txt" in home.status


def test_a_file_where_a_folder_should_be_stays(home: Home, upstream: Upstream) -> None:
    home.write({"d": b"mine", "a.txt/x": b"mine too"})
    home.bring(upstream)
    mark = beside(upstream)
    assert home.files["d"] == b"mine"
    assert home.files["a.txt/x"] == b"mine too"
    assert home.files[f"d.{mark}/b.txt"] == home.files[f"d.{mark}/c.txt"] == home.files[f"a.{mark}.txt"] == TEXT


def test_nothing_is_written_through_a_link_of_the_users(home: Home, upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (home.folder / "d").symlink_to(tmp_path / "elsewhere")
    home.bring(upstream)
    assert os.listdir(tmp_path / "elsewhere") == []
    assert home.files[f"d.{beside(upstream)}/b.txt"] == TEXT


def test_nothing_changes_when_the_clone_fails(home: Home, upstream: Upstream) -> None:
    home.write({"a.txt": b"mine"})
    with pytest.raises(GitFailed):
        home.bring(f"file://{upstream.folder}-not-there")
    assert sorted(os.listdir(home.folder)) == ["a.txt"]


@pytest.mark.parametrize("ref", ["v1", "v2", "refs/tags/v1", "full", "short"])
def test_a_tag_or_commit(home: Home, upstream: Upstream, ref: str) -> None:
    git(upstream.folder, "tag", "v1")
    git(upstream.folder, "tag", "-a", "-m", "annotated", "v2")
    wanted = upstream.head
    upstream.commit({"a.txt": b"later"})
    ref = {"full": wanted, "short": wanted[:8]}.get(ref, ref)
    assert home.bring(upstream, ref).commit == wanted
    assert home.head == wanted
    assert home.files["a.txt"] == TEXT
    assert home.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert home.status == []


def test_a_commit_that_no_branch_has(home: Home, upstream: Upstream) -> None:
    git(upstream.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    lost = upstream.commit({"a.txt": b"lost"})
    git(upstream.folder, "reset", "--quiet", "--hard", "HEAD~1")
    home.bring(upstream, lost)
    assert home.files["a.txt"] == b"lost"


@pytest.mark.parametrize("ref", ["nothing", "f" * 40, "abcdef12"])
def test_a_ref_that_is_not_there(home: Home, upstream: Upstream, ref: str) -> None:
    with pytest.raises(GradientDataError) as caught:
        home.bring(upstream, ref)
    assert caught.value.kind is ErrorKind.WORKSPACE_REF_NOT_FOUND
    assert os.listdir(home.folder) == []


def test_a_default_branch_of_another_name(home: Home, upstream: Upstream) -> None:
    git(upstream.folder, "checkout", "--quiet", "-b", "team/trunk")
    upstream.commit({"new": b"1"})
    home.bring(upstream)
    assert home.git("rev-parse", "--abbrev-ref", "HEAD") == "team/trunk"


def test_an_empty_repository(home: Home, tmp_path: Path) -> None:
    with pytest.raises(GradientDataError, match="it is empty"):
        home.bring(Upstream(tmp_path / "empty"))
    assert os.listdir(home.folder) == []


def test_hashes_of_256_bits(home: Home, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init", "--quiet", "--object-format=sha256")
    upstream = Upstream.__new__(Upstream)
    upstream.folder = tmp_path / "new"
    upstream.commit({"a.txt": TEXT})
    home.bring(upstream)
    upstream.commit({"a.txt": changed(1, b"theirs")})
    home.write({"a.txt": changed(15, b"mine")})
    home.bring(upstream)
    assert home.files["a.txt"] == changed(15, b"mine", changed(1, b"theirs"))


# --- what the user changes, and what others change --------------------------------------------------------------

ABSENT = None
MINE, THEIRS = changed(15, b"mine"), changed(1, b"theirs")
BOTH = changed(15, b"mine", THEIRS)
CLASH = changed(1, b"mine")

# (mine, theirs, what a.txt is then, whether the repository's version is beside it); None means that it is deleted.
TABLE = {
    "nobody": (TEXT, TEXT, TEXT, False),
    "they change": (TEXT, THEIRS, THEIRS, False),
    "they delete": (TEXT, ABSENT, ABSENT, False),
    "I change": (MINE, TEXT, MINE, False),
    "I delete": (ABSENT, TEXT, ABSENT, False),
    "both change other lines": (MINE, THEIRS, BOTH, False),
    "both change the same": (THEIRS, THEIRS, THEIRS, False),
    "both change one line": (CLASH, THEIRS, CLASH, True),
    "both make it binary": (b"\0mine", b"\0theirs", b"\0mine", True),
    "I change, they delete": (MINE, ABSENT, MINE, False),
    "I delete, they change": (ABSENT, THEIRS, ABSENT, False),
    "both delete": (ABSENT, ABSENT, ABSENT, False),
}


@pytest.mark.parametrize("how", ["edited", "staged", "committed"])
@pytest.mark.parametrize("case", TABLE)
def test_what_becomes_of_a_file(cloned: Home, upstream: Upstream, case: str, how: str) -> None:
    mine, theirs, expected, has_other = TABLE[case]
    cloned.write({"a.txt": mine})
    if how != "edited":
        cloned.git("add", "--all")
    if how == "committed":
        cloned.git("commit", "--quiet", "--allow-empty", "-m", "mine")
    upstream.commit({"a.txt": theirs, "new": b"new"})
    brought = cloned.bring(upstream)
    others = {f"a.{beside(upstream)}.txt": theirs} if has_other else {}
    kept = {} if expected is None else {"a.txt": expected}
    assert cloned.files == {**{k: v for k, v in upstream.files.items() if k != "a.txt"}, **kept, **others}
    if mine is not None:
        assert cloned.has(mine)
    cloned.git("merge-base", "--is-ancestor", upstream.head, "HEAD")
    assert cloned.git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    if how == "edited":
        assert cloned.head == upstream.head
    should_tell = has_other or (mine != TEXT and (theirs is None) != (mine is None) and theirs != TEXT)
    assert any(note.startswith("a.txt: ") for note in brought.notes) == should_tell, brought.notes
    before = cloned.files, cloned.status, cloned.head
    assert cloned.bring(upstream).notes == []
    assert (cloned.files, cloned.status, cloned.head) == before


def test_what_is_merged_can_be_had_as_it_was(cloned: Home, upstream: Upstream) -> None:
    cloned.write({"a.txt": MINE})
    upstream.commit({"a.txt": THEIRS})
    (note,) = cloned.bring(upstream).notes
    name = note.rstrip(".").rsplit(" ", 1)[1]
    assert cloned.git("show", f"{name}:a.txt").encode() + b"\n" == MINE
    assert cloned.status == [" M a.txt"]
    cloned.git("checkout", "--quiet", "HEAD", "--", "a.txt")
    cloned.git("stash", "apply", "--quiet", name)  # it is one, for git
    assert cloned.files["a.txt"] == BOTH


def test_what_is_staged_and_edited_again(cloned: Home, upstream: Upstream) -> None:
    cloned.write({"a.txt": MINE})
    cloned.git("add", "a.txt")
    cloned.write({"a.txt": changed(17, b"more", MINE)})
    upstream.commit({"a.txt": THEIRS})
    cloned.bring(upstream)
    assert cloned.files["a.txt"] == changed(17, b"more", BOTH)
    assert cloned.git("show", ":a.txt").encode() + b"\n" == BOTH
    assert cloned.has(MINE)
    assert cloned.has(changed(17, b"more", MINE))


def test_a_notebook_is_merged(cloned: Home, upstream: Upstream) -> None:
    base = json.dumps({"cells": [f"cell {number}" for number in range(9)]}, indent=1).encode()
    upstream.commit({"n.ipynb": base})
    cloned.bring(upstream)
    cloned.write({"n.ipynb": base.replace(b"cell 7", b"mine")})
    upstream.commit({"n.ipynb": base.replace(b"cell 0", b"theirs")})
    cloned.bring(upstream)
    assert json.loads(cloned.files["n.ipynb"])["cells"] == [
        "theirs",
        *(f"cell {n}" for n in range(1, 7)),
        "mine",
        "cell 8",
    ]


@pytest.mark.parametrize(
    ("name", "base", "mine", "theirs"),
    [
        ("x.json", b"[\n1\n,\n\n\n\n2\n]\n", b'{"k":\n1\n,\n\n\n\n"m": 2\n}\n', b"[\n1\n,\n\n7,\n\n2\n]\n"),
        ("x.yaml", b"a:\n  b: 1\n\n\n\nc: 2\n", b"a: 5\n\n\n\nc: 2\n", b"a:\n  b: 1\n\n\n  d: 4\n\nc: 2\n"),
    ],
)
def test_lines_that_make_no_document_are_not_merged(
    cloned: Home, upstream: Upstream, name: str, base: bytes, mine: bytes, theirs: bytes
) -> None:
    upstream.commit({name: base})
    cloned.bring(upstream)
    cloned.write({name: mine})
    upstream.commit({name: theirs})
    cloned.bring(upstream)
    assert cloned.files[name] == mine
    assert cloned.files[name.replace(".", f".{beside(upstream)}.")] == theirs


def test_a_rename_of_the_users_stays(cloned: Home, upstream: Upstream) -> None:
    cloned.git("mv", "a.txt", "renamed.txt")
    upstream.commit({"a.txt": THEIRS})
    brought = cloned.bring(upstream)
    assert "a.txt" not in cloned.files
    assert cloned.files["renamed.txt"] == TEXT
    assert "deleted or renamed" in brought.notes[0]


def test_untracked_and_ignored_files_stay(cloned: Home, upstream: Upstream) -> None:
    cloned.write({"new.txt": b"mine", "run.log": b"mine", "same.txt": b"same"})
    upstream.commit({"new.txt": b"theirs", "run.log": b"theirs", "same.txt": b"same"})
    cloned.bring(upstream)
    mark = beside(upstream)
    assert cloned.files == {
        **upstream.files,
        "new.txt": b"mine",
        "run.log": b"mine",
        f"new.{mark}.txt": b"theirs",
        f"run.{mark}.log": b"theirs",
    }


@pytest.mark.parametrize("has_own", [False, True])
def test_a_folder_becomes_a_file(cloned: Home, upstream: Upstream, has_own: bool) -> None:
    if has_own:
        cloned.write({"d/own": b"own"})
    upstream.commit({"d": b"a file"})
    cloned.bring(upstream)
    if has_own:
        assert cloned.files["d/own"] == b"own"
        assert cloned.files[f"d.{beside(upstream)}"] == b"a file"
    else:
        assert cloned.files == upstream.files
        assert cloned.status == []


@pytest.mark.parametrize("mine", [TEXT, MINE])
def test_a_file_becomes_a_folder(cloned: Home, upstream: Upstream, mine: bytes) -> None:
    cloned.write({"a.txt": mine})
    upstream.commit({"a.txt/x": b"x", "a.txt/y": b"y"})
    cloned.bring(upstream)
    if mine == TEXT:
        assert cloned.files == upstream.files
        assert cloned.status == []
    else:
        assert cloned.files["a.txt"] == MINE
        assert cloned.files[f"a.{beside(upstream)}.txt/x"] == b"x"
        assert cloned.files[f"a.{beside(upstream)}.txt/y"] == b"y"


@pytest.mark.parametrize("mine", [{"a.txt": MINE}, {"d": b"file"}, {"a.txt/x": b"mine"}, {"d/b.txt/x": b"mine"}])
@pytest.mark.parametrize("theirs", [{"a.txt/x": b"theirs"}, {"d": b"theirs"}, {"d/b.txt/x": b"theirs"}])
@pytest.mark.parametrize("is_committed", [False, True])
def test_files_and_folders(cloned: Home, upstream: Upstream, mine: dict, theirs: dict, is_committed: bool) -> None:
    (cloned.commit if is_committed else cloned.write)(mine)
    upstream.commit(theirs)
    cloned.bring(upstream)
    for content in mine.values():
        assert cloned.has(content)
    for content in theirs.values():
        assert cloned.has(content)
        assert content in cloned.files.values()
    for path, content in mine.items():
        assert cloned.files[path] == content
    cloned.git("merge-base", "--is-ancestor", upstream.head, "HEAD")


def test_modes_and_links(cloned: Home, upstream: Upstream) -> None:
    (upstream.folder / "link").symlink_to("a.txt")
    upstream.commit({"prog": b"1\n"})
    cloned.bring(upstream)
    (cloned.folder / "prog").chmod(0o755)  # mine
    cloned.write({"d/c.txt": MINE})
    (upstream.folder / "link").unlink()
    (upstream.folder / "link").symlink_to("d/b.txt")
    (upstream.folder / "d/c.txt").chmod(0o755)
    upstream.commit({"prog": b"2\n"})
    cloned.bring(upstream)
    assert cloned.files["link"] == b"-> d/b.txt"
    assert cloned.files["prog"] == b"2\n"
    assert os.access(cloned.folder / "prog", os.X_OK)
    assert cloned.files["d/c.txt"] == MINE
    assert os.access(cloned.folder / "d/c.txt", os.X_OK)


def test_line_ends_are_the_users(cloned: Home, upstream: Upstream) -> None:
    upstream.commit({".gitattributes": b"* text=auto eol=crlf\n"})
    cloned.bring(upstream)
    assert cloned.status == []
    cloned.write({"a.txt": TEXT.replace(b"\n", b"\r\n")})
    upstream.commit({"a.txt": THEIRS})
    cloned.bring(upstream)
    assert cloned.has(TEXT.replace(b"\n", b"\r\n"))
    assert cloned.has(THEIRS)


# --- commits and branches ---------------------------------------------------------------------------------------------


def test_commits_of_both_make_a_merge(cloned: Home, upstream: Upstream) -> None:
    mine = cloned.commit({"a.txt": MINE, "own": b"own"})
    cloned.write({"d/c.txt": b"edited"})
    upstream.commit({"a.txt": THEIRS, "new": b"new"})
    cloned.bring(upstream)
    assert cloned.git("rev-parse", "HEAD^1") == mine
    assert cloned.git("rev-parse", "HEAD^2") == upstream.head
    assert cloned.files == {**upstream.files, "a.txt": BOTH, "own": b"own", "d/c.txt": b"edited"}
    assert cloned.status == [" M d/c.txt"]
    upstream.commit({"a.txt": changed(3, b"more", THEIRS)})
    cloned.bring(upstream)
    assert cloned.files["a.txt"] == changed(3, b"more", BOTH)


def test_commits_that_were_pushed_are_no_merge(cloned: Home, upstream: Upstream) -> None:
    git(upstream.folder, "config", "receive.denyCurrentBranch", "updateInstead")
    cloned.commit({"own": b"own"})
    cloned.git("push", "--quiet")
    brought = cloned.bring(upstream)
    assert brought == (cloned.head, [])
    upstream.commit({"new": b"new"})
    cloned.bring(upstream)
    assert cloned.head == upstream.head


@pytest.mark.parametrize("has_commit", [False, True])
def test_history_that_was_rewritten(cloned: Home, upstream: Upstream, has_commit: bool) -> None:
    upstream.commit({"a.txt": THEIRS, "gone": b"gone"})
    cloned.bring(upstream)
    before = cloned.head
    if has_commit:
        cloned.commit({"own": b"own"})
    cloned.write({"d/b.txt": MINE, "untracked": b"mine"})
    upstream.commit({"gone": None, "a.txt": changed(2, b"again")}, "--amend")
    brought = cloned.bring(upstream)
    own = {"own": b"own"} if has_commit else {}
    assert cloned.files == {**upstream.files, **own, "d/b.txt": MINE, "untracked": b"mine"}
    if has_commit:
        assert cloned.git("show", "HEAD^1:own") == "own"
    else:
        assert cloned.head == upstream.head
        (note,) = brought.notes
        assert cloned.git("rev-parse", note.rstrip(".").rsplit(" ", 1)[1]) == before
    assert cloned.bring(upstream).notes == []


def test_history_that_went_back(cloned: Home, upstream: Upstream) -> None:
    first = upstream.head
    upstream.commit({"a.txt": THEIRS})
    cloned.bring(upstream)
    git(upstream.folder, "reset", "--quiet", "--hard", first)
    cloned.bring(upstream)
    assert cloned.files == upstream.files
    assert cloned.head == first


def test_history_that_has_nothing_in_common(cloned: Home, upstream: Upstream) -> None:
    git(upstream.folder, "checkout", "--quiet", "--orphan", "fresh")
    upstream.commit({"a.txt": THEIRS})
    git(upstream.folder, "branch", "-M", "main")
    cloned.commit({"own": b"own"})
    cloned.write({"d/c.txt": MINE})
    cloned.bring(upstream)
    assert cloned.files == {**upstream.files, "own": b"own", "d/c.txt": MINE}


def test_another_branch_of_the_users_is_left_alone(cloned: Home, upstream: Upstream) -> None:
    cloned.git("checkout", "--quiet", "-b", "experiment")
    mine = cloned.commit({"a.txt": MINE})
    upstream.commit({"a.txt": THEIRS})
    (note,) = cloned.bring(upstream).notes
    assert "the branch experiment" in note
    assert upstream.head in note
    assert cloned.head == mine
    assert cloned.files["a.txt"] == MINE
    cloned.git("merge", "--quiet", "--no-edit", "origin/main")  # as the documentation says
    cloned.git("checkout", "--quiet", "main")
    cloned.bring(upstream)
    assert cloned.files == upstream.files


def test_a_commit_looked_at_is_left_alone(cloned: Home, upstream: Upstream) -> None:
    first = cloned.head
    upstream.commit({"a.txt": THEIRS})
    cloned.bring(upstream)
    cloned.git("checkout", "--quiet", "--detach", first)
    upstream.commit({"a.txt": TEXT})
    (note,) = cloned.bring(upstream).notes
    assert "no branch" in note
    assert cloned.head == first


def test_a_branch_without_commits_is_left_alone(cloned: Home, upstream: Upstream) -> None:
    cloned.git("checkout", "--quiet", "--orphan", "main2")
    upstream.commit({"a.txt": THEIRS})
    cloned.bring(upstream)
    assert cloned.files["a.txt"] == TEXT
    cloned.git("symbolic-ref", "HEAD", "refs/heads/main")
    cloned.git("update-ref", "-d", "refs/heads/main")
    cloned.bring(upstream)
    assert cloned.files["a.txt"] == TEXT


def test_switching_to_another_branch_takes_changes_along(cloned: Home, upstream: Upstream) -> None:
    git(upstream.folder, "checkout", "--quiet", "-b", "v2")
    upstream.commit({"a.txt": THEIRS, "new": b"new"})
    mine = cloned.commit({"own": b"own"})
    cloned.write({"a.txt": MINE, "untracked": b"mine"})
    cloned.bring(upstream, "v2")
    assert cloned.git("rev-parse", "--abbrev-ref", "HEAD") == "v2"
    assert cloned.head == upstream.head
    assert cloned.git("rev-parse", "main") == mine
    assert cloned.files == {**upstream.files, "a.txt": BOTH, "untracked": b"mine"}
    cloned.bring(upstream, "main")
    assert cloned.head == mine
    assert cloned.files["own"] == b"own"
    assert cloned.files["a.txt"] == MINE


def test_from_tag_to_tag(cloned: Home, upstream: Upstream) -> None:
    git(upstream.folder, "tag", "v1")
    upstream.commit({"a.txt": THEIRS})
    git(upstream.folder, "tag", "v2")
    cloned.write({"d/b.txt": MINE})
    for ref, text in [("v2", THEIRS), ("v1", TEXT), ("v2", THEIRS), ("main", THEIRS)]:
        cloned.bring(upstream, ref)
        assert cloned.files["a.txt"] == text
        assert cloned.files["d/b.txt"] == MINE
        assert cloned.status == [" M d/b.txt"]


def test_commits_on_a_tag_are_kept_under_a_name(cloned: Home, upstream: Upstream) -> None:
    git(upstream.folder, "tag", "v1")
    cloned.bring(upstream, "v1")
    mine = cloned.commit({"own": b"own"})
    (note,) = cloned.bring(upstream, "main").notes
    assert cloned.git("rev-parse", note.rstrip(".").rsplit(" ", 1)[1]) == mine


# --- what git is in the middle of -------------------------------------------------------------------------------------


def _conflict(home: Home, upstream: Upstream) -> None:
    home.git("checkout", "--quiet", "-b", "side")
    home.commit({"a.txt": CLASH})
    home.git("checkout", "--quiet", "main")
    home.commit({"a.txt": THEIRS})


def _merge(home: Home, upstream: Upstream) -> None:
    _conflict(home, upstream)
    with pytest.raises(AssertionError):
        home.git("merge", "side")


def _rebase(home: Home, upstream: Upstream) -> None:
    _conflict(home, upstream)
    with pytest.raises(AssertionError):
        home.git("rebase", "side")


def _cherry_pick(home: Home, upstream: Upstream) -> None:
    _conflict(home, upstream)
    with pytest.raises(AssertionError):
        home.git("cherry-pick", "side")


def _stash(home: Home, upstream: Upstream) -> None:
    home.write({"a.txt": CLASH})
    home.git("stash", "--quiet")
    home.commit({"a.txt": THEIRS})
    with pytest.raises(AssertionError):
        home.git("stash", "pop")


def _lock(home: Home, upstream: Upstream) -> None:
    (home.folder / ".git/index.lock").touch()


@pytest.mark.parametrize("begin", [_merge, _rebase, _cherry_pick, _stash, _lock])
def test_what_the_user_does_with_git_is_not_disturbed(
    cloned: Home, upstream: Upstream, begin: Callable[[Home, Upstream], None]
) -> None:
    begin(cloned, upstream)
    upstream.commit({"new": b"new"})
    before = cloned.files, cloned.head, cloned.status
    with pytest.raises(GradientDataError) as caught:
        cloned.bring(upstream)
    assert caught.value.kind is ErrorKind.WORKSPACE_BUSY
    assert (cloned.files, cloned.head, cloned.status) == before


def test_another_repository_is_refused(cloned: Home, upstream: Upstream, tmp_path: Path) -> None:
    other = Upstream(tmp_path / "other", {"b": b"b"})
    before = cloned.files
    with pytest.raises(GradientDataError) as caught:
        cloned.bring(other)
    assert caught.value.kind is ErrorKind.WORKSPACE_OTHER
    assert upstream.url in caught.value.message
    assert cloned.files == before
    os.rename(cloned.folder / ".git", tmp_path / "moved-away")  # as the hint says
    cloned.bring(other)
    assert cloned.files == {**before, "b": b"b"}


def test_a_repository_that_was_made_there_is_refused(home: Home, upstream: Upstream) -> None:
    home.git("init", "--quiet")
    home.commit({"a.txt": b"mine"})
    with pytest.raises(GradientDataError, match="made there"):
        home.bring(upstream)
    assert home.files == {"a.txt": b"mine"}


def test_a_clone_of_the_users_own_is_gone_on_with(home: Home, upstream: Upstream) -> None:
    git(home.folder, "clone", "--quiet", upstream.url, ".")
    home.write({"a.txt": MINE})
    upstream.commit({"a.txt": THEIRS})
    home.bring(upstream)
    assert home.files["a.txt"] == BOTH


def test_a_repository_that_has_moved(cloned: Home, upstream: Upstream, tmp_path: Path) -> None:
    os.rename(upstream.folder, tmp_path / "moved")
    upstream.folder = tmp_path / "moved"
    upstream.commit({"a.txt": THEIRS})
    with pytest.raises(GradientDataError):
        cloned.bring(upstream)
    cloned.git("remote", "set-url", "origin", upstream.url)
    cloned.bring(upstream)
    assert cloned.files == upstream.files


# --- what must not happen ---------------------------------------------------------------------------------------------


def test_nothing_of_the_users_is_run(
    cloned: Home, upstream: Upstream, tmp_path: Path, isolated_environment: Path
) -> None:
    ran = tmp_path / "ran"
    program = cloned.folder / ".git/program"
    program.write_text(f"#!/bin/sh\necho $0 $@ >> {ran}\ncat\n")
    program.chmod(0o755)
    names = "applypatch-msg pre-commit post-commit commit-msg post-checkout post-merge pre-rebase post-index-change"
    for name in [*names.split(), "reference-transaction", "prepare-commit-msg", "pre-merge-commit", "post-rewrite"]:
        hook = cloned.folder / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.symlink_to(program)
    for name in ["core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process", "merge.x.driver"]:
        cloned.git("config", name, str(program))
    for name in ["diff.x.command", "diff.x.textconv", "diff.external", "core.editor", "gpg.program", "core.pager"]:
        cloned.git("config", name, str(program))
    cloned.git("config", "commit.gpgSign", "true")
    cloned.git("config", "core.hooksPath", str(cloned.folder / ".git/hooks"))
    ran.unlink(missing_ok=True)
    attributes = b"* filter=x merge=x diff=x\n"
    upstream.commit({".gitattributes": attributes, "a.txt": THEIRS})
    cloned.bring(upstream)
    git(
        cloned.folder,
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "update-index",
        "--really-refresh",
    )
    ran.unlink(missing_ok=True)
    cloned.write({"a.txt": BOTH, "d/b.txt": MINE})
    upstream.commit({"a.txt": changed(2, b"more", THEIRS), "d/b.txt": THEIRS, "new": b"new"})
    cloned.bring(upstream)
    assert cloned.files["d/b.txt"] == BOTH
    assert not ran.exists(), ran.read_text()


@pytest.mark.parametrize("path", [b".git/config", b".GIT/hooks/x", b"a/../../x", b"d/.git/x", b".git./x", b"git~1/x"])
def test_paths_that_lead_out_are_refused(cloned: Home, upstream: Upstream, path: bytes) -> None:
    def tree(parts: list[bytes]) -> bytes:
        """The name of a tree as nobody makes it with git's own commands."""
        if len(parts) == 1:
            blob = git(upstream.folder, "hash-object", "-w", "--stdin", data=b"bad").encode()
            entry = b"100644 " + parts[0] + b"\0" + bytes.fromhex(blob.decode())
        else:
            entry = b"40000 " + parts[0] + b"\0" + bytes.fromhex(tree(parts[1:]).decode())
        return git(upstream.folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=entry).encode()

    made = tree(path.split(b"/")).decode()
    bad = git(upstream.folder, "commit-tree", made, "-p", "HEAD", "-m", "bad")
    git(upstream.folder, "update-ref", "refs/heads/main", bad)
    before = cloned.files, cloned.head, sorted(os.listdir(cloned.folder / ".git"))
    with pytest.raises(GitFailed):
        cloned.bring(upstream)
    assert (cloned.files, cloned.head) == before[:2]
    assert (cloned.folder / ".git/config").read_bytes() != b"bad"
    assert not (cloned.folder.parent / "x").exists()


def test_submodules_are_folders_and_stay_empty(home: Home, upstream: Upstream, tmp_path: Path) -> None:
    other = Upstream(tmp_path / "other", {"b": b"b"})
    git(upstream.folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.url, "sub")
    upstream.commit({})
    home.bring(upstream)
    assert list((home.folder / "sub").iterdir()) == []
    home.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    assert home.files["sub/b"] == b"b"
    upstream.commit({"a.txt": THEIRS})
    home.bring(upstream)
    assert home.files["a.txt"] == THEIRS
    assert home.files["sub/b"] == b"b"
