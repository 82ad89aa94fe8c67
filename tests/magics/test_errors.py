"""What goes wrong: a line or two in the cell, which counts as failed."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from jupyter_gradient_data.client import service
from jupyter_gradient_data.client.progress import Interrupted
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, Invalid, NotFound
from jupyter_gradient_data.magics.wording import for_a_cell
from tests.magics.conftest import Notebook


def test_two_sentences_and_no_traceback(cell: Notebook) -> None:
    seen = cell.run("%dataset info nothing")
    assert isinstance(seen.error, NotFound)
    assert seen.printed == "There is no dataset nothing.\n`%dataset list` shows what there is.\n"


def test_errors_are_caught_as_those_of_python(cell: Notebook) -> None:
    cell(
        "from jupyter_gradient_data.errors import NotFound\n"
        "try:\n    %dataset info nothing\nexcept NotFound as error:\n    caught = error"
    )
    error = cell.names["caught"]
    assert (str(error), error.kind) == ("There is no dataset nothing.", ErrorKind.DATASET_NOT_FOUND)
    assert pickle.loads(pickle.dumps(error)).kind is error.kind


def test_datasets_have_their_names_in_errors(flowers: Notebook) -> None:
    flowers("v = %dataset info flowers:v1")
    reference = flowers.names["v"].reference
    seen = flowers.run("%dataset cat flowers/nothing.csv")
    assert seen.printed.splitlines() == [
        f"There is no file or folder 'nothing.csv' in {reference}.",
        f"`%dataset ls {reference}` shows what there is.",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("put flowers", "It is not said what to put"),
        ("rm flowers", "It is not said what to remove"),
        ("cat flowers", "It is not said which file"),
        ("ls", "It is not said which dataset"),
        ("create", "Missing argument"),
        ("mount a b", "unexpected extra argument"),
        ("head -n 0 flowers/labels.csv", "0 is not in the range"),
        ("new flowers --empty --from flowers:v1", "exclude each other"),
        ("get flowers a b", "one folder"),
        ("commit -m it's", "quotation mark"),
    ],
)
def test_what_cannot_be_meant(flowers: Notebook, line: str, words: str) -> None:
    seen = flowers.run(f"%dataset {line}")
    assert isinstance(seen.error, Invalid)
    assert words in seen.printed
    assert len(seen.printed.splitlines()) == 2
    assert "Traceback" not in seen.printed


def test_a_defect_is_one_line_and_a_file_for_its_report(
    flowers: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(service.current_service(), "list_mounts", fail)
    seen = flowers.run("%dataset mounts")
    assert isinstance(seen.error, GradientDataError)
    (log,) = tmp_path.glob("gradient-error-*.log")
    assert seen.printed == f"Unexpected RuntimeError: a defect\nThe details are in {log}; please report them.\n"
    assert "a defect" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_interrupt_between_two_steps_stays_one(flowers: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(service.current_service(), "list_mounts", interrupt)
    seen = flowers.run("%dataset mounts")
    assert isinstance(seen.error, Interrupted)
    assert seen.printed == "Stopped.\n"


@pytest.mark.parametrize(
    ("for_terminals", "for_cells"),
    [
        ("`gradient datasets list` shows all.", "`%dataset list` shows all."),
        ("`gradient datasets versions list --id flowers` shows", "`%dataset info flowers` shows"),
        ("`gradient datasets files list --id flowers:v1` shows", "`%dataset ls flowers:v1` shows"),
        ("`gradient datasets versions create --id a --from a:v1`.", "`%dataset new a --from a:v1`."),
        ("`gradient mounts update flowers`", "`%dataset update flowers`"),
        ("`gradient public fetch mnist`; `gradient mounts list`", "`%dataset public fetch mnist`; `%dataset mounts`"),
        ("`gradient trash list` shows what is.", "`!gradient trash list` shows what is."),
        ("Nothing to translate.", "Nothing to translate."),
    ],
)
def test_advice_is_what_one_types_into_a_cell(for_terminals: str, for_cells: str) -> None:
    assert for_a_cell(for_terminals) == for_cells


@pytest.mark.parametrize(
    "kind", [kind for kind in ErrorKind if "`gradient " in kind.next_step], ids=lambda kind: kind.code
)
def test_no_advice_of_an_error_is_lost(cell: Notebook, kind: ErrorKind) -> None:
    """Each command that an error advises is a verb that exists, or is run by the shell."""
    import re

    from jupyter_gradient_data.magics.verbs import root

    for found in re.findall(r"`([^`]*(?:gradient|dataset)[^`]*)`", for_a_cell(kind.next_step)):
        words = found.split()
        assert words[0] == "!gradient" or words[1] in root.lazy, found
