"""Fetching over HTTP: it ends well where it can, says why where it cannot, and nothing half done is ever visible."""

from __future__ import annotations

import gzip
import threading
from typing import Any

import pytest

from jupyter_gradient_data.errors import Cancelled, ErrorKind
from jupyter_gradient_data.models import Phase, ProgressEvent, PublicState
from jupyter_gradient_data.progress import Progress
from tests.public.scene import MIB, Site, idx, md5, noise, tar_of, zip_of
from tests.service.place import fails
from tests.support.file_server import FileServer, Plan

DATA = noise(2 * MIB)


def add_one(site: Site, content: bytes = DATA, **facts: Any) -> None:
    site.add("one", site.file("data.bin", content, **facts))


# --- when all is well -------------------------------------------------------------------------------------------------


def test_mnist_is_as_people_found_it(site: Site) -> None:
    files = {f"{part}-ubyte.gz": idx(count) for count, part in enumerate(["train-images-idx3", "t10k-images-idx3"], 3)}
    site.add("mnist", *(site.file(path, content) for path, content in files.items()), layout_of_archives=[*files])
    found = site.fetch("gradient/mnist")
    assert site.tree("mnist") == files
    assert (found.state, found.path) == (PublicState.PRESENT, "/datasets/mnist")
    assert found.local_path == str(site.root / "mnist")
    assert all(file.is_present and file.proof == "sha256" for file in found.files)
    assert gzip.decompress(site.tree("mnist")["train-images-idx3-ubyte.gz"])[:4] == b"\0\0\x08\x03"


def test_archives_are_unpacked_at_the_top(site: Site) -> None:
    images = {f"train2017/{number:012}.jpg": noise(100, number) for number in range(50)}
    notes = {"annotations/captions.json": b"{}"}
    lmdb = {"tower_val_lmdb/data.mdb": b"\xde\xc0" + bytes(8 * MIB), "tower_val_lmdb/lock.mdb": b""}
    site.add(
        "coco",
        site.file("zips/train2017.zip", zip_of(images)),
        site.file("annotations.tar.gz", tar_of(notes)),
        site.file("scenes/tower.zip", zip_of(lmdb)),
        site.file("readme.txt", b"read me"),
    )
    site.fetch("coco")
    assert site.tree("coco") == {**images, **notes, **lmdb, "readme.txt": b"read me"}


def test_what_is_there_is_read_only(site: Site) -> None:
    site.add("one", site.file("a/b.bin", b"b"), site.file("c.zip", zip_of({"d/e": b"e"})))
    site.fetch("one")
    modes = {str(path.relative_to(site.root)): path.stat().st_mode & 0o777 for path in (site.root / "one").rglob("*")}
    assert modes == {"one/a": 0o555, "one/a/b.bin": 0o444, "one/d": 0o555, "one/d/e": 0o444}
    assert (site.root / "one").stat().st_mode & 0o777 == 0o555


def test_nothing_is_left_over(site: Site) -> None:
    site.add("one", site.file("a.bin", b"b"), site.file("c.zip", zip_of({"d/e": b"e"})))
    site.fetch("one")
    assert not (site.root / ".fetching" / "one").exists()
    assert list((site.root / ".removed").glob("*")) == []
    assert len(list((site.root / ".manifests" / "one").iterdir())) == 2  # the manifest, and the files of one archive


def test_the_same_file_in_two_archives_is_one(site: Site) -> None:
    """As the README of all parts of LibriSpeech."""
    first = {"LibriSpeech/README.TXT": b"same", "LibriSpeech/dev/1.flac": b"1"}
    second = {"LibriSpeech/README.TXT": b"same", "LibriSpeech/test/2.flac": b"2"}
    site.add("openslr", site.file("dev.tar.gz", tar_of(first)), site.file("test.tar.gz", tar_of(second)))
    site.fetch("openslr")
    assert site.tree("openslr") == first | second


def test_an_archive_that_contradicts_another_gets_a_folder(site: Site) -> None:
    first, second = {"speech/README": b"1", "speech/a": b"a"}, {"speech/README": b"2", "speech/b": b"b"}
    site.add("openslr", site.file("dev.tar.gz", tar_of(first)), site.file("raw/mp3.tar.gz", tar_of(second)))
    site.fetch("openslr")
    assert site.tree("openslr") == {**first, **{f"raw/mp3/{path}": content for path, content in second.items()}}


def test_several_files_come_at_the_same_time_but_not_all(site: Site, web: FileServer) -> None:
    """Four requests meet; a fifth would have been there, too, if there were no bound."""
    together, most = threading.Barrier(4), 0
    running, lock = 0, threading.Lock()

    def before(asked: object) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(30)
        with lock:
            running -= 1

    web.before = before
    site.add("many", *(site.file(f"{number}.bin", noise(10, number)) for number in range(8)))
    site.fetch("many")
    assert most == 4


def test_progress(site: Site) -> None:
    archive = zip_of({"d": noise(MIB)})
    site.add("one", site.file("a.bin", DATA), site.file("c.zip", archive))
    events: list[ProgressEvent] = []
    site.fetch("one", progress=Progress(events.append))
    last = {event.phase: event for event in events}
    assert list(last) == [Phase.FETCHING, Phase.UNPACKING]
    fetching = last[Phase.FETCHING]
    assert (fetching.files_done, fetching.files_total) == (2, 2)
    assert fetching.bytes_done == fetching.bytes_total == len(DATA) + len(archive)
    assert last[Phase.UNPACKING].files_done == 1


def test_a_file_without_bytes(site: Site) -> None:
    site.add("one", site.file("empty", b""), site.file("unknown", b"", size=None, sha256=None))
    site.fetch("one")
    assert site.tree("one") == {"empty": b"", "unknown": b""}


def test_sizes_that_nobody_knows_are_asked_for(site: Site, web: FileServer) -> None:
    add_one(site, size=None, sha256=None)
    events: list[ProgressEvent] = []
    found = site.fetch("one", progress=Progress(events.append))
    assert [asked.method for asked in web.asked] == ["HEAD", "GET"]
    assert events[-1].bytes_total == len(DATA)
    assert (found.files[0].proof, found.files[0].bytes) == ("none", None)


def test_a_server_that_refuses_head_and_tells_no_length(site: Site, web: FileServer) -> None:
    add_one(site, size=None)
    web.always["data.bin"] = Plan(length=False, ranges=False)
    assert site.fetch("one").state is PublicState.PRESENT


# --- when it is not ---------------------------------------------------------------------------------------------------


def test_mirrors_are_tried_in_their_order(site: Site, web: FileServer) -> None:
    mirrors = [web.url + "also-gone", web.add("there", DATA), web.add("never-asked", DATA)]
    add_one(site, url=web.url + "gone", mirrors=mirrors)
    site.fetch("one")
    assert site.tree("one") == {"data.bin": DATA}
    assert [asked.path for asked in web.asked] == ["gone", "also-gone", "there"]


def test_each_reason_is_told(site: Site, web: FileServer) -> None:
    web.always |= {"busy": Plan(status=503), "page": Plan(body=b"<html>", headers={"Content-Type": "text/html"})}
    mirrors = [
        web.url + "busy?key=secret",
        web.url + "page",
        "http://127.0.0.1:1/x",
        web.add("other", noise(2 * MIB, 1)),
    ]
    add_one(site, url=web.url + "gone", mirrors=mirrors)
    words = ["one", "data.bin", "gone: it answers 404", "busy: it answers 503", "page: it answers with a web page"]
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, *words, "127.0.0.1:1/x: it cannot be reached", "other: its SHA-256") as e:
        site.fetch("one")
    assert "secret" not in e.value.message
    assert site.visible() == set()
    assert len(web.gets("busy")) == 4  # tried again, for it may pass
    assert len(web.gets("gone")) == 1


def test_a_cut_connection_continues_where_it_was(site: Site, web: FileServer) -> None:
    add_one(site)
    web.plans["data.bin"] = [Plan(cut_after=MIB), Plan(cut_after=MIB // 2), Plan(status=503)]
    site.fetch("one")
    assert site.tree("one") == {"data.bin": DATA}
    first, *others = web.gets("data.bin")
    assert first.start == 0
    assert [asked.start for asked in others] == [MIB, MIB + MIB // 2, MIB + MIB // 2]
    assert all("if-range" in asked.headers for asked in others)


def test_a_connection_that_always_breaks_is_given_up(site: Site, web: FileServer) -> None:
    add_one(site)
    web.always["data.bin"] = Plan(cut_after=0)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "the connection broke"):
        site.fetch("one")
    assert len(web.gets("data.bin")) == 4


def test_a_server_that_cuts_and_has_no_ranges_is_given_up(site: Site, web: FileServer) -> None:
    """It sends a megabyte each time, and yet it never gets further."""
    add_one(site)
    web.always["data.bin"] = Plan(cut_after=MIB + MIB // 2, ranges=False)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "the connection broke"):
        site.fetch("one")
    assert len(web.gets("data.bin")) < 10


def test_tries_are_counted_anew_when_it_gets_further(site: Site, web: FileServer) -> None:
    content = noise(12 * MIB)
    add_one(site, content)
    web.always["data.bin"] = Plan(cut_after=MIB + 1)
    site.fetch("one")
    assert site.tree("one") == {"data.bin": content}
    assert len(web.gets("data.bin")) == 12


def test_refused_ranges_begin_again(site: Site, web: FileServer) -> None:
    add_one(site)
    web.plans["data.bin"] = [Plan(cut_after=MIB), Plan(ranges=False)]
    events: list[ProgressEvent] = []
    site.fetch("one", progress=Progress(events.append))
    assert site.tree("one") == {"data.bin": DATA}
    assert events[-1].bytes_done == len(DATA)  # what came twice counts once


def test_the_next_try_continues(site: Site, web: FileServer) -> None:
    add_one(site)
    web.plans["data.bin"] = [Plan(cut_after=MIB), *[Plan(status=500)] * 3]
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "500"):
        site.fetch("one")
    assert site.visible() == set()
    assert site.library().get("one").state is PublicState.ABSENT
    site.fetch("one")
    assert web.gets("data.bin")[-1].start == MIB
    assert site.tree("one") == {"data.bin": DATA}


@pytest.mark.parametrize("knows_hash", [True, False])
def test_a_file_that_changes_between_two_tries(site: Site, web: FileServer, knows_hash: bool) -> None:
    """The first half of the old file and the second of the new one must never become one."""
    new = noise(2 * MIB, 5)
    add_one(site, **({} if knows_hash else {"sha256": None}))
    web.plans["data.bin"] = [Plan(cut_after=MIB), *[Plan(status=500)] * 3]
    with fails(ErrorKind.PUBLIC_FETCH_FAILED):
        site.fetch("one")
    web.files["data.bin"] = new
    if knows_hash:
        with fails(ErrorKind.PUBLIC_FETCH_FAILED, "its SHA-256 is"):
            site.fetch("one")
        assert site.visible() == set()
    else:
        site.fetch("one")
        assert site.tree("one") == {"data.bin": new}


@pytest.mark.parametrize("tag", ["", 'W/"weak"', None])
def test_a_file_that_changes_on_a_server_that_cannot_tell(site: Site, web: FileServer, tag: str | None) -> None:
    """It goes on with another file although it was asked not to, or has no name for a state of a file."""
    new = noise(2 * MIB, 5)
    add_one(site, sha256=None)
    headers = {} if tag is None else {"ETag": tag}
    web.plans["data.bin"] = [Plan(cut_after=MIB, headers=headers), *[Plan(status=500)] * 3]
    with fails(ErrorKind.PUBLIC_FETCH_FAILED):
        site.fetch("one")
    web.files["data.bin"] = new
    web.always["data.bin"] = Plan(ignores_if_range=True, headers=headers)
    site.fetch("one")
    assert site.tree("one") == {"data.bin": new}


def test_a_damaged_beginning_is_fetched_again(site: Site, web: FileServer) -> None:
    """What was left by an earlier try may be wrong itself."""
    add_one(site)
    web.plans["data.bin"] = [Plan(cut_after=MIB, body=bytes(len(DATA)))]
    web.plans["data.bin"] += [Plan(ignores_if_range=True, headers={"ETag": web_etag(bytes(len(DATA)))})]
    site.fetch("one")
    assert site.tree("one") == {"data.bin": DATA}
    assert [asked.start for asked in web.gets("data.bin")] == [0, MIB, 0]


def test_a_mirror_continues_what_another_has_begun(site: Site, web: FileServer) -> None:
    add_one(site, mirrors=[web.add("mirror.bin", DATA)])
    web.plans["data.bin"] = [Plan(cut_after=MIB), Plan(status=404)]
    site.fetch("one")
    assert [asked.start for asked in web.gets("mirror.bin")] == [MIB]
    assert "if-range" not in web.gets("mirror.bin")[0].headers
    assert site.tree("one") == {"data.bin": DATA}


def test_without_a_hash_a_mirror_begins_anew(site: Site, web: FileServer) -> None:
    other = noise(2 * MIB, 3)
    add_one(site, sha256=None, mirrors=[web.add("mirror.bin", other)])
    web.plans["data.bin"] = [Plan(cut_after=MIB), Plan(status=404)]
    site.fetch("one")
    assert site.tree("one") == {"data.bin": other}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"sha256": "0" * 64}, "its SHA-256 is"),
        ({"sha256": None, "md5": "0" * 32}, "its MD5 is"),
        ({"sha256": None, "md5_first_1mib": "0" * 32}, "its first MiB is not"),
        ({"size": len(DATA) + 1}, f"it has {len(DATA):,} bytes there, and the catalogue says {len(DATA) + 1:,}"),
        ({"size": 10}, "the catalogue says 10"),
    ],
)
def test_what_is_wrong_does_not_appear(site: Site, facts: dict[str, Any], words: str) -> None:
    add_one(site, **facts)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, words):
        site.fetch("one")
    assert site.visible() == set()


def test_a_wrong_size_costs_no_download(site: Site, web: FileServer) -> None:
    add_one(site, size=10)
    web.always["data.bin"] = Plan(stall_after=0)  # whoever wanted the body would wait for ever
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "the catalogue says 10"):
        site.fetch("one")


def test_a_server_that_never_ends_is_stopped(site: Site, web: FileServer) -> None:
    add_one(site, noise(100))
    web.always["data.bin"] = Plan(body=noise(3 * MIB), length=False, stall_after=3 * MIB - 1)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "more than the 100 bytes"):
        site.fetch("one")


def test_the_first_mib_proves_nothing_about_the_rest(site: Site) -> None:
    """As fastai has it: right bytes at the beginning are all that can be asked of it."""
    other = DATA[:MIB] + noise(MIB, 9)
    site.add("one", site.file("data.bin", other, sha256=None, md5_first_1mib=md5(DATA[:MIB])))
    found = site.fetch("one")
    assert site.tree("one") == {"data.bin": other}
    assert found.files[0].proof == "start"


def test_the_first_mib_of_a_short_file_is_all_of_it(site: Site) -> None:
    site.add("one", site.file("a", b"short", sha256=None, size=None, md5_first_1mib=md5(b"short")))
    site.fetch("one")
    site.add("two", site.file("b", b"other", sha256=None, size=None, md5_first_1mib=md5(b"short")))
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "its first MiB"):
        site.fetch("two")


def test_a_wrong_beginning_stops_a_long_download(site: Site, web: FileServer) -> None:
    add_one(site, sha256=None, md5_first_1mib="0" * 32)
    web.always["data.bin"] = Plan(stall_after=MIB + 100_000)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "its first MiB is not"):
        site.fetch("one")


def test_redirects_are_followed(site: Site, web: FileServer) -> None:
    web.always["old"] = Plan(status=302, headers={"Location": "/older"})
    web.always["older"] = Plan(status=308, headers={"Location": web.url + "data.bin?token=x"})
    add_one(site, url=web.url + "old")
    web.plans["data.bin"] = [Plan(cut_after=MIB)]
    site.fetch("one")
    assert site.tree("one") == {"data.bin": DATA}


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/loop", "redirects more than 8 times"),
        ("file:///etc/passwd", "not on the web"),
        ("ftp://127.0.0.1/x", "not on the web"),
        ("s3://bucket/key", "not on the web"),
        ("http://[::1", "is no URL"),
        ("http://:::/", "is no URL"),
    ],
)
def test_redirects_that_are_not(site: Site, web: FileServer, location: str, words: str) -> None:
    web.always["loop"] = Plan(status=301, headers={"Location": location})
    add_one(site, url=web.url + "loop")
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, words):
        site.fetch("one")


def test_what_is_packed_on_the_way(site: Site, web: FileServer) -> None:
    """A .gz file is kept as it is sent; a server that compresses anything else says nothing about the file."""
    content = gzip.compress(b"x" * 1000)
    site.add("one", site.file("a.csv.gz", content))
    web.always["a.csv.gz"] = Plan(headers={"Content-Encoding": "gzip"})
    site.fetch("one")
    assert site.tree("one") == {"a.csv.gz": content}
    site.add("two", site.file("b.csv", b"x" * 1000, size=None, sha256=None))
    web.always["b.csv"] = Plan(body=content, headers={"Content-Encoding": "gzip"})
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "compresses what it sends"):
        site.fetch("two")


def test_a_server_that_falls_silent(site: Site, web: FileServer) -> None:
    add_one(site)
    web.plans["data.bin"] = [Plan(stall_after=MIB)]
    library = site.library(patience=0.3)
    library.fetch("one", (), Progress())
    assert site.tree("one") == {"data.bin": DATA}
    assert [asked.start for asked in web.gets("data.bin")] == [0, MIB]


def test_it_stops_when_told_to_and_continues(site: Site, web: FileServer) -> None:
    content = noise(6 * MIB)
    add_one(site, content)
    progress = Progress()

    def stop(asked: object) -> None:
        progress.cancel()

    web.before = stop
    with pytest.raises(Cancelled):
        site.fetch("one", progress=progress)
    assert site.visible() == set()
    web.before = lambda asked: None
    site.fetch("one")
    assert site.tree("one") == {"data.bin": content}


def test_nothing_is_asked_for_after_that(site: Site, web: FileServer) -> None:
    site.add("many", *(site.file(f"{number}.bin", noise(10, number)) for number in range(100)))
    progress = Progress()
    web.before = lambda asked: progress.cancel()
    with pytest.raises(Cancelled):
        site.fetch("many", progress=progress)
    assert len(web.asked) <= 4


def test_it_stops_between_two_tries(site: Site, web: FileServer) -> None:
    from urllib3.util.retry import Retry

    add_one(site)
    web.always["data.bin"] = Plan(status=503, headers={"Retry-After": "25"})
    progress = Progress()
    web.before = lambda asked: threading.Timer(0.2, progress.cancel).start()
    with pytest.raises(Cancelled):
        site.library(retries=Retry(total=3, backoff_factor=60)).fetch("one", (), progress)


def test_who_asks_for_too_much_patience_is_left(site: Site, web: FileServer) -> None:
    add_one(site)
    web.always["data.bin"] = Plan(status=429, headers={"Retry-After": "86400"})
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "it answers 429"):
        site.fetch("one")
    assert len(web.gets("data.bin")) == 1


def test_one_file_that_fails_does_not_stop_the_others(site: Site, web: FileServer) -> None:
    site.add("two", site.file("bad.bin", b"bad", url=web.url + "gone"), site.file("good.bin", DATA))
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "bad.bin"):
        site.fetch("two")
    assert site.visible() == set()
    web.add("gone", b"bad")
    site.fetch("two")
    assert site.tree("two") == {"bad.bin": b"bad", "good.bin": DATA}
    assert len(web.gets("good.bin")) == 1  # it had stayed


@pytest.mark.parametrize("archive", [tar_of({"../evil": b"x"}), b"no archive at all"], ids=["evil", "none"])
def test_an_archive_that_is_refused_leaves_nothing(site: Site, archive: bytes) -> None:
    site.add("one", site.file("a.tar.gz", archive), site.file("fine.bin", DATA))
    with fails(ErrorKind.PUBLIC_UNPACK_REFUSED, "a.tar.gz of one"):
        site.fetch("one")
    assert site.visible() == set()
    assert not list(site.root.parent.rglob("evil"))
    assert site.fetch("one", "fine.bin").state is PublicState.PARTIAL
    assert site.tree("one") == {"fine.bin": DATA}


def test_a_bomb_is_refused_unless_the_catalogue_knows_better(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_gradient_data.public import unpacking

    monkeypatch.setattr(unpacking, "_ALWAYS", MIB)
    archive = zip_of({"data.mdb": bytes(32 * MIB)})
    site.add("one", site.file("a.zip", archive))
    with fails(ErrorKind.PUBLIC_UNPACK_REFUSED, "bomb"):
        site.fetch("one")
    site.add("one", site.file("a.zip", archive, unpacked_size=32 * MIB))
    site.fetch("one")
    assert site.tree("one") == {"data.mdb": bytes(32 * MIB)}


def web_etag(content: bytes) -> str:
    import hashlib

    return f'"{hashlib.sha1(content).hexdigest()}"'
