"""`.gradient/settings.yaml`: all that people write in it, and what a change leaves as it was."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import S3Config
from jupyter_gradient_data.volumes.settings.entries import BucketEntry, DatasetEntry, Entry, WrongEntry
from jupyter_gradient_data.volumes.settings.file import SettingsFile
from jupyter_gradient_data.volumes.settings.text import SettingsText
from jupyter_gradient_data.volumes.settings.yaml_nodes import UnreadableText
from tests.service.place import fails

DATASET, VERSION = "dst364npcw6ccok", "1e23456"  # which YAML could take for a number


class Home:
    """A home with a settings file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / ".gradient" / "settings.yaml"
        self.environment: dict[str, str] = {}
        self.file = SettingsFile(folder, self.environment)

    def write(self, text: str | bytes) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self) -> str:
        return self.path.read_bytes().decode()

    def entries(self, integrations: str) -> list[Entry]:
        lines = "".join(f"  {line}\n" for line in integrations.splitlines())
        self.write(f"integrations:\n{lines}")
        return self.file.entries()

    def entry(self, body: str) -> Entry:
        (found,) = self.entries("x:\n" + "".join(f"  {line}\n" for line in body.splitlines()))
        return found

    def reason(self, body: str) -> str:
        found = self.entry(body)
        assert isinstance(found, WrongEntry)
        assert found.error.kind is ErrorKind.SETTINGS_ENTRY
        assert found.error.hint
        return found.error.message


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(folder)


# --- what entries mean ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (f"type: dataset\nid: {DATASET}\nversion: {VERSION}", f"{DATASET}:{VERSION}"),
        (f"type: dataset\nid: {DATASET}\nversion: 1234567", f"{DATASET}:1234567"),
        (f"type: dataset\nid: {DATASET}\nversion: 0012345", f"{DATASET}:0012345"),
        (f"type: dataset\nid: {DATASET}", DATASET),
        (f"type: dataset\nid: {DATASET}\nversion:", DATASET),
        (f"type: dataset\nid: {DATASET}\nversion: latest", f"{DATASET}:latest"),
        (f"type: dataset\nref: paperspace/{DATASET}:latest", f"paperspace/{DATASET}:latest"),
        (f"type: dataset\nref: paperspace/{DATASET}:{VERSION}", f"paperspace/{DATASET}:{VERSION}"),
        (f"type: dataset\nref: gradient/{DATASET}", f"gradient/{DATASET}"),
        ("type: dataset\nref: gradient/mnist", "gradient/mnist"),
        ("type: dataset\nref: flowers:reviewed", "flowers:reviewed"),
        ("type: dataset\nref: 'my flowers'", "my flowers"),
        (f"ref: {DATASET}", DATASET),
        (f"type: dataset\nref: paperspace/\nid: {DATASET}", DATASET),
        (f"type: dataset\nenabled: true\nref: {DATASET}", DATASET),
    ],
)
def test_the_forms_of_a_dataset(home: Home, body: str, reference: str) -> None:
    assert home.entry(body) == DatasetEntry("x", reference, writable=False)


@pytest.mark.parametrize(
    "body",
    [
        "type: dataset\nref: paperspace/",
        "type: dataset\nref: gradient/",
        "type: dataset\nref:",
        "type: dataset\nref: paperspace/:latest",
        "type: dataset",
        "",
        f"type: dataset\nenabled: false\nref: {DATASET}",
        f"type: dataset\nenabled: no\nref: {DATASET}",
        "type: nonsense\nenabled: false",
    ],
)
def test_what_is_empty_or_disabled_is_nothing_to_mount(home: Home, body: str) -> None:
    lines = "".join(f"  {line}\n" for line in body.splitlines())
    assert home.entries(f"x:\n{lines}") == []
    assert home.file.lists("x")


def test_permissions(home: Home) -> None:
    assert home.entry(f"ref: {DATASET}\npermissions: rw") == DatasetEntry("x", DATASET, writable=True)
    assert home.entry(f"ref: {DATASET}\npermissions: ro") == DatasetEntry("x", DATASET, writable=False)
    assert "its permissions are 'all'" in home.reason(f"ref: {DATASET}\npermissions: all")


def test_a_bucket(home: Home) -> None:
    home.environment |= {"GRADIENT_SECRET_MY_BUCKET_SECRET_KEY": "hush", "my-bucket-secret-key": "no", "SEEN": "no"}
    found = home.entry(
        "type: s3\nurl: s3://my-bucket/my-data\naccessKeyId: AK123\n"
        "secretAccessKey: secret:my-bucket-secret-key\nregion: us-west-1"
    )
    config = S3Config("my-bucket", "AK123", None, "us-west-1")
    assert found == BucketEntry("x", "s3://my-bucket/my-data", "my-data/", config, "hush")
    assert "hush" not in repr(found)
    assert "AK123" not in repr(found)


def test_a_public_bucket_needs_no_key(home: Home) -> None:
    found = home.entry("type: s3\nurl: s3://open/\nendpoint: https://objects.example.org\npermissions: rw")
    config = S3Config("open", "", "https://objects.example.org")
    assert found == BucketEntry("x", "s3://open/", "", config, "", writable=True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("type: volume", "its type is 'volume'"),
        ("type: [a]", "its type is 'missing'"),
        ("type: dataset\nref: [a, b]", "its ref is not one value"),
        ("type: s3\nurl: https://example.org/x", "not that of a bucket"),
        ("type: s3\nurl: s3://", "not that of a bucket"),
        ("type: s3", "not that of a bucket"),
        ("type: s3\nurl: s3://b\naccessKeyId: AK", "one half of an access key"),
        ("type: s3\nurl: s3://b\naccessKeyId: AK\nsecretAccessKey: secret:gone", "there is no secret 'gone'"),
        ("type: s3\nurl: s3://b\naccessKeyId: AK\nsecretAccessKey: secret:ephemeral:x", "has no name that can be used"),
        ("type: s3\nurl: s3://b\naccessKeyId: secret:key\nsecretAccessKey: x", "has no name that can be used"),
    ],
)
def test_a_wrong_entry_says_why(home: Home, body: str, words: str) -> None:
    assert words in home.reason(body)


def test_secrets_come_only_from_variables_made_for_them(home: Home) -> None:
    """A repository of somebody else could otherwise have any token sent to an address of its choice."""
    home.environment |= {"TOKEN": "hush", "GRADIENT_SECRET_KEY": "hush"}
    for name in ("TOKEN", "key", "Key"):
        message = home.reason(f"type: s3\nurl: s3://b\naccessKeyId: secret:{name}\nsecretAccessKey: x")
        assert "hush" not in message
    assert "Set GRADIENT_SECRET_TOKEN" in _error(home.entries("x: {url: 's3://b', accessKeyId: 'secret:TOKEN'}")).hint


def _error(entries: list[Entry]) -> Any:
    assert isinstance(entries[0], WrongEntry)
    return entries[0].error


def test_a_wrong_entry_leaves_the_others_alone(home: Home) -> None:
    found = home.entries(f"bad name/x: {{ref: {DATASET}}}\n..: {{ref: a}}\nlist: [1]\ngood: {{ref: {DATASET}}}")
    assert {type(entry) for entry in found} == {WrongEntry, DatasetEntry}
    assert {entry.name for entry in found} == {"bad?name?x", "?.", "list", "good"}


def test_an_entry_that_is_there_twice_is_wrong(home: Home) -> None:
    (found,) = home.entries("x: {ref: a}\nx: {ref: b}")
    assert isinstance(found, WrongEntry)
    assert "listed twice" in found.error.message


def test_anchors_and_merges_are_followed(home: Home) -> None:
    home.write(
        f"base: &base {{type: dataset, id: {DATASET}}}\n"
        "integrations:\n  a:\n    <<: *base\n    version: abc1234\n  b: *base\n"
    )
    assert home.file.entries() == [
        DatasetEntry("a", f"{DATASET}:abc1234", writable=False),
        DatasetEntry("b", DATASET, writable=False),
    ]


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: b: c\n", "line 1: mapping values are not allowed here"),
        ("integrations:\n  a: [\n", "line"),
        ("- a\n- b\n", "not a list of keys"),
        ("integrations: text\n", "'integrations' is not a list of names"),
        ("integrations: [a]\n", "'integrations' is not a list of names"),
        ("integrations: {}\nintegrations: {}\n", "twice"),
        ("--- a: b\n--- c: d\n", "line"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ("a: " + "x" * 300_000, "larger than 256 KiB"),
        ("a: \x01\n", "special characters are not allowed"),
    ],
)
def test_a_file_that_cannot_be_read_is_never_changed(home: Home, text: str | bytes, words: str) -> None:
    home.write(text)
    before = home.path.read_bytes()
    with fails(ErrorKind.SETTINGS_UNREADABLE, words):
        home.file.entries()
    with fails(ErrorKind.SETTINGS_UNREADABLE):
        home.file.put_dataset("x", DATASET, VERSION, writable=False)
    with fails(ErrorKind.SETTINGS_UNREADABLE):
        home.file.remove("x")
    assert home.path.read_bytes() == before


def test_no_tag_is_obeyed_and_nothing_grows(home: Home) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    home.write(f"evil: !!python/object/apply:os.system ['false']\n{bomb}integrations:\n  x: {{ref: *a0}}\n")
    began = time.monotonic()
    assert "not one value" in _error(home.file.entries()).message
    home.file.put_dataset("y", DATASET, VERSION, writable=False)
    home.file.remove("x")
    assert time.monotonic() - began < 20
    assert "!!python/object/apply:os.system" in home.read()
    assert home.file.entries() == [DatasetEntry("y", f"{DATASET}:{VERSION}", writable=False)]


# --- links, permissions, crashes --------------------------------------------------------------------------------------


def test_the_folder_and_the_file_are_made(home: Home) -> None:
    assert home.file.entries() == []
    home.file.put_dataset("flowers", DATASET, VERSION, writable=True)
    assert yaml.safe_load(home.read()) == {
        "integrations": {
            "flowers": {"type": "dataset", "id": DATASET, "version": VERSION, "permissions": "rw"},
        }
    }
    assert os.listdir(home.path.parent) == ["settings.yaml"]


def test_a_link_out_of_the_home_is_neither_read_nor_written(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "settings.yaml").write_text("integrations: {x: {ref: a}}\n")
    home.path.parent.symlink_to(outside)
    for attempt in (home.file.entries, lambda: home.file.put_dataset("y", DATASET, VERSION, writable=False)):
        with fails(ErrorKind.SETTINGS_UNREADABLE, "leads out of the home"):
            attempt()
    home.path.parent.unlink()
    home.path.parent.mkdir()
    home.path.symlink_to(outside / "settings.yaml")
    with fails(ErrorKind.SETTINGS_UNREADABLE, "leads out of the home"):
        home.file.remove("x")
    assert (outside / "settings.yaml").read_text() == "integrations: {x: {ref: a}}\n"


def test_a_link_within_the_home_stays_one(home: Home) -> None:
    (home.folder / "real.yaml").write_text("# mine\n")
    home.path.parent.mkdir()
    home.path.symlink_to(Path("..") / "real.yaml")
    home.file.put_dataset("y", DATASET, "abc1234", writable=False)
    assert home.path.is_symlink()
    assert (home.folder / "real.yaml").read_text().startswith('# mine\nintegrations:\n  "y":\n')


def test_permissions_of_the_file_are_kept(home: Home) -> None:
    home.write("a: b\n")
    home.path.chmod(0o640)
    home.file.put_dataset("y", DATASET, VERSION, writable=False)
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o640


def test_what_a_killed_process_left_is_overwritten_and_a_planted_link_is_not_followed(
    home: Home, tmp_path: Path
) -> None:
    home.write("a: b\n")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    home.path.with_name(".settings.yaml.gradient-part").symlink_to(victim)
    home.file.put_dataset("y", DATASET, VERSION, writable=False)
    assert victim.read_text() == "precious"
    assert os.listdir(home.path.parent) == ["settings.yaml"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_folder_is_no_settings_file(home: Home, make: Callable[[Path], None]) -> None:
    home.path.parent.mkdir()
    make(home.path)
    with fails(ErrorKind.SETTINGS_UNREADABLE, "not a file"):
        home.file.entries()


# --- changing ---------------------------------------------------------------------------------------------------------

BUSY = """\
# Of the team; ask Ada.
version: 1

integrations:   # what is mounted
    # the reports
    reports:
        type: dataset      # from the console
        ref: paperspace/dsr5zdx0thjhfe2:latest   # moves
        foreign:  {a: 1,   b: [x,y]}

    'my-bucket':
        type: "s3"
        url: s3://my-bucket/my-data
        secretAccessKey: secret:key
    photos:
        type: dataset
        id: dst364npcw6ccok
        version: fo5rp4m
        permissions: rw
other:
- a
-   b
"""


def test_an_update_touches_its_lines_alone(home: Home) -> None:
    home.write(BUSY)
    home.file.put_dataset("photos", "dst364npcw6ccok", "abc1234", writable=True)
    assert home.read() == BUSY.replace("version: fo5rp4m", "version: abc1234")
    home.file.put_dataset("photos", "dst364npcw6ccok", "abc1234", writable=False)
    assert home.read() == BUSY.replace("version: fo5rp4m\n        permissions: rw", "version: abc1234")


def test_a_reference_becomes_id_and_version(home: Home) -> None:
    home.write(BUSY)
    home.file.put_dataset("reports", "dsr5zdx0thjhfe2", "abc1234", writable=False)
    expected = BUSY.replace("        ref: paperspace/dsr5zdx0thjhfe2:latest   # moves\n", "").replace(
        "b: [x,y]}\n", "b: [x,y]}\n        id: dsr5zdx0thjhfe2\n        version: abc1234\n"
    )
    assert home.read() == expected


def test_a_new_entry_comes_after_the_last_as_deep_as_the_others(home: Home) -> None:
    home.write(BUSY)
    home.file.put_dataset("new.one", "dst364npcw6ccok", VERSION, writable=False)
    added = f'    new.one:\n        type: dataset\n        id: dst364npcw6ccok\n        version: "{VERSION}"\n'
    assert home.read() == BUSY.replace("other:\n", f"{added}other:\n")
    home.file.remove("new.one")
    assert home.read() == BUSY


def test_a_dataset_is_removed_and_a_bucket_disabled(home: Home) -> None:
    home.write(BUSY)
    home.file.remove("photos")
    home.file.remove("my-bucket")
    home.file.remove("nobody")
    cut = BUSY[: BUSY.index("    photos:")] + BUSY[BUSY.index("other:") :]
    assert home.read() == cut.replace(
        "        secretAccessKey: secret:key\n", "        secretAccessKey: secret:key\n        enabled: false\n"
    )
    assert [entry.name for entry in home.file.entries()] == ["reports"]


def test_a_disabled_entry_is_enabled_again(home: Home) -> None:
    home.write("integrations:\n  x:\n    type: dataset\n    ref: a\n    enabled: false # for now\n")
    home.file.put_dataset("x", DATASET, "abc1234", writable=False)
    assert yaml.safe_load(home.read())["integrations"]["x"] == {
        "type": "dataset",
        "enabled": True,
        "id": DATASET,
        "version": "abc1234",
    }
    assert "# for now" in home.read()


def test_writing_what_is_there_writes_nothing(home: Home) -> None:
    home.write(BUSY)
    before = home.path.stat()
    home.file.put_dataset("photos", "dst364npcw6ccok", "fo5rp4m", writable=True)
    assert home.path.stat() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "---\n",
        "integrations:\n",
        "integrations: {}\n",
        "integrations: ~  # none\n",
        "integrations: null\na: b\n",
        "a: b",
        "a: b\r\nintegrations:\r\n  y:\r\n    type: dataset\r\n    ref: q\r\n",
        "integrations: {y: {type: dataset, ref: q}}\n",
        "{integrations: {y: {type: dataset, ref: q}}, a: b}\n",
        "integrations:\n  y: &one\n    type: dataset\n    ref: q\n  z: *one\n",
        "integrations:\n  y:\n    - wrong\n    - list\n",
        "integrations:\n  y: |\n    text\n\n\nother: |+\n  kept\n\n",
        "integrations:\n  y:\n  z:\n",
        "integrations:\n  ? y\n  : type: dataset\n",
        "%YAML 1.2\n---\nintegrations:\n  y: {}\n...\n",
        "integrations:\n  y: {type: dataset,\n   ref: q}  # two lines\n  # end\n",
        'integrations:\n  y:\n    type: dataset\n    ref: "a\n      b"\n',
        "\ufeffa: b\n",
    ],
)
def test_however_the_file_is_written(home: Home, text: str) -> None:
    home.write(text)
    before = yaml.safe_load(text) or {}
    section = before.get("integrations") or {}
    home.file.put_dataset("x", DATASET, VERSION, writable=False)
    new = {"type": "dataset", "id": DATASET, "version": VERSION}
    assert yaml.safe_load(home.read()) == {**before, "integrations": {**section, "x": new}}
    home.file.put_dataset("x", DATASET, "abc1234", writable=False)
    for name in [*section, "x"]:
        home.file.remove(name)
    rest = yaml.safe_load(home.read()) or {}
    assert {name for name, says in (rest.pop("integrations", None) or {}).items() if says.get("enabled", True)} == set()
    assert rest == {key: value for key, value in before.items() if key != "integrations"}
    if "\r\n" in text:
        assert "\n" not in home.read().replace("\r\n", "")


NAMES = st.sampled_from(["a", "b-1", "C.d", "null", "123", "1.0", "on", "y", "@x"[1:] + "y"])
COMMENTS = st.sampled_from(["", "  # ein Kommentar: ja", " # {", "   #"])
SCALARS = st.sampled_from(
    [
        "x",
        "'single'",
        '"dou\\tble"',
        "12",
        "1e3",
        "~",
        "",
        "{a: [1, 2]}",
        "[]",
        "é☃",
        "!tag v",
        "|\n{i}  two\n{i}  lines",
        "|\n{i}  block\n{i}  two",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """A settings file as lines, and which of them each entry takes."""
    step = draw(st.integers(1, 4))
    outer, inner = " " * step, " " * (2 * step)
    lines: list[str] = []
    places: dict[str, tuple[int, int]] = {}

    def loose(indent: str) -> None:
        lines.extend(draw(st.lists(st.sampled_from(["", f"{indent}# loose", "# far left"]), max_size=2)))

    def pair(key: str, indent: str) -> None:
        value = draw(SCALARS).replace("{i}", indent)
        comment = "" if "\n" in value else draw(COMMENTS)
        lines.extend(f"{indent}{key}: {value}{comment}".split("\n"))

    def foreign(prefix: str) -> None:
        for number in range(draw(st.integers(0, 2))):
            loose("")
            pair(f"{prefix}{number}", "")

    foreign("before")
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=4))
    lines.append(f"integrations:{draw(COMMENTS)}")
    for name in names:
        loose(outer)
        start = len(lines)
        quoted = f'"{name}"'
        lines.append(f"{outer}{quoted}:{draw(COMMENTS)}")
        lines.append(f"{inner}type: dataset{draw(COMMENTS)}")
        for number in range(draw(st.integers(0, 3))):
            pair(f"key{number}", inner)
        places[name] = start, len(lines)
    foreign("after")
    return lines, places


@given(documents(), st.data())
def test_a_change_keeps_every_line_that_is_not_its_own(
    document: tuple[list[str], dict[str, tuple[int, int]]], data: st.DataObject
) -> None:
    lines, places = document
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(lines) + data.draw(st.sampled_from(["", end]))
    name = data.draw(st.sampled_from([*places, "fresh"]))
    start, stop = places.get(name, (0, 0))
    settings = SettingsText(text)
    values = {"type": "dataset", "id": DATASET, "version": VERSION}
    changed = settings.put(name, values, ["ref", "key0"])
    new = changed.split(end)
    if name in places:
        assert new[:start] == lines[:start]
        assert "\n".join(new).rstrip().endswith("\n".join(lines[stop:]).rstrip())
        assert settings.values(name).keys() - {"key0"} | values.keys() == SettingsText(changed).values(name).keys()
        removed = settings.remove(name).split(end)
        assert [line for line in removed if line.strip()] == [
            line for line in [*lines[:start], *lines[stop:]] if line.strip()
        ]
    else:
        added = [line for line in new if line.strip() and line not in lines]
        assert 1 <= len(added) <= 4
        assert [line for line in SettingsText(changed).remove(name).split(end) if line.strip()] == [
            line for line in lines if line.strip()
        ]
    says = SettingsText(changed).values(name)
    assert {key: says[key] for key in values} == values


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UnreadableText):
        SettingsText(text).names()
