"""Many files to and from a server: nothing moves twice, what was interrupted goes on, and nobody is believed."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.blobs.packs import PACK_SIZE, PackBuilder, encode
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Access, TransferResult, Version
from jupyter_gradient_data.service import native, remote_http, remote_uploads
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service
from jupyter_gradient_data.service.remote_http import Connection
from jupyter_gradient_data.service.remote_paths import version_url
from tests.service.place import Place, fails, read_tree, write_tree
from tests.support.faulty_http import (
    Fault,
    FaultyServer,
    HalfReply,
    HalfRequest,
    LoseReply,
    Request,
    Reset,
    faulty_server,
    times,
)

MIB = 1024 * 1024
TOKEN = "the-token-of-the-server"


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test need not wait for; there are as many."""
    monkeypatch.setattr(remote_http, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(remote_http, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(remote_uploads, "_PAUSE", 0.05)


@pytest.fixture
def remote(make_place: Callable[[str], Place]) -> Place:
    """A fresh state behind a server."""
    return make_place("remote")


@pytest.fixture
def proxy(remote: Place) -> Iterator[FaultyServer]:
    """Stands before the server and can be told to misbehave."""
    with faulty_server(lambda request: None, remote.url) as server:
        yield server


def through(proxy: FaultyServer, folder: Path) -> DataService:
    """A service behind a proxy, with its own memory of local files."""
    return open_service(Config(url=f"{proxy.endpoint}/user/me", token=TOKEN, state_dir=folder))


@pytest.fixture
def service(proxy: FaultyServer, tmp_path: Path) -> Iterator[DataService]:
    """One that is closed after the test."""
    service = through(proxy, tmp_path / "client")
    yield service
    service.close()


@pytest.fixture
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many packs of few bytes."""
    monkeypatch.setattr(packs, "PACK_SIZE", 100_000)


def put(service: DataService, version: Version, source: Path) -> TransferResult:
    return service.put_files(version.reference, [f"{source}/"]).result()


def is_pack(request: Request) -> bool:
    return request.path.endswith("/packs")


def is_append(request: Request) -> bool:
    return request.method == "PATCH"


# --- nothing moves twice ----------------------------------------------------------------------------------------------


def test_few_requests_and_few_bytes(remote: Place, tmp_path: Path) -> None:
    files = {f"folder {n % 30}/{n:05}": b"%d" % n * 20 for n in range(3000)}
    source = write_tree(tmp_path / "source", files, old=True)
    service, version = remote.service, remote.version()
    before = service.stats()
    assert put(service, version, source).files_sent == 3000
    first = service.stats()
    assert first["requests"] - before["requests"] <= 5  # begin, offer, a pack, end
    assert put(service, version, source).files_sent == 0
    second = service.stats()
    assert second["requests"] - first["requests"] <= 4
    assert second["bytes_out"] - first["bytes_out"] < 100 * len(files)
    result = service.get_files(version.reference, [], tmp_path / "out").result()
    assert result.files_sent == 3000
    assert service.stats()["requests"] - second["requests"] <= 6
    assert read_tree(tmp_path / "out") == files


def test_content_of_any_dataset_is_not_sent(remote: Place, tmp_path: Path) -> None:
    files = {"small": noise(50_000), "large": noise(2 * MIB)}
    remote.committed(files, "other")
    source = write_tree(tmp_path / "source", files)
    before = remote.service.stats()["bytes_out"]
    version = remote.version()
    assert put(remote.service, version, source) == TransferResult(2, 2 * MIB + 50_000, 0, 0)
    assert remote.service.stats()["bytes_out"] - before < 2000
    assert remote.contents(version.reference) == files


def test_questions_that_would_be_too_long_become_several(
    remote: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one pack has the content of more files than can be named in one request."""
    monkeypatch.setattr(native, "_LISTED", 3000)
    files = {f"{'long name ' * 5}/{n:03}": b"%d" % (n % 7) for n in range(200)}
    source = write_tree(tmp_path / "source", files)
    version = remote.version()
    assert put(remote.service, version, source).files_sent == 200
    assert put(remote.service, version, source).files_sent == 0
    assert remote.contents(version.reference) == files


# --- what is interrupted goes on --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Reset(), LoseReply(), HalfRequest()], ids=["reset", "lost reply", "half a request"])
def test_lost_connections_are_not_noticed(
    remote: Place, service: DataService, proxy: FaultyServer, tmp_path: Path, fault: Reset, small_packs: None
) -> None:
    files = {f"{n:02}": noise(20_000, n) for n in range(30)} | {"large": noise(5 * MIB), "empty": b""}
    source = write_tree(tmp_path / "source", files)
    version = remote.version()
    for when in (is_pack, is_append, lambda request: request.method in ("POST", "HEAD")):
        proxy.rule = times(2, fault, when)
        put(service, version, source)
        assert remote.contents(version.reference) == files
        version = remote.version(dataset=f"more {id(when)}")
        files |= {"another": noise(30_000, id(when)), "large": noise(3 * MIB, id(when))}
        write_tree(source, files)


def test_a_large_file_goes_on_where_it_was_cut(
    remote: Place, service: DataService, proxy: FaultyServer, tmp_path: Path
) -> None:
    source = write_tree(tmp_path / "source", {"large": noise(16 * MIB)})
    version = remote.version()
    proxy.rule = times(2, HalfRequest(), is_append)
    put(service, version, source)
    sent = [len(request.body) for request in proxy.requests if is_append(request)]
    assert sent[0] == 16 * MIB
    assert sent == sorted(sent, reverse=True)
    assert sent[2] <= 5 * MIB
    assert remote.contents(version.reference) == read_tree(source)


def test_a_server_that_goes_and_comes_back(
    remote: Place, proxy: FaultyServer, tmp_path: Path, small_packs: None
) -> None:
    """The put fails; the same command sends only what had not arrived, of small files and of a large one."""
    files = {f"{n:03}": noise(20_000, n) for n in range(60)} | {"!large": noise(12 * MIB, 99)}
    source = write_tree(tmp_path / "source", files, old=True)
    version = remote.version()
    half_arrived, gone = threading.Event(), threading.Event()
    arrived = itertools.count(1)

    def rule(request: Request) -> Fault | None:
        if is_append(request):
            if not half_arrived.is_set():
                half_arrived.set()
                return HalfRequest()
            gone.wait(60)
        elif is_pack(request) and next(arrived) == 8:
            remote.served.close()
            gone.set()
        return Reset() if gone.is_set() else None

    proxy.rule = rule
    service = through(proxy, tmp_path / "client")
    with pytest.raises(GradientDataError) as caught:
        put(service, version, source)
    assert caught.value.kind is ErrorKind.SERVER_UNREACHABLE
    assert half_arrived.is_set()
    service.close()
    remote.reopen()
    held = remote.contents(version.reference)
    assert 0 < len(held) < 61
    with fails(ErrorKind.UPLOADS_UNFINISHED, str(source)):
        remote.service.commit_version(version.reference).result()
    proxy.rule = lambda request: None
    service = through(proxy, tmp_path / "client")
    put(service, version, source)
    assert service.stats()["bytes_out"] < 60 * 20_000 + 12 * MIB - sum(map(len, held.values())) - 4 * MIB
    service.close()
    remote.service.commit_version(version.reference).result()
    assert remote.contents(version.reference) == files


def test_a_get_is_not_disturbed(remote: Place, service: DataService, proxy: FaultyServer, tmp_path: Path) -> None:
    files = {f"{n:02}": noise(40_000, n) for n in range(30)} | {"large": noise(20 * MIB), "empty": b""}
    source = write_tree(tmp_path / "source", files)
    version = remote.version()
    put(remote.service, version, source)
    proxy.rule = times(4, HalfReply(), lambda request: request.path.endswith("/read") or "/content/" in request.path)
    service.get_files(version.reference, [], tmp_path / "out").result()
    assert read_tree(tmp_path / "out") == files


def test_damage_on_the_way_is_never_written(
    remote: Place, service: DataService, proxy: FaultyServer, tmp_path: Path
) -> None:
    files = {"small": noise(40_000), "large": noise(2 * MIB)}
    version = remote.version()
    source = write_tree(tmp_path / "source", files)
    proxy.damage = lambda request: is_pack(request) or is_append(request)
    with pytest.raises(GradientDataError) as caught:
        put(service, version, source)
    assert caught.value.kind in (ErrorKind.INVALID_REQUEST, ErrorKind.UPLOAD_CHECKSUM, ErrorKind.SOURCE_CHANGED)
    assert remote.contents(version.reference) == {}
    proxy.damage = lambda request: False
    put(service, version, source)
    assert remote.contents(version.reference) == files


def test_a_source_that_changes_is_not_put(
    remote: Place, service: DataService, proxy: FaultyServer, tmp_path: Path
) -> None:
    source = write_tree(tmp_path / "source", {"large": noise(20 * MIB)})
    version = remote.version()

    def change(request: Request) -> None:
        if request.path.endswith("/uploads"):
            with (source / "large").open("r+b") as file:
                file.write(b"changed")

    proxy.rule = change  # type: ignore[assignment]
    with fails(ErrorKind.SOURCE_CHANGED, str(source / "large")):
        put(service, version, source)
    assert remote.contents(version.reference) == {}
    proxy.rule = lambda request: None
    put(service, version, source)
    assert remote.contents(version.reference) == read_tree(source)


def test_two_clients_at_once(remote: Place, tmp_path: Path, small_packs: None) -> None:
    """With much in common: both succeed, and everything is there once."""
    common = {f"common/{n:02}": noise(20_000, n) for n in range(30)} | {"common/large": noise(9 * MIB, 77)}
    sources = [write_tree(tmp_path / name, {**common, f"{name}/own": noise(1000, at)}) for at, name in enumerate("ab")]
    version = remote.version()
    clients = [remote.client(name) for name in "ab"]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pair: put(pair[0], version, pair[1]), zip(clients, sources, strict=True)))
    for client in clients:
        client.close()
    remote.service.commit_version(version.reference).result()
    assert remote.contents(version.reference) == read_tree(sources[0]) | read_tree(sources[1])
    assert remote.service.verify(read_data=True).result().ok


# --- nobody is believed -----------------------------------------------------------------------------------------------


def entry(path: str, content: bytes, **changes: object) -> Entry:
    return Entry(path.encode(), len(content), hash_bytes(content))._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def ask(remote: Place) -> Iterator[Callable[..., object]]:
    """Sends what a client of ours never would."""
    connection = Connection(remote.url, TOKEN, 2)

    def post(version: Version, question: str, body: bytes, token: str = TOKEN) -> object:
        headers = {"Authorization": f"token {token}"}
        url = f"{version_url(version.reference)}/{question}"
        return connection.ask("POST", url, bytes, data=lambda: body, headers=headers)

    yield post
    connection.close()


def framed(entries: list[Entry], *contents: bytes) -> bytes:
    builder = PackBuilder()
    for content in contents:
        builder.add(hash_bytes(content), len(content), *encode(content))
    return b"".join(native.frame_pack(entries, builder.finish().data))


def lying_pack(content: bytes, other: bytes) -> bytearray:
    """A pack that is in order but for one blob, which does not have its hash."""
    builder = PackBuilder()
    builder.add(hash_bytes(other), len(content), packs.Encoding.RAW, content)
    return builder.finish().data


def test_a_pack_is_verified(remote: Place, ask: Callable[..., object]) -> None:
    version = remote.version()
    good, other = noise(1000, 1), noise(1000, 2)
    a = entry("a", good)
    bad_trailer = bytearray(framed([a], good))
    bad_trailer[-1] ^= 1
    huge = PackBuilder()
    huge.add(hash_bytes(bytes(2 * MIB)), 2 * MIB, *encode(bytes(2 * MIB)))
    lie = b"".join(native.frame_pack([entry("a", other)], lying_pack(good, other)))
    for body, kind in (
        (lie, ErrorKind.UPLOAD_CHECKSUM),
        (bytes(bad_trailer), ErrorKind.UPLOAD_CHECKSUM),
        (b"".join(native.frame_pack([], huge.finish().data)), ErrorKind.UPLOAD_CHECKSUM),
        (framed([a]), ErrorKind.UPLOAD_CHECKSUM),  # no pack is empty
        (framed([entry("a", other)], good), ErrorKind.CONTENT_UNEXPECTED),
        (framed([a._replace(size=999)], good), ErrorKind.CONTENT_UNEXPECTED),
        (framed([a, a], good), ErrorKind.INVALID_REQUEST),
        (framed([a._replace(path=b"../a")], good), ErrorKind.INVALID_PATH),
        (framed([a._replace(path="u\u0308".encode())], good), ErrorKind.INVALID_PATH),
        (framed([a._replace(path=b"\xff")], good), ErrorKind.INVALID_PATH),
        (framed([a._replace(hash=b"short")], good), ErrorKind.INVALID_REQUEST),
        (framed([a._replace(size=-1)], good), ErrorKind.INVALID_REQUEST),
        (b"", ErrorKind.INVALID_REQUEST),
        (b"\xff\xff\xff\x7f", ErrorKind.INVALID_REQUEST),
        (bytes(native.PACK_LIMIT + 1), ErrorKind.TOO_LARGE),
    ):
        with fails(kind):
            ask(version, "packs", body)
    assert remote.contents(version.reference) == {}
    index = remote.repository.blobs(remote.repository.providers.row(None).key).index
    assert index.known([hash_bytes(good), hash_bytes(other)]) == set()
    ask(version, "packs", framed([a], good))
    assert remote.contents(version.reference) == {"a": good}


def test_what_is_offered_is_checked(remote: Place, ask: Callable[..., object]) -> None:
    version = remote.version({"a": b"content"})
    a = entry("b", b"content")
    for offer, kind in (
        ([a._replace(size=8)], ErrorKind.CONTENT_UNEXPECTED),
        ([a._replace(path=b"/b")], ErrorKind.INVALID_PATH),
        ([a, a], ErrorKind.INVALID_REQUEST),
        ([a] * (native.MOST_FILES + 1), ErrorKind.TOO_LARGE),
    ):
        with fails(kind):
            ask(version, "stage", native.encode({"entries": offer}))
    for body in (b"", b"\x90", native.encode({"entries": [], "more": 1}), b"\x91" * 5000):
        with fails(ErrorKind.INVALID_REQUEST):
            ask(version, "stage", body)
    assert remote.contents(version.reference) == {"a": b"content"}
    assert ask(version, "stage", native.encode({"entries": [a, entry("c", b"else")]})) == b"[1]"
    assert remote.contents(version.reference) == {"a": b"content", "b": b"content"}


def test_what_is_read_is_what_was_seen(remote: Place, ask: Callable[..., object]) -> None:
    version = remote.version({"a": b"content", "large": noise(2 * MIB)})
    for wanted, kind in (
        ([(b"a", hash_bytes(b"before"))], ErrorKind.CHANGED_MEANWHILE),
        ([(b"b", hash_bytes(b"content"))], ErrorKind.FILE_NOT_FOUND),
        ([(b"large", hash_bytes(noise(2 * MIB)))], ErrorKind.TOO_LARGE),
        ([(b"a", b"")], ErrorKind.INVALID_REQUEST),
    ):
        with fails(kind):
            ask(version, "read", native.encode(wanted))


def test_nothing_gets_into_a_committed_version(remote: Place, ask: Callable[..., object]) -> None:
    version = remote.committed({"a": b"content"})
    for question, body in (
        ("stage", native.encode({"entries": [entry("b", b"content")]})),
        ("packs", framed([entry("b", b"new")], b"new")),
        ("puts", b'{"source": "a", "target": "b"}'),
    ):
        with fails(ErrorKind.VERSION_COMMITTED, version.reference):
            ask(version, question, body)
    assert remote.contents(version.reference) == {"a": b"content"}


def test_the_quota_holds_for_packs(make_place: Callable[..., Place], tmp_path: Path) -> None:
    place = make_place("remote", managed_quota=100_000)
    version = place.version()
    with fails(ErrorKind.QUOTA_EXCEEDED, "Gradient Managed"):
        put(place.service, version, write_tree(tmp_path / "source", {"a": noise(60_000, 1), "b": noise(60_000, 2)}))
    assert place.service.stats()["bytes_out"] < 10_000  # it was asked before anything was sent
    connection = Connection(place.url, TOKEN, 1)
    body = framed([], noise(60_000, 1), noise(60_000, 2))
    with fails(ErrorKind.QUOTA_EXCEEDED, "Gradient Managed"):
        connection.ask("POST", f"{version_url(version.reference)}/packs", bytes, data=lambda: body)
    connection.close()
    assert place.service.list_providers().items[0].used_bytes < 100_000


def test_a_limited_token_learns_nothing_of_other_datasets(
    remote: Place, ask: Callable[..., object], tmp_path: Path
) -> None:
    """Who knows the hash of somebody else's content must neither get the content nor hear that it is there."""
    secret = noise(3000)
    theirs = remote.version({"a": secret}, "theirs")
    mine = remote.version({}, "mine")
    token = remote.service.create_token("ci", access=Access.WRITE, datasets=["mine"]).secret
    offer = native.encode({"entries": [entry("b", secret)]})
    assert ask(mine, "stage", offer, token) == b"[0]"
    assert ask(mine, "known", native.encode([hash_bytes(secret)]), token) == b"[0]"
    for question, body in (("stage", offer), ("read", native.encode([(b"a", hash_bytes(secret))]))):
        with fails(ErrorKind.DATASET_NOT_FOUND):
            ask(theirs, question, body, token)
    assert remote.contents(mine.reference) == {}
    client = open_service(Config(url=remote.url, token=token, state_dir=tmp_path / "client"))
    source = write_tree(tmp_path / "source", {"b": secret, "c": secret, "large": noise(2 * MIB)})
    assert put(client, mine, source).files_sent >= 2
    client.commit_version(mine.reference).result()
    client.get_files("mine", [], tmp_path / "out").result()
    client.close()
    assert read_tree(tmp_path / "out") == read_tree(source)


def test_reading_alone_puts_nothing(remote: Place, tmp_path: Path) -> None:
    version = remote.version({"a": b"1"})
    token = remote.service.create_token("viewer", access=Access.READ).secret
    client = open_service(Config(url=remote.url, token=token, state_dir=tmp_path / "client"))
    with fails(ErrorKind.NOT_ALLOWED):
        put(client, version, write_tree(tmp_path / "source", {"b": b"2"}))
    client.get_files(version.reference, [], tmp_path / "out").result()
    client.close()
    assert read_tree(tmp_path / "out") == {"a": b"1"}


def test_a_pack_of_ours_is_never_too_long() -> None:
    """As long as one can get: full but for one byte, then one more file, all of them as small as they come."""
    footer = 20_000 * 41 + 44
    assert PACK_SIZE + packs.SMALL_BLOB + footer + native._LISTED + 4 < native.PACK_LIMIT


# --- as good as locally -----------------------------------------------------------------------------------------------


NAMES = st.sampled_from(["a", "b", "ä", "b c", "B", "%41", "x.y", "+", "ﬀ", "~"])
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.one_of(st.binary(max_size=20), st.integers(0, 3).map(lambda n: noise(MIB + n, n))),
    max_size=8,
)


def is_tree(*trees: dict[str, bytes]) -> bool:
    """Whether no file is in the place of a folder."""
    paths = {path for tree in trees for path in tree}
    return not any(path.startswith(f"{other}/") for path in paths for other in paths)


@pytest.fixture
def here(make_place: Callable[[str], Place]) -> Place:
    """A fresh state in this process."""
    return make_place("embedded")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees=st.tuples(TREES, TREES).filter(lambda trees: is_tree(*trees)))
def test_what_comes_out_is_the_same_here_and_there(
    remote: Place,
    here: Place,
    tmp_path_factory: pytest.TempPathFactory,
    trees: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    """Two puts, one over the other: the same files, counts, and root; a get of it writes the same."""
    folder = tmp_path_factory.mktemp("trees")
    sources = [write_tree(folder / str(number), tree) for number, tree in enumerate(trees)]
    outcomes = []
    for place in (here, remote):
        version = place.version()
        puts = [put(place.service, version, source) for source in sources]
        done = place.service.commit_version(version.reference).result()
        out = folder / f"out {place.is_remote}"
        got = place.service.get_files(done.reference, [], out).result()
        outcomes.append((puts, got, done.root, done.files, done.bytes, read_tree(out)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][-1] == {**trees[0], **trees[1]}
