"""Help that teaches, a tree of verbs that changes only on purpose, and the words of the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from jupyter_gradient_data.cli.main import cli
from jupyter_gradient_data.magics.groups import Verb, Verbs
from jupyter_gradient_data.magics.verbs import root
from tests.cli.test_help import walk as walk_commands
from tests.magics.conftest import Notebook

TREE = """\
%dataset
%dataset status
%dataset list
%dataset info REFERENCE
%dataset create NAME* --storageProviderId --description
%dataset use NAME --none
%dataset new REFERENCE --from --empty --message
%dataset put WORDS --to
%dataset rm WORDS
%dataset commit REFERENCE --message --tag --abandon-uploads
%dataset tag REFERENCE NAME --delete
%dataset ls REFERENCE --path --recursive
%dataset cat REFERENCE
%dataset head REFERENCE -n
%dataset get WORDS --to
%dataset diff REFERENCE NEW --summary
%dataset mount REFERENCE --name --writable
%dataset unmount NAME --discard
%dataset mounts
%dataset update REFERENCE VERSION
%dataset outputs
%dataset outputs list
%dataset outputs create REFERENCE --name
%dataset outputs commit NAME* --message --tag
%dataset outputs delete NAME*
%dataset public
%dataset public list --here
%dataset public info NAME*
%dataset public fetch NAME* --file
%dataset public remove NAME*
%dataset public verify NAME*
%dataset lock
%dataset restore
%dataset verify
"""

# The command that does what a verb does.
SAME = {
    "create": "datasets create",
    "new": "datasets versions create",
    "put": "datasets files put",
    "rm": "datasets files delete",
    "commit": "datasets versions commit",
    "ls": "datasets files list",
    "get": "datasets files get",
    "diff": "datasets diff",
    "mount": "mount",
    "unmount": "unmount",
    "update": "mounts update",
    "outputs create": "outputs create",
    "outputs commit": "outputs commit",
    "public list": "public list",
    "public fetch": "public fetch",
}
# What a cell has and the command has not, for the verbs above: options of more than one of its commands in one verb.
ONLY_HERE = {
    "new": {"--empty"},
    "commit": {"--message", "--tag"},  # as those of `gradient mounts commit`, which it also does
}


def walk(command: click.Command = root, path: tuple[str, ...] = ("%dataset",)) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk(child, (*path, name))


VERBS = dict(walk())
COMMANDS = dict(walk_commands(cli))


def described(path: str, command: click.Command) -> str:
    words = [path]
    for parameter in command.params:
        is_needed = "*" if parameter.required else ""
        if isinstance(parameter, click.Option):
            words.append(parameter.opts[0] + is_needed)
        else:
            words.append((parameter.name or "").upper() + is_needed)
    return " ".join(words)


def options(command: click.Command) -> set[str]:
    return {
        name
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }


def test_the_tree_of_verbs() -> None:
    assert "\n".join(described(path, command) for path, command in VERBS.items()) + "\n" == TREE


@pytest.mark.parametrize("path", VERBS)
def test_every_verb_teaches(cell: Notebook, path: str) -> None:
    command = VERBS[path]
    assert isinstance(command, (Verb, Verbs))
    assert command.help
    assert command.help.strip().endswith(".")
    assert command.examples
    seen = cell(f"{path} --help")
    assert seen.printed.startswith(f"Usage: {path}")
    for example in command.examples:
        assert example in seen.printed
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts
            assert parameter.help.endswith((".", "]"))
    assert max(map(len, seen.printed.splitlines())) <= 96


@pytest.mark.parametrize(
    "example", sorted({e for c in VERBS.values() for e in getattr(c, "examples", ()) if "%dataset" in e})
)
def test_every_example_can_be_parsed(example: str) -> None:
    words = shlex.split(example.partition("%dataset")[2])
    command: click.Command = root
    context = click.Context(root, info_name="%dataset")
    while isinstance(command, Verbs) and words:
        name = words.pop(0)
        child = command.get_command(context, name)
        assert child is not None, name
        context, command = click.Context(child, context, info_name=name), child
    if words == ["--help"]:
        return
    child_context = command.make_context(command.name, words, context.parent)
    assert not child_context.args


def test_lines_of_late_verbs_are_sentences_that_fit() -> None:
    for name, (_, _, line) in root.lazy.items():
        assert line.endswith("."), name
        assert len(line) < 80, name


@pytest.mark.parametrize("verb", SAME)
def test_options_are_called_as_those_of_the_command(verb: str) -> None:
    """What both have has one name; `--id`, `--path` and `--source-path` stand as words here."""
    known = options(COMMANDS[f"gradient {SAME[verb]}"])
    own = options(VERBS[f"%dataset {verb}"]) - ONLY_HERE.get(verb, set()) - {"--to"}
    assert own <= known, own - known
    for option in VERBS[f"%dataset {verb}"].params:
        same = [one for one in COMMANDS[f"gradient {SAME[verb]}"].params if one.opts[0] in option.opts]
        if same and isinstance(option, click.Option) and isinstance(same[0], click.Option):
            assert option.is_flag == same[0].is_flag or "--recursive" in option.opts


def test_what_a_commit_says_is_called_as_in_the_command() -> None:
    assert ONLY_HERE["commit"] <= options(COMMANDS["gradient mounts commit"])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("comit flowers", "commit"),
        ("upload flowers x", "put"),
        ("delete flowers x", "rm"),
        ("versions flowers", "info"),
        ("Lst", "list"),
        ("public ftch mnist", "public fetch"),
    ],
)
def test_a_wrong_verb_gets_a_suggestion(cell: Notebook, line: str, meant: str) -> None:
    assert f"Did you mean `%dataset {meant}`?" in str(cell.run(f"%dataset {line}").error)


def test_a_wrong_option_gets_a_suggestion_and_the_way_to_help(cell: Notebook) -> None:
    seen = cell.run("%dataset mount flowers --writeable")
    assert "--writable" in str(seen.error)
    assert "`%dataset mount --help`" in seen.printed


def test_the_question_mark_shows_the_vocabulary(cell: Notebook) -> None:
    assert "%dataset put flowers" in cell.shell.object_inspect("%dataset")["docstring"]
