"""The command on the real service: the embedded default, a bucket, and a Jupyter server."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_gradient_data.cli.tables import draw_table
from jupyter_gradient_data.config import Config
from tests.cli.conftest import Result, Terminal
from tests.support.s3_servers import S3Server

if TYPE_CHECKING:
    from tests.support.served import Served

Gradient = Callable[..., Result]


@pytest.fixture(params=["embedded", "remote"], autouse=True)
def served(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served | None]:
    """Every test also with a server: what the command prints does not tell where it was done."""
    if request.param == "embedded":
        yield None
        return
    from tests.support.served import Served  # imported here: it takes seconds

    server = Served(request.getfixturevalue("jupyter"), Config(state_dir=tmp_path / "server"))
    monkeypatch.setenv("GRADIENT_URL", server.url)
    monkeypatch.setenv("GRADIENT_TOKEN", server.token)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs, with a state directory of its own and some data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "state"))
    data = tmp_path / "some-data"
    (data / "deep" / "er").mkdir(parents=True)
    (data / "hello.txt").write_text("hello world\n")
    (data / "deep" / "a b.txt").write_text("a")
    (data / "deep" / "er" / "ü.txt").write_text("bb")
    return tmp_path


@pytest.fixture
def ok(gradient: Gradient) -> Callable[..., str]:
    """Run a command that must succeed quietly; its output."""

    def run_it(*arguments: str) -> str:
        result = gradient(*arguments)
        assert (result.code, result.err) == (0, ""), arguments
        return result.out

    return run_it


def created(output: str) -> str:
    """The id at the end of ``Created …: <id>``."""
    return output.split()[-1]


def rows(table: str) -> list[tuple[str, ...]]:
    """The cells of a table, without its rules."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in lines]


def test_the_transcript_of_the_original_documentation(ok, folder) -> None:
    """Typed as its page has it, with the ids that this run gets; no provider was ever added."""
    managed = rows(ok("storageProviders", "list"))[1]
    assert (managed[0], managed[2]) == ("Gradient Managed", "s3")
    follow_the_transcript(ok, folder, managed[0], managed[1])


def test_the_transcript_on_s3(ok, folder, seaweedfs: S3Server) -> None:
    keys = ["--accessKey", seaweedfs.access_key, "--secretAccessKey", seaweedfs.secret_key]
    where = ["--bucket", seaweedfs.bucket, "--endpoint", seaweedfs.endpoint]
    provider = ok("storageProviders", "create", "s3", "--name", "test1", *where, *keys)
    assert re.fullmatch(r"Created new storage provider with id: sp[a-z0-9]{13}\n", provider)
    follow_the_transcript(ok, folder, "test1", created(provider))


def follow_the_transcript(ok: Callable[..., str], folder: Path, provider: str, provider_id: str) -> None:
    def type_in(line: str) -> str:
        """What follows ``$ gradient`` in the page."""
        return ok(*shlex.split(line.format_map({**ids, "provider": provider_id})))

    ids: dict[str, str] = {}
    output = type_in("datasets create --name democli --storageProviderId {provider}")
    assert re.fullmatch(r"Created dataset: ds[a-z0-9]{13}\n", output)
    ids["dataset"] = created(type_in("datasets create --name test --storageProviderId {provider}"))

    output = type_in("datasets versions create --id {dataset}")
    assert re.fullmatch(rf"Created dataset version: {ids['dataset']}:[a-z0-9]{{7}}\n", output)
    ids["version"] = created(output)
    (folder / "some-data" / "deep").rename(folder / "deep")  # the page's folder holds one file
    assert type_in("datasets files put --id {version} --source-path ./some-data/") == ""
    output = type_in("datasets versions commit --id {version}")
    assert output == f"Committed dataset version: {ids['version']}\n"

    where = f"{provider} ({provider_id})"
    listed = type_in("datasets list").splitlines(keepends=True)
    assert (
        "".join(line for line in listed if not line.startswith("| democli"))
        == draw_table(
            [("Name", "ID", "Storage Provider"), ("democli", "x" * 15, where), ("test", ids["dataset"], where)]
        ).replace(f"| democli | {'x' * 15} | {where} |\n", "")
        + "\n"
    )
    details = [("Name", "test"), ("ID", ids["dataset"]), ("Description", ""), ("StorageProvider", where)]
    assert type_in("datasets details --id={dataset}") == draw_table(details) + "\n"
    assert type_in("datasets files list --id={version}") == (
        "+-----------+------+\n| Name      | Size |\n+-----------+------+\n| hello.txt | 12   |\n+-----------+------+\n"
    )
    for reference in ("{dataset}:latest", "{version}"):
        assert rows(type_in(f"datasets files list --id={reference}"))[1:] == [("hello.txt", "12")]
    assert type_in("datasets versions commit --id {version}") == "Dataset version already committed\n"
    assert type_in("datasets verify --read-data").endswith(": no problems.\n")


def test_a_life(ok, gradient, folder) -> None:
    assert created(ok("datasets", "create", "--name", "flowers", "--description", "two\nlines")).startswith("ds")
    first = created(ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "some-data/"))
    assert rows(ok("datasets", "files", "list", "--id", first)) == [
        ("Name", "Size"),
        ("deep/", ""),
        ("hello.txt", "12"),
    ]
    assert rows(ok("datasets", "files", "list", "--id", first, "--path", "/deep", "--recursive", "true"))[1:] == [
        ("a b.txt", "1"),
        ("er/ü.txt", "2"),
    ]
    ok("datasets", "tags", "set", "--id", first, "--name", "prod")
    assert rows(ok("datasets", "tags", "list", "--id", "flowers")) == [("ID", "Name"), (first, "prod")]
    assert rows(ok("datasets", "versions", "list", "--id", "flowers")) == [
        ("ID", "Message", "Tags"),
        (first, "", "prod"),
    ]

    second = created(
        ok("datasets", "versions", "create", "--id", "flowers", "--from", "flowers:prod", "--message", "m")
    )
    ok("datasets", "files", "delete", "--id", second, "--path", "deep/")
    (folder / "hello.txt").write_text("changed")
    ok("datasets", "files", "put", "--id", second, "--source-path", "hello.txt")
    ok("datasets", "files", "put", "--id", second, "--source-path", "some-data/deep", "--target-path", "new")
    assert rows(ok("datasets", "versions", "list", "--id", "flowers", "--isCommitted", "false"))[1:] == [
        (second, "m", "")
    ]
    ok("datasets", "versions", "commit", "--id", second)
    assert ok("datasets", "diff", "flowers:prod", "flowers") == (
        "D\tdeep/a b.txt\nD\tdeep/er/ü.txt\nM\thello.txt\nA\tnew/deep/a b.txt\nA\tnew/deep/er/ü.txt\n"
        "5 files: 2 added, 1 changed, 2 removed\n"
    )
    assert ok("datasets", "diff", "flowers:prod", first) == "No differences\n"

    ok("datasets", "files", "get", "--id", "flowers:prod", "--target-path", "copy")
    assert (folder / "copy" / "deep" / "er" / "ü.txt").read_text() == "bb"
    ok("datasets", "files", "get", "--id", second, "--source-path", "/new/deep/", "--target-path", "sub/dir")
    assert (folder / "sub" / "dir" / "a b.txt").read_text() == "a"
    ok("datasets", "files", "get", "--id", second, "--source-path", "hello.txt", "--target-path", "one-file")
    assert (folder / "one-file").read_text() == "changed"

    assert "flowers" in ok("du")
    assert "are not used any more" in ok("gc", "--dry-run")
    assert ok("datasets", "versions", "delete", "--id", second, "--preview").startswith(f"Deleting {second} would")
    assert ok("datasets", "versions", "delete", "--id", second) == f"Deleted dataset version: {second}\n"
    assert json.loads(ok("datasets", "versions", "list", "--id", "flowers", "--json"))[0]["tags"] == ["prod"]
    assert gradient("datasets", "delete", "--id", "flowers").code == 0
    assert ok("datasets", "list") == "No data found\n"


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("datasets details --id nope", 3, "Failed to fetch data: There is no dataset nope."),
        ("datasets details --id a/b/c", 2, "Failed to fetch data: 'a/b/c' is not a dataset reference."),
        ("datasets create --name a:b", 2, "Failed to create resource: 'a:b' cannot be the name of a dataset"),
        ("datasets create --name flowers", 4, "Failed to create resource: A dataset named 'flowers' exists already."),
        (
            "datasets create --name b --storageProviderId x",
            3,
            "Failed to create resource: There is no storage provider",
        ),
        ("datasets delete --id nope", 3, "Failed to delete resource: There is no dataset nope."),
        ("datasets versions details --id flowers:nope", 3, "Failed to fetch data: Dataset "),
        (
            "datasets versions create --id flowers --from nope",
            3,
            "Failed to create resource: There is no dataset nope.",
        ),
        ("datasets files list --id flowers:latest --path nope", 3, "Failed to fetch data: There is no file or folder"),
        ("datasets files put --id flowers:latest --source-path some-data", 4, "Failed to fetch data: Version "),
        ("datasets files delete --id flowers:latest", 4, "Failed to fetch data: Version "),
        ("datasets tags set --id flowers:latest --name latest", 2, "Failed to fetch data: 'latest' cannot be a tag"),
        ("datasets tags delete --id flowers:nope", 3, "Failed to delete resource: Dataset "),
        ("datasets verify nope", 3, "There is no dataset nope."),
        ("datasets diff flowers:latest flowers:nope", 3, "Dataset "),
        ("storageProviders delete --id nope", 3, "Failed to delete resource: There is no storage provider nope."),
    ],
)
def test_mistakes(ok, gradient, line, code, message) -> None:
    ok("datasets", "create", "--name", "flowers")
    ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "some-data/")
    result = gradient(*line.split())
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(message)
    assert result.err.count("\n") == 2


def test_a_put_that_fails_changes_nothing(ok, gradient, folder) -> None:
    ok("datasets", "create", "--name", "flowers")
    version = created(ok("datasets", "versions", "create", "--id", "flowers"))
    result = gradient("datasets", "files", "put", "--id", version, "--source-path", "nowhere")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("There is no file or folder")
    assert ok("datasets", "files", "list", "--id", version) == "No data found\n"


@pytest.mark.parametrize("served", ["embedded"], indirect=True)  # tests of the service do so with a server, too
def test_recover_from_the_store_alone(ok, folder, served) -> None:
    ok("datasets", "create", "--name", "flowers", "--description", "of the garden")
    first = created(ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "some-data/"))
    ok("datasets", "tags", "set", "--id", first, "--name", "prod")
    listed = ok("datasets", "list")
    for file in (folder / "state").iterdir():
        if file.is_file() and file.suffix.startswith((".db", ".sqlite")):
            file.unlink()
    assert ok("datasets", "recover").startswith("Recovered 1 dataset, 1 version, 1 tag and ")
    assert rows(ok("datasets", "list"))[1][:2] == rows(listed)[1][:2]
    ok("datasets", "files", "get", "--id", "flowers:prod", "--target-path", "copy")
    assert (folder / "copy" / "hello.txt").read_text() == "hello world\n"


def test_stats(ok, folder, monkeypatch) -> None:
    monkeypatch.setenv("GRADIENT_STATS", str(folder / "stats.json"))
    ok("datasets", "list")
    assert set(json.loads((folder / "stats.json").read_text())) >= {"requests", "bytes_in", "bytes_out"}


def test_a_provider_that_cannot_work_is_not_added(gradient, seaweedfs: S3Server) -> None:
    create = ["storageProviders", "create", "s3", "--name", "lab", "--accessKey", seaweedfs.access_key]
    bucket = ["--bucket", seaweedfs.bucket, "--endpoint", seaweedfs.endpoint]
    for changes, secret in ([], "not the secret"), (["--bucket", "nope"], seaweedfs.secret_key):
        result = gradient(*create, *bucket, *changes, "--secretAccessKey", secret)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("Failed to create resource: Storage provider lab cannot be used: ")
        assert secret not in result.err
    assert [row[0] for row in rows(gradient("storageProviders", "list").out) if row[0]] == ["Name", "Gradient Managed"]


def test_a_provider_of_ones_own(ok, seaweedfs: S3Server) -> None:
    keys = ["--accessKey", seaweedfs.access_key, "--secretAccessKey", seaweedfs.secret_key]
    where = ["--bucket", seaweedfs.bucket, "--endpoint", seaweedfs.endpoint]
    provider = created(ok("storageProviders", "create", "s3", "--name", "lab", *where, *keys, "--quota", "1GiB"))
    details = ok("storageProviders", "details", "--id", "lab")
    assert rows(details)[:3] == [("Name", "lab"), ("ID", provider), ("Type", "s3")]
    for line in (f"bucket: {seaweedfs.bucket}", "secretAccessKey: ********", "quota: 1.0 GiB"):
        assert line in details
    assert seaweedfs.secret_key not in details
    assert json.loads(ok("storageProviders", "details", "--id", provider, "--json"))["kind"] == "s3-compatible"
    assert "| list " in ok("storageProviders", "check", "--id", "lab")
    assert ok("storageProviders", "update", "s3", "--id", "lab", "--name", "lab2") == "Updated storage provider\n"
    assert ok("storageProviders", "delete", "--id", "lab2") == f"Deleted storage provider: {provider}\n"


def test_ctrl_c_during_a_put_and_the_same_command_again(ok, folder) -> None:
    """With a real terminal, process and service: what is put is all there in the end, and verified."""
    source = folder / "much"
    source.mkdir()
    for number in range(300):
        (source / f"{number:03}.bin").write_bytes(os.urandom(400_000))
    ok("datasets", "create", "--name", "flowers")
    version = created(ok("datasets", "versions", "create", "--id", "flowers"))
    put = ["datasets", "files", "put", "--id", version, "--source-path", f"{source}/"]
    screen = Terminal([sys.executable, "-m", "jupyter_gradient_data.cli", *put])
    try:
        screen.expect(r"\d files")
        screen.type("\x03")
        code = screen.end()
    finally:
        screen.close()
    assert code in (0, 130)
    assert "Traceback" not in screen.seen
    ok("datasets", "files", "put", "--id", version, "--source-path", f"{source}/")
    ok("datasets", "versions", "commit", "--id", version)
    assert "300 files" in ok("datasets", "verify", "--read-data")


def test_mounts(ok, gradient, folder) -> None:
    ok("datasets", "create", "--name", "flowers")
    first = created(ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "some-data/"))
    version = first.partition(":")[2]
    assert ok("mount", "flowers").splitlines()[0] == f"Mounted flowers:{version} at /inputs/flowers"
    header, row = rows(ok("mounts", "list"))
    assert header == ("Name", "Dataset", "Version", "Path", "State")
    assert row == ("flowers", "flowers", version, "/inputs/flowers", "mounted")
    details = json.loads(ok("mounts", "details", "flowers", "--json"))
    assert (Path(details["local_path"]) / "hello.txt").read_text() == "hello world\n"

    (folder / "hello.txt").write_text("changed")
    second = created(ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "hello.txt"))
    newer = second.partition(":")[2]
    listed = ok("mounts", "list")
    assert rows(listed)[1][2] == f"{version} (newer: {newer})"
    assert listed.endswith("flowers has a newer version. To mount it: gradient mounts update flowers\n")
    assert ok("mounts", "update", "flowers").startswith(f"Mounted flowers:{newer} at /inputs/flowers\n")
    assert ok("mounts", "update", "flowers") == f"Nothing to do: flowers is at version {newer} already.\n"
    assert rows(ok("mounts", "restore"))[1][2] == newer
    assert ok("unmount", "flowers") == "Unmounted: flowers\n"
    assert ok("mounts", "list").startswith("Nothing is mounted.")
    missing = gradient("unmount", "flowers")
    assert (missing.code, missing.err.splitlines()[0]) == (3, "Nothing is mounted as 'flowers'.")


def test_a_writable_mount(ok, gradient, folder) -> None:
    ok("datasets", "create", "--name", "flowers")
    ok("datasets", "versions", "create", "--id", "flowers", "--source-path", "some-data/")
    ok("mount", "flowers", "--writable", "--name", "mine")
    local = Path(json.loads(ok("mounts", "details", "mine", "--json"))["local_path"])
    (local / "hello.txt").write_text("changed")
    refused = gradient("unmount", "mine")
    assert (refused.code, refused.err.splitlines()[0]) == (4, "'mine' has changes that are not committed.")
    made = created(ok("mounts", "commit", "mine", "--message", "better", "--tag", "good"))
    assert ok("datasets", "diff", f"{made.partition(':')[0]}:good", made) == "No differences\n"
    assert rows(ok("datasets", "versions", "list", "--id", "flowers"))[1] == (made, "better", "good")
    (local / "hello.txt").write_text("changed once more")
    assert ok("mounts", "discard", "mine") == "Discarded changes: mine\n"
    ok("unmount", "mine")


def test_outputs(ok, folder) -> None:
    assert ok("outputs", "create", "results").splitlines()[0] == "Created output: /outputs/results"
    (output,) = json.loads(ok("outputs", "list", "--json"))
    (Path(output["local_path"]) / "table.csv").write_text("x,y\n")
    made = created(ok("outputs", "commit", "results", "--message", "first"))
    assert rows(ok("outputs", "list"))[1] == ("results", "results", made.partition(":")[2], "/outputs/results")
    assert rows(ok("datasets", "files", "list", "--id", made)) == [("Name", "Size"), ("table.csv", "4")]
    assert ok("outputs", "delete", "results") == "Deleted output: results\n"
    assert ok("outputs", "list").startswith("There are no outputs.")
