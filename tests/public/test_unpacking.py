"""Unpacking: what honest archives hold comes out, and nothing that a dishonest one wants."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.errors import Cancelled
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.public.paths import UnsafePathError, clash, safe_link, safe_path
from jupyter_gradient_data.public.unpacking import Limits, RefusedError, Unpacked, unpack
from tests.public.scene import MIB, contents, noise, sha256, tar_of, zip_of

GIB = 1024**3
FILES = {"top.txt": b"top", "a/b/c.bin": noise(3 * MIB), "a/empty": b"", "a/ä ö.txt": b"x"}


def unpacked(
    tmp_path: Path, archive: bytes, kind: str = "tar", *, limits: Limits | None = None, name: str = "one"
) -> list[Unpacked]:
    path = tmp_path / "archive"
    path.write_bytes(archive)
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    return unpack(path, kind, name, into, limits or Limits.of(len(archive), 10 * GIB), Progress())


def refused(tmp_path: Path, archive: bytes, kind: str, *words: str, limits: Limits | None = None) -> None:
    """It is refused, and nothing has appeared outside of its folder."""
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "into")}
    with pytest.raises(RefusedError) as caught:
        unpacked(tmp_path, archive, kind, limits=limits)
    for word in words:
        assert word in str(caught.value)
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "into")}
    assert after - before <= {tmp_path / "archive"}


# --- honest archives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(tmp_path: Path, mode: str) -> None:
    found = unpacked(tmp_path, tar_of(FILES, mode))
    assert contents(tmp_path / "into") == FILES
    assert {file.path: (file.size, file.sha256) for file in found} == {
        path: (len(content), sha256(content)) for path, content in FILES.items()
    }


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip(tmp_path: Path, compression: int) -> None:
    found = unpacked(tmp_path, zip_of(FILES, compression), "zip")
    assert contents(tmp_path / "into") == FILES
    assert sorted(file.path for file in found) == sorted(FILES)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_one_compressed_file(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    unpacked(tmp_path, compress(b"a,b\n"), "single", name="raw/x.csv")
    assert contents(tmp_path / "into") == {"raw/x.csv": b"a,b\n"}


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_dots_and_folders_in_paths_mean_nothing(tmp_path: Path, make: Callable[[dict[str, bytes]], bytes]) -> None:
    unpacked(tmp_path, make({"./a//b.txt": b"1", "a/./c.txt": b"2"}), "zip" if make is zip_of else "tar")
    assert contents(tmp_path / "into") == {"a/b.txt": b"1", "a/c.txt": b"2"}


def test_modes_are_ours(tmp_path: Path) -> None:
    odd, program = tarfile.TarInfo("odd"), tarfile.TarInfo("program")
    odd.mode, program.mode = 0o6666, 0o4755
    unpacked(tmp_path, tar_of({}, "w", odd, program))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "into").iterdir()}
    assert modes == {"odd": 0o444, "program": 0o555}


def test_links_inside_are_links(tmp_path: Path) -> None:
    soft, hard = tarfile.TarInfo("x/soft"), tarfile.TarInfo("x/hard")
    soft.type, soft.linkname = tarfile.SYMTYPE, "../a/file"
    hard.type, hard.linkname = tarfile.LNKTYPE, "a/file"
    found = unpacked(tmp_path, tar_of({"a/file": b"content"}, "w:gz", soft, hard))
    into = tmp_path / "into"
    assert os.readlink(into / "x/soft") == "../a/file"
    assert (into / "x/soft").read_bytes() == (into / "x/hard").read_bytes() == b"content"
    assert [file.link for file in found] == [None, None, "../a/file"]


def test_links_in_zip(tmp_path: Path) -> None:
    unpacked(tmp_path, zip_with_link("a/file"), "zip")
    assert os.readlink(tmp_path / "into" / "link") == "a/file"


def test_what_is_empty_stays_a_hole(tmp_path: Path) -> None:
    """A database of LMDB is a large file of which little is used."""
    database = b"\xde\xc0\xef\xbe" + bytes(64 * MIB) + noise(1000) + bytes(32 * MIB)
    (found,) = unpacked(tmp_path, zip_of({"train_lmdb/data.mdb": database}), "zip")
    path = tmp_path / "into" / "train_lmdb" / "data.mdb"
    assert found.sha256 == sha256(database)
    assert path.stat().st_size == len(database)
    assert path.stat().st_blocks * 512 < 8 * MIB
    assert sha256(path.read_bytes()) == found.sha256


def test_names_need_not_be_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (found,) = unpacked(tmp_path, tar_of({name: b"x"}, "w"))
    assert found.path == name
    assert (tmp_path / "into" / name).read_bytes() == b"x"


def test_it_stops_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(tar_of(FILES))
    (tmp_path / "into").mkdir()
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        unpack(tmp_path / "archive", "tar", "one", tmp_path / "into", Limits(GIB, GIB), progress)


# --- dishonest ones ---------------------------------------------------------------------------------------------------

OUTSIDE = ["../evil", "a/../../evil", "/tmp/evil", "a/b/../../../evil", "..", "x\0/../../evil"]


@pytest.mark.parametrize("path", [path for path in OUTSIDE if "\0" not in path])
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_path_that_leads_out(tmp_path: Path, path: str, make: Callable[[dict[str, bytes]], bytes]) -> None:
    refused(tmp_path, make({"fine": b"1", path: b"2"}), "zip" if make is zip_of else "tar", "not safe")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../outside", "../../x", "a/../../outside", "", "x/../../..", "../into-not", "a/.."]
)
def test_a_link_that_leads_out(tmp_path: Path, target: str) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, target
    refused(tmp_path, tar_of({}, "w", link), "tar", "link")
    if target:
        refused(tmp_path, zip_with_link(target), "zip", "link")


def test_a_chain_of_links_that_leads_out(tmp_path: Path) -> None:
    """Each of them looks well: `up` is the top, and `up/..` is above it."""
    members = []
    for name, target in {"d/e/f/up": "../../..", "out": "d/e/f/up/.."}.items():
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, target
        members.append(link)
    refused(tmp_path, tar_of({}, "w", *members), "tar", "out")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tarfile.TarInfo("folder")
    link.type, link.linkname = tarfile.SYMTYPE, "."
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(link)
        member = tarfile.TarInfo("folder/file")
        archive.addfile(member)
    refused(tmp_path, target.getvalue(), "tar", "twice")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes(tmp_path: Path, kind: bytes) -> None:
    device = tarfile.TarInfo("device")
    device.type, device.devmajor, device.devminor = kind, 1, 3
    refused(tmp_path, tar_of({"a": b""}, "w", device), "tar", "'device' is neither")


def test_devices_in_zip(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("device")
    info.create_system, info.external_attr = 3, (stat.S_IFCHR | 0o600) << 16
    refused(tmp_path, zip_of_infos((info, b"")), "zip", "'device' is neither")


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "later", "link"])
def test_a_hard_link_to_what_is_no_file_before_it(tmp_path: Path, target: str) -> None:
    link, hard = tarfile.TarInfo("link"), tarfile.TarInfo("hard")
    link.type, link.linkname = tarfile.SYMTYPE, "later"
    hard.type, hard.linkname = tarfile.LNKTYPE, target
    refused(tmp_path, tar_of({}, "w", link, hard, tarfile.TarInfo("later")), "tar")


@pytest.mark.parametrize("second", ["a/b", "./a//b", "a/b/c"])
def test_the_same_path_twice(tmp_path: Path, second: str) -> None:
    members = [tarfile.TarInfo("a/b"), tarfile.TarInfo(second)]
    refused(tmp_path, tar_of({}, "w", *members), "tar", "twice")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # which zipfile gives
        archive = zip_of_infos((zipfile.ZipInfo("a/b"), b"1"), (zipfile.ZipInfo(second), b"2"))
    (tmp_path / "zip").mkdir()
    refused(tmp_path / "zip", archive, "zip", "twice")


def test_an_encrypted_member(tmp_path: Path) -> None:
    archive = bytearray(zip_of({"a": b"secret"}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + at] |= 1
    refused(tmp_path, bytes(archive), "zip", "encrypted")


def test_a_zip_bomb(tmp_path: Path) -> None:
    bomb = zip_of({f"{number}": bytes(8 * MIB) for number in range(4)})
    refused(tmp_path, bomb, "zip", "bomb", limits=Limits(16 * MIB, GIB))
    assert contents(tmp_path / "into") == {}  # the sizes that it declares are enough


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_tar_bomb(tmp_path: Path, mode: str) -> None:
    bomb = tar_of({f"{number}": bytes(8 * MIB) for number in range(4)}, mode)
    refused(tmp_path, bomb, "tar", "bomb", limits=Limits(20 * MIB, GIB))
    assert sum(map(len, contents(tmp_path / "into").values())) <= 20 * MIB


def test_a_bomb_in_one_file(tmp_path: Path) -> None:
    refused(tmp_path, gzip.compress(bytes(32 * MIB)), "single", "bomb", limits=Limits(8 * MIB, GIB))


def test_a_bomb_behind_the_end_of_a_tar(tmp_path: Path) -> None:
    tail = gzip.compress(tar_of({"a": b"1"}, "w") + bytes(32 * MIB))
    refused(tmp_path, tail, "tar", "bomb", limits=Limits(8 * MIB, GIB))


def test_a_bomb_in_a_header(tmp_path: Path) -> None:
    """A name of gigabytes would be read into memory."""
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 64 * MIB
    archive = gzip.compress(long.tobuf(tarfile.GNU_FORMAT) + bytes(64 * MIB))
    refused(tmp_path, archive, "tar", "header")


def test_a_zip_that_declares_less_than_it_holds(tmp_path: Path) -> None:
    content = noise(100) * 100
    archive = bytearray(zip_of({"a": content}))
    at = archive.index(b"PK\x01\x02") + 24
    assert int.from_bytes(archive[at : at + 4], "little") == len(content)
    archive[at : at + 4] = (10).to_bytes(4, "little")
    refused(tmp_path, bytes(archive), "zip")


def test_what_does_not_fit_the_disk_is_refused(tmp_path: Path) -> None:
    archive = zip_of({"a": bytes(2 * MIB)})
    refused(tmp_path, archive, "zip", "free", limits=Limits.of(len(archive), MIB))


def test_limits() -> None:
    assert Limits.of(10 * MIB, 1).bytes == 4 * GIB
    assert Limits.of(GIB, 1).bytes == 200 * GIB
    assert Limits.of(10 * MIB, 1, known=900 * GIB).bytes == 900 * GIB


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.7, 0.95])
def test_half_an_archive(tmp_path: Path, kind: str, keep: float) -> None:
    whole = (zip_of if kind == "zip" else tar_of)(FILES)
    refused(tmp_path, whole[: int(len(whole) * keep)], kind)


def test_a_damaged_archive(tmp_path: Path) -> None:
    for number, (kind, make) in enumerate({"zip": zip_of, "tar": tar_of}.items()):
        damaged = bytearray(make({"a": noise(MIB)}))
        damaged[MIB // 2] ^= 1
        (tmp_path / str(number)).mkdir()
        refused(tmp_path / str(number), bytes(damaged), kind)


@pytest.mark.parametrize("kind", ["zip", "tar", "single"])
def test_what_is_no_archive(tmp_path: Path, kind: str) -> None:
    refused(tmp_path, b"<!DOCTYPE html><html></html>" * 100, kind)


def test_a_full_disk_is_no_damaged_archive(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")

    def write(descriptor: int, piece: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space left"):
            unpacked(tmp_path, tar_of({"a": b"content"}))


# --- any archive ------------------------------------------------------------------------------------------------------

PARTS = st.sampled_from(["a", "b", "..", ".", "", "c" * 300, "lä", "\udce4", "a\\b", "C:", "~"])
PATHS = st.builds("/".join, st.lists(PARTS, max_size=5)) | st.text(max_size=8)
MEMBERS = st.lists(
    st.tuples(PATHS, st.sampled_from(["file", "folder", "soft", "hard", "device"]), PATHS, st.binary(max_size=20)),
    max_size=8,
)


def is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


@given(MEMBERS)
def test_whatever_is_in_a_tar_stays_inside(members: list[tuple[str, str, str, bytes]]) -> None:
    types = {"file": b"0", "folder": b"5", "soft": b"2", "hard": b"1", "device": b"3"}
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for path, kind, link, content in members:
            if is_encodable(path) and is_encodable(link):
                info = tarfile.TarInfo(path)
                info.type, info.linkname = types[kind], link
                info.size = len(content) if kind == "file" else 0
                archive.addfile(info, io.BytesIO(content))
    check_inside(target.getvalue(), "tar")


@given(MEMBERS)
def test_whatever_is_in_a_zip_stays_inside(members: list[tuple[str, str, str, bytes]]) -> None:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)
        for path, kind, link, content in members:
            if path and all(not "\ud800" <= character <= "\udfff" for character in path + link):
                info = zipfile.ZipInfo(path)
                modes = {"soft": stat.S_IFLNK, "device": stat.S_IFCHR, "folder": stat.S_IFDIR}
                info.create_system, info.external_attr = 3, (modes.get(kind, stat.S_IFREG) | 0o666) << 16
                archive.writestr(info, link.encode() if kind == "soft" else content)
    check_inside(target.getvalue(), "zip")


@given(
    st.binary(max_size=2000) | st.binary(max_size=2000).map(gzip.compress) | st.binary(max_size=500).map(zlib.compress)
)
def test_no_bytes_do_harm(archive: bytes) -> None:
    for kind in ("tar", "zip", "single"):
        check_inside(archive, kind)


def check_inside(archive: bytes, kind: str) -> None:
    """All that is there afterwards is inside, is what was said to have come out, and leads nowhere else."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        into = folder / "box" / "into"
        into.mkdir(parents=True)
        (folder / "archive").write_bytes(archive)
        try:
            found = unpack(folder / "archive", kind, "one", into, Limits(MIB, MIB), Progress())
        except RefusedError:
            found = None
        assert sorted(os.listdir(folder)) == ["archive", "box"]
        assert os.listdir(folder / "box") == ["into"]
        there = {os.path.join(parent, name) for parent, _, names in os.walk(into) for name in names}
        there |= {os.path.join(p, n) for p, folders, _ in os.walk(into) for n in folders if os.path.islink(Path(p, n))}
        if found is not None:
            assert {str(into / file.path) for file in found} == there
            assert all(os.path.realpath(path).startswith(str(into.resolve())) for path in there)


@given(PATHS)
def test_a_safe_path_is_below_any_folder(path: str) -> None:
    try:
        safe = safe_path(path)
    except UnsafePathError:
        return
    assert os.path.normpath(os.path.join("/root", safe)).startswith("/root")
    assert safe_path(safe) == safe


@given(PATHS.filter(bool), PATHS)
def test_a_safe_link_is_below_any_folder(path: str, target: str) -> None:
    try:
        path, target = safe_path(path), safe_link(safe_path(path), target)
    except UnsafePathError:
        return
    inside = os.path.normpath(os.path.join("/root", os.path.dirname(path), target))
    assert inside == "/root" or inside.startswith("/root/")


def test_what_clashes() -> None:
    files, folders = {"a/b": "1"}, {"a"}
    assert not clash("a/b", files, folders, "1")
    assert clash("a/b", files, folders, "2")
    assert clash("a", files, folders, "1")
    assert clash("a/b/c", files, folders, "1")
    assert not clash("a/c", files, folders, "2")


def zip_with_link(target: str) -> bytes:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return zip_of_infos((zipfile.ZipInfo("a/file"), b"content"), (link, target.encode()))


def zip_of_infos(*members: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return target.getvalue()
