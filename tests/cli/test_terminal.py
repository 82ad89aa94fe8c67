"""What a person at a terminal sees; the terminals are real."""

from __future__ import annotations

import re
import signal
import subprocess

from tests.cli.conftest import ROOT, scene_command

REF = "--id=dsttn2y7j1ux882:1rn19s2"
PUT = ["datasets", "files", "put", REF, "--source-path", "x"]
QUESTION = r"Do you want to continue\? \[y/N\]: "


def test_lists_ask_before_the_next_page_of_twenty(terminal) -> None:
    screen = terminal("many", "datasets", "list")
    for _ in range(2):
        screen.expect(QUESTION)
        screen.type("y\n")
        screen.seen = screen.seen.replace("Do you want to continue?", "Asked.")
    assert screen.end() == 0
    tables = re.findall(r"^\| Name .*?(?=\n\n|\Z)", screen.seen, re.MULTILINE | re.DOTALL)
    assert [len(re.findall(r"^\| set\d\d ", table, re.MULTILINE)) for table in tables] == [20, 20, 5]
    assert "\x1b[?25l" not in screen.seen


def test_no_ends_the_list(terminal) -> None:
    screen = terminal("many", "datasets", "list")
    screen.expect(QUESTION)
    screen.type("n\n")
    assert screen.end() == 1
    assert screen.seen.endswith("Aborted!\n")
    assert "set19" in screen.seen
    assert "set20" not in screen.seen


def test_the_end_of_input_ends_the_list(terminal) -> None:
    screen = terminal("many", "datasets", "list")
    screen.expect(QUESTION)
    screen.type("\x04")
    assert screen.end() == 1
    assert "Aborted!" in screen.seen


def test_ctrl_c_at_the_question(terminal) -> None:
    screen = terminal("many", "datasets", "list")
    screen.expect(QUESTION)
    assert screen.interrupt() == 1
    assert "Traceback" not in screen.seen


def test_without_a_terminal_all_pages_are_one_table() -> None:
    done = subprocess.run(
        scene_command("many", "datasets", "list"), cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 45 + 4
    assert len({len(line) for line in lines}) == 1


def test_ctrl_c_stops_the_work_and_says_how_to_continue(terminal) -> None:
    screen = terminal("cancellable", *PUT)
    screen.expect(r"Sending.*/20,000 files, .* of 76\.3 MiB, .*/s, .* left")
    screen.type("\x03")
    assert screen.end() == 130
    assert "Stopping; once more to quit at once.\n" in screen.seen
    assert screen.seen.endswith("Stopped.\nRun the same command again to continue where it stopped.\n")
    assert screen.seen.rindex("\x1b[?25h") > screen.seen.rindex("\x1b[?25l")  # the cursor is back


def test_a_second_ctrl_c_ends_at_once(terminal) -> None:
    screen = terminal("deaf", *PUT)
    screen.expect("Sending")
    screen.type("\x03")
    screen.expect("Stopping")
    screen.type("\x03")
    assert screen.end() == 130
    assert screen.seen.rindex("\x1b[?25h") > screen.seen.rindex("\x1b[?25l")


def test_sigterm_stops_the_work(terminal) -> None:
    screen = terminal("cancellable", *PUT)
    screen.expect("Sending")
    screen.process.send_signal(signal.SIGTERM)
    assert screen.end() == 143
    assert "Stopped." in screen.seen


def test_an_interrupted_create_says_how_to_finish(terminal) -> None:
    screen = terminal("cancellable", "datasets", "versions", "create", "--id=dsttn2y7j1ux882", "--source-path=.")
    screen.expect("Sending")
    screen.type("\x03")
    assert screen.end() == 130
    shown = " ".join(screen.seen.split())
    assert "Run the same command again" not in shown
    assert "`gradient datasets files put --id dsttn2y7j1ux882:1rn19s2 --source-path .`" in shown


def test_short_work_draws_no_bar_and_ends_with_a_summary(terminal) -> None:
    screen = terminal("plain", *PUT)
    assert screen.end() == 0
    assert screen.seen == "Put 3 files (3.0 KiB); 1 file (1.0 KiB) had to be sent.\n"


def test_json_on_a_terminal_asks_nothing(terminal) -> None:
    screen = terminal("many", "datasets", "list", "--json")
    assert screen.end() == 0
    assert "continue?" not in screen.seen
    assert screen.seen.count('"id": "dsttn2y7j1ux882"') == 45


def test_a_secret_is_asked_for_and_not_shown(terminal) -> None:
    screen = terminal("plain", "storageProviders", "create", "s3", "--name=lab", "--bucket=b", "--accessKey=AK")
    screen.expect("Secret access key: ")
    screen.type("hush\n")
    assert screen.end() == 0
    assert "hush" not in screen.seen
    assert screen.seen.endswith("Created new storage provider with id: spltautet072md4\n")
