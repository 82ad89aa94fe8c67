"""The published ``gradient`` 2.99.4 against a real server: sentences, tables and bytes of the original."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.server.legacy_client import LegacyClient, require_legacy_client
from tests.support.faulty_http import Answer, FaultyServer, Request, faulty_server
from tests.support.jupyter_server import JupyterServer
from tests.support.s3_servers import S3Server

COMMITTED = "is committed and cannot change any more. Start a new version with `gradient datasets versions create`."


@pytest.fixture(scope="session")
def venv(request: pytest.FixtureRequest) -> Path:
    return require_legacy_client(Path(request.config.cache.mkdir("venvs")))


@pytest.fixture
def client(venv: Path, server: JupyterServer, tmp_path: Path) -> LegacyClient:
    return LegacyClient(venv, server, tmp_path)


@pytest.fixture
def managed(server: JupyterServer) -> str:
    """The id of Gradient Managed."""
    return next(row["id"] for row in server.get("/storageProviders").json if row["isGradientManaged"])


@pytest.fixture
def dataset(client: LegacyClient, managed: str, name: str) -> str:
    return client.made("datasets", "create", "--name", name, "--storageProviderId", managed)


@pytest.fixture
def version(client: LegacyClient, dataset: str) -> str:
    return client.made("datasets", "versions", "create", "--id", dataset)


@pytest.fixture
def proxy(server: JupyterServer) -> Iterator[FaultyServer]:
    """A server in front of the real one; a test gives it its `rule`."""
    with faulty_server(lambda request: None, server.root) as running:
        yield running


def table(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_transcript_of_the_seed(client: LegacyClient, managed: str, name: str) -> None:
    data = client.folder / "some-data"
    data.mkdir()
    (data / "hello.txt").write_text("hello world\n")
    created = client.prints("datasets", "create", "--name", name, "--storageProviderId", managed)
    dataset = created.split()[-1]
    assert created == f"Created dataset: {dataset}\n"
    created = client.prints("datasets", "versions", "create", "--id", dataset)
    version = created.split()[-1]
    assert created == f"Created dataset version: {version}\n"
    assert version.startswith(f"{dataset}:")
    assert client.prints("datasets", "files", "put", "--id", version, "--source-path", "./some-data/") == ""
    assert client.prints("datasets", "versions", "commit", "--id", version) == f"Committed dataset version: {version}\n"
    assert client.prints("datasets", "details", f"--id={dataset}") == table(f"""
        +-----------------+------------------------------------+
        | Name            | {name}                    |
        +-----------------+------------------------------------+
        | ID              | {dataset}                    |
        | Description     |                                    |
        | StorageProvider | Gradient Managed ({managed}) |
        +-----------------+------------------------------------+
        """)
    assert client.prints("datasets", "files", "list", f"--id={version}") == table("""
        +-----------+------+
        | Name      | Size |
        +-----------+------+
        | hello.txt | 12   |
        +-----------+------+
        """)


def test_life_of_a_version(client: LegacyClient, dataset: str) -> None:
    (client.folder / "a.txt").write_text("a")
    created = client.prints(
        *("datasets", "versions", "create", "--id", dataset, "--message", "first", "--source-path", "a.txt")
    )
    version = created.split()[3]
    assert created == f"Created dataset version: {version}\nCommitted dataset version: {version}\n"
    assert client.prints("datasets", "versions", "commit", "--id", version) == "Dataset version already committed\n"
    updated = client.prints("datasets", "versions", "update", "--id", version, "--message", "changed")
    assert updated == f"Updated dataset version: {version}\n"
    assert client.prints("datasets", "tags", "set", "--id", version, "--name", "prod") == (
        f"Set dataset tag: {dataset}:prod\n"
    )
    for command in (
        ("datasets", "versions", "list", "--id", dataset),
        ("datasets", "versions", "details", "--id", version),
        ("datasets", "tags", "list", "--id", dataset),
        ("datasets", "files", "list", "--id", f"{dataset}:prod"),
        ("datasets", "files", "list", "--id", f"{dataset}:latest"),
    ):
        assert client.prints(*command) == client.our_command_prints(*command)
    assert client.prints("datasets", "versions", "list", "--id", dataset) == table(f"""
        +-------------------------+---------+------+
        | ID                      | Message | Tags |
        +-------------------------+---------+------+
        | {version} | changed | prod |
        +-------------------------+---------+------+
        """)
    assert client.prints("datasets", "tags", "delete", "--id", f"{dataset}:prod") == (
        f"Deleted dataset tag: {dataset}:prod\n"
    )
    assert client.prints("datasets", "tags", "list", "--id", dataset) == "No data found\n"
    assert client.prints("datasets", "versions", "delete", "--id", version) == f"Deleted dataset version: {version}\n"
    assert client.prints("datasets", "versions", "list", "--id", dataset, "--isCommitted", "false") == (
        "No data found\n"
    )


def test_update_and_delete_a_dataset(client: LegacyClient, dataset: str, name: str) -> None:
    updated = client.prints(
        *("datasets", "update", "--id", dataset, "--name", f"{name}-b", "--description", "Iris photos")
    )
    assert updated == f"Updated dataset: {dataset}\n"
    details = client.prints("datasets", "details", "--id", dataset)
    assert f"| Name            | {name}-b " in details
    assert "| Description     | Iris photos " in details
    assert details == client.our_command_prints("datasets", "details", "--id", dataset)
    assert client.prints("datasets", "delete", "--id", dataset) == f"Deleted dataset: {dataset}\n"
    assert client.fails("datasets", "delete", "--id", dataset) == (
        f"Failed to delete resource: There is no dataset {dataset}. `gradient datasets list` shows what there is.\n"
    )


def test_folders_and_odd_names(client: LegacyClient, version: str) -> None:
    files = {
        "plain.txt": b"plain",
        "empty": b"",
        "with space/100% sure+plus.txt": b"odd",
        "with space/sub/ünïcode & <数据>.bin": bytes(range(256)),
        "with space/sub/page.html": b"<p>" * 1000,
    }
    for path, content in files.items():
        (client.folder / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        (client.folder / "src" / path).write_bytes(content)
    put = ("datasets", "files", "put", "--id", version)
    assert client.prints(*put, "--source-path", "src/") == ""
    assert client.prints(*put, "--source-path", "src", "--source-path", "src/plain.txt", "--target-path", "x//y") == ""
    assert client.prints("datasets", "versions", "commit", "--id", version).startswith("Committed")
    for options in ([], ["--path", "with space"], ["--path", "x/y/src"], ["--recursive", "true"]):
        command = ("datasets", "files", "list", "--id", version, *options)
        assert client.prints(*command) == client.our_command_prints(*command)
    assert client.prints("datasets", "files", "list", "--id", version) == table("""
        +-------------+------+
        | Name        | Size |
        +-------------+------+
        | empty       | 0    |
        | plain.txt   | 5    |
        | with space/ |      |
        | x/          |      |
        +-------------+------+
        """)
    get = ("datasets", "files", "get", "--id", version)
    assert client.prints(*get, "--target-path", "all") == ""
    assert client.prints(*get, "--source-path", "with space/", "--target-path", "stripped") == ""
    assert client.prints(*get, "--source-path", "with space/sub", "--target-path", "kept") == ""
    assert client.prints(*get, "--source-path", "plain.txt", "--target-path", "one/single.txt") == ""
    everything = {**files, **{f"x/y/src/{path}": content for path, content in files.items()}, "x/y/plain.txt": b"plain"}
    assert _contents(client.folder / "all") == everything
    below = {path.removeprefix("with space/"): content for path, content in files.items() if path.startswith("with")}
    assert _contents(client.folder / "stripped") == below
    assert set(_contents(client.folder / "kept")) == {path for path in files if path.startswith("with space/sub/")}
    assert (client.folder / "one" / "single.txt").read_bytes() == b"plain"


def test_files_are_deleted(client: LegacyClient, version: str) -> None:
    for number in range(45):  # more than two pages of the client
        path = client.folder / "src" / f"folder-{number % 2}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    client.prints("datasets", "files", "put", "--id", version, "--source-path", "src/")
    delete = ("datasets", "files", "delete", "--id", version)
    assert client.prints(*delete, "--path", "folder-1", "--path", "folder-0/2.txt") == ""
    got = client.prints("datasets", "files", "list", "--id", version, "--recursive", "true", answers="y\n")
    assert got.count("| folder-0/") == 22
    assert "folder-1" not in got
    assert client.prints(*delete) == ""  # everything
    assert client.prints("datasets", "files", "list", "--id", version) == "No data found\n"


def test_large_file_goes_in_parts(client: LegacyClient, server: JupyterServer, version: str) -> None:
    content = random.randbytes(1_000_000) * 100
    (client.folder / "big.bin").write_bytes(content)
    printed = client.prints("datasets", "files", "put", "--id", version, "--source-path", "big.bin")
    assert printed.count("Uploaded ") == 7
    client.prints("datasets", "versions", "commit", "--id", version)
    client.prints("datasets", "files", "get", "--id", version, "--target-path", "got")
    assert (client.folder / "got" / "big.bin").read_bytes() == content


def test_lists_are_read_page_by_page(venv: Path, make_server: Callable[..., JupyterServer], tmp_path: Path) -> None:
    client = LegacyClient(venv, make_server(), tmp_path)
    names = [f"data-{number:02}" for number in range(45)]
    for name in names:
        assert client._server.post("/datasets", {"name": name}).status == 200
    more = "Do you want to continue? [y/N]:"
    everything = client.run("datasets", "list", answers="y\ny\n")
    assert everything.code == 0
    assert everything.out.count(more) == 2
    assert [line.split()[1] for line in everything.out.splitlines() if line.startswith("| data-")] == names
    first = client.run("datasets", "list", answers="n\n")
    assert (first.code, first.out.count("| data-")) == (1, 20)
    assert first.err == "Aborted!\n"


def test_refusals(client: LegacyClient, venv: Path, dataset: str, version: str, managed: str, name: str) -> None:
    shows = "`gradient datasets list` shows what there is."
    assert client.fails("datasets", "list", "--apiKey", "wrong") == (
        "Failed to fetch data: The server does not know who is asking: the token given is not this server's. Give the "
        "server's token or an API token (--token, GRADIENT_TOKEN or --apiKey).\n"
    )
    assert client.fails("datasets", "details", "--id", "dsunknown000000") == (
        f"Failed to fetch data: There is no dataset dsunknown000000. {shows}\n"
    )
    assert client.fails("datasets", "create", "--name", name, "--storageProviderId", managed) == (
        f"Failed to create resource: A dataset named '{name}' exists already. Choose another name or use that one.\n"
    )
    assert client.fails("datasets", "create", "--name", f"{name}-2", "--storageProviderId", "spl000000000000") == (
        "Failed to create resource: There is no storage provider spl000000000000. `gradient storageProviders list` "
        "shows what there is.\n"
    )
    assert client.fails("datasets", "versions", "details", "--id", f"{dataset}:nothing") == (
        f"Failed to fetch data: Dataset {dataset} has no version or tag nothing. "
        f"`gradient datasets versions list --id {dataset}` shows what there is.\n"
    )
    assert client.fails("datasets", "tags", "set", "--id", version, "--name", "a b/c").startswith(
        "Failed to fetch data: 'a b/c' cannot be a tag: it contains '/'."
    )
    assert client.fails("datasets", "tags", "set", "--id", version, "--name", "early").startswith(
        f"Failed to fetch data: Version {version} is not committed yet."
    )
    missing = f"Failed to fetch data: There is no file or folder 'nowhere/' in {version}."
    assert client.fails("datasets", "files", "list", "--id", version, "--path", "nowhere").startswith(missing)
    got = client.run("datasets", "files", "get", "--id", version, "--source-path", "nowhere", "--target-path", "x")
    assert got.err.startswith(missing)


def test_committed_version_takes_nothing(client: LegacyClient, version: str) -> None:
    (client.folder / "a.txt").write_text("a")
    put = ("datasets", "files", "put", "--id", version, "--source-path", "a.txt")
    client.prints(*put)
    client.prints("datasets", "versions", "commit", "--id", version)
    sentence = f"Failed to fetch data: Version {version} {COMMITTED}\n"
    assert client.run(*put).err == sentence
    assert client.run("datasets", "files", "delete", "--id", version).err == sentence


@pytest.mark.parametrize("status", [403, 500])
def test_failed_puts_keep_a_version_from_being_committed(
    venv: Path, server: JupyterServer, proxy: FaultyServer, dataset: str, tmp_path: Path, status: int
) -> None:
    """The client itself says nothing of them, and commits."""
    client = LegacyClient(venv, server, tmp_path, _through(proxy, server))
    for number in range(3):
        (tmp_path / "src").mkdir(exist_ok=True)
        (tmp_path / "src" / f"{number}.txt").write_text(str(number))
    proxy.rule = lambda request: Answer(status) if _is_put(request, "1.txt", "2.txt") else None
    ran = client.run("datasets", "versions", "create", "--id", dataset, "--source-path", "src/")
    version = ran.out.splitlines()[0].split()[-1]
    refusal = f"Version {version} cannot be committed: the upload of '1.txt', '2.txt' did not finish."
    assert (ran.code, ran.out) == (0, f"Created dataset version: {version}\n")
    assert ran.err.startswith(f"Failed to fetch data: {refusal}")
    assert "--abandon-uploads" not in ran.err  # the legacy client has no such option
    proxy.rule = lambda request: None
    assert client.prints("datasets", "files", "put", "--id", version, "--source-path", "src/") == ""
    assert client.prints("datasets", "versions", "commit", "--id", version).startswith("Committed")
    assert client.prints("datasets", "files", "list", "--id", version).count(".txt") == 3


def test_lost_completion_keeps_a_version_from_being_committed(
    venv: Path, server: JupyterServer, proxy: FaultyServer, version: str, tmp_path: Path
) -> None:
    client = LegacyClient(venv, server, tmp_path, _through(proxy, server))
    (tmp_path / "big.bin").write_bytes(b"0123456789" * 1_600_000)
    proxy.rule = lambda request: Answer(500) if b"completeMultipartUpload" in request.body else None
    client.prints("datasets", "files", "put", "--id", version, "--source-path", "big.bin")
    assert client.fails("datasets", "versions", "commit", "--id", version).startswith(
        f"Failed to fetch data: Version {version} cannot be committed: the upload of 'big.bin' did not finish."
    )
    proxy.rule = lambda request: None
    client.prints("datasets", "files", "put", "--id", version, "--source-path", "big.bin")
    assert client.prints("datasets", "versions", "commit", "--id", version).startswith("Committed")


def test_storage_providers(client: LegacyClient, seaweedfs: S3Server, name: str) -> None:
    keys = ["--accessKey", seaweedfs.access_key, "--secretAccessKey", seaweedfs.secret_key]
    create = ("storageProviders", "create", "s3", "--bucket", seaweedfs.bucket, "--endpoint", seaweedfs.endpoint)
    made = client.prints(*create, "--name", name, "--region", "us-east-1", "--signatureVersion", "v4", *keys)
    provider = made.split()[-1]
    assert made == f"Created new storage provider with id: {provider}\n"
    details = client.prints("storageProviders", "details", "--id", provider)
    assert details == client.our_command_prints("storageProviders", "details", "--id", provider)
    assert "secretAccessKey: ********" in details
    listed = client.run("storageProviders", "list", answers="y\n" * 9).out
    (row,) = [line.split() for line in listed.splitlines() if name in line]
    assert row == ["|", name, "|", provider, "|", "s3", "|", "accessKey:", seaweedfs.access_key, "|"]
    update = ("storageProviders", "update", "s3", "--id", provider)
    assert client.prints(*update, "--name", f"{name}-b", "--region", "") == "Updated storage provider\n"
    details = client.prints("storageProviders", "details", "--id", provider)
    assert f"{name}-b" in details
    assert "region" not in details
    refused = client.fails(*update, "--secretAccessKey", "wrong")
    assert refused.startswith("Failed to fetch data: ")
    assert "wrong" not in refused
    (client.folder / "a.txt").write_text("a")
    dataset = client.made("datasets", "create", "--name", name, "--storageProviderId", provider)
    client.prints("datasets", "versions", "create", "--id", dataset, "--source-path", "a.txt")
    client.prints("datasets", "files", "get", "--id", f"{dataset}:latest", "--target-path", "got")
    assert (client.folder / "got" / "a.txt").read_text() == "a"
    assert client.fails("storageProviders", "delete", "--id", provider).startswith("Failed to delete resource: ")
    client.prints("datasets", "delete", "--id", dataset)


def test_unused_storage_provider_is_deleted(client: LegacyClient, seaweedfs: S3Server, name: str) -> None:
    keys = ["--accessKey", seaweedfs.access_key, "--secretAccessKey", seaweedfs.secret_key]
    where = ["--bucket", seaweedfs.bucket, "--endpoint", seaweedfs.endpoint]
    provider = client.made("storageProviders", "create", "s3", "--name", name, *where, *keys)
    assert client.prints("storageProviders", "delete", "--id", provider) == f"Deleted storage provider: {provider}\n"
    assert client.fails("storageProviders", "details", "--id", provider) == (
        f"Failed to fetch data: There is no storage provider {provider}. `gradient storageProviders list` shows what "
        "there is.\n"
    )


def test_many_small_files(client: LegacyClient, version: str) -> None:
    for number in range(400):
        path = client.folder / "src" / f"{number % 7}" / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(4, "big") * 1024)
    client.prints("datasets", "files", "put", "--id", version, "--source-path", "src/")
    client.prints("datasets", "versions", "commit", "--id", version)
    client.prints("datasets", "files", "get", "--id", version, "--target-path", "got")
    assert _contents(client.folder / "got") == _contents(client.folder / "src")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _through(proxy: FaultyServer, server: JupyterServer) -> str:
    """The server's URL as one that leads through the proxy; the URLs it makes lead there, too."""
    return proxy.endpoint + server.url.removeprefix(f"http://127.0.0.1:{server.port}")


def _is_put(request: Request, *names: str) -> bool:
    return request.method == "PUT" and any(f"path={name}&" in request.path for name in names)
