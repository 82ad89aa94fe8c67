"""Help that teaches, and a tree of commands that changes only on purpose."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from jupyter_gradient_data.cli.groups import Command, Group
from jupyter_gradient_data.cli.main import cli

COMMON = ["--json", "--apiKey", "--optionsFile", "--createOptionsFile"]

TREE = """\
gradient --state-dir --database-url --team --url --token --version
gradient cache
gradient cache info
gradient cache trim --all
gradient cache verify
gradient completion SHELL
gradient datasets
gradient datasets create --name* --storageProviderId --description
gradient datasets delete --id* --preview
gradient datasets details --id*
gradient datasets diff OLD NEW --summary
gradient datasets files
gradient datasets files delete --id* --path
gradient datasets files get --id* --source-path --target-path*
gradient datasets files list --id* --path --recursive
gradient datasets files move --id* --path* --target-path*
gradient datasets files put --id* --source-path* --target-path
gradient datasets list
gradient datasets recover --storageProviderId
gradient datasets tags
gradient datasets tags delete --id*
gradient datasets tags list --id*
gradient datasets tags set --id* --name*
gradient datasets update --id* --name --description
gradient datasets verify REFERENCE --read-data
gradient datasets versions
gradient datasets versions commit --id* --abandon-uploads
gradient datasets versions create --id* --message --source-path --from
gradient datasets versions delete --id* --preview
gradient datasets versions details --id*
gradient datasets versions list --id* --isCommitted
gradient datasets versions update --id* --message
gradient doctor
gradient du --storageProviderId
gradient gc --dry-run --storageProviderId
gradient lock
gradient lock restore PATH
gradient lock show PATH
gradient lock verify PATH
gradient mount REFERENCE --name --writable
gradient mounts
gradient mounts commit NAME --message --tag
gradient mounts details NAME
gradient mounts discard NAME
gradient mounts list
gradient mounts restore
gradient mounts update NAME REFERENCE
gradient notebooks
gradient notebooks delete NAME --yes
gradient notebooks list
gradient outputs
gradient outputs commit NAME --message --tag
gradient outputs create DATASET --name
gradient outputs delete NAME
gradient outputs list
gradient public
gradient public fetch NAME --file
gradient public info NAME
gradient public list --here
gradient public remove NAME
gradient public verify NAME
gradient storageProviders
gradient storageProviders check --id*
gradient storageProviders create
gradient storageProviders create s3 --name* --bucket* --accessKey* --secretAccessKey --kind --endpoint --region --signatureVersion --addressing --quota
gradient storageProviders delete --id*
gradient storageProviders details --id*
gradient storageProviders list
gradient storageProviders update
gradient storageProviders update s3 --id* --name --bucket --accessKey --secretAccessKey --endpoint --region --signatureVersion --addressing --quota
gradient tokens
gradient tokens create --name* --access --dataset --days
gradient tokens delete --id*
gradient tokens list
gradient trash
gradient trash list
gradient trash restore --id* --name
gradient unmount NAME --discard
gradient version
gradient volumes --measure
gradient workspace
gradient workspace show
gradient workspace update URL --ref
"""  # noqa: E501


def walk(command: click.Command = cli, path: tuple[str, ...] = ("gradient",)) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk(child, (*path, name))


COMMANDS = dict(walk())


def described(path: str, command: click.Command) -> str:
    words = [path]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            if parameter.opts[0] not in COMMON:
                words.append(parameter.opts[0] + ("*" if parameter.required else ""))
        else:
            words.append((parameter.name or "").upper())
    return " ".join(words)


def test_the_tree_of_commands() -> None:
    assert "\n".join(described(path, command) for path, command in COMMANDS.items()) + "\n" == TREE


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_teaches(path, gradient) -> None:
    command = COMMANDS[path]
    assert isinstance(command, (Command, Group))
    assert command.help
    assert command.help.strip().endswith((".", ":"))
    assert command.examples
    result = gradient(*path.split()[1:], "--help")
    assert (result.code, result.err) == (0, "")
    for example in command.examples:
        assert example in result.out
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts
            assert parameter.help.endswith((".", "]", ";")) or parameter.help[-1].isalnum()


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if isinstance(command, Command)])
def test_every_command_has_the_common_options(path) -> None:
    assert [option.opts[0] for option in COMMANDS[path].params[-4:]] == COMMON


@pytest.mark.parametrize(
    "example",
    sorted({e for c in COMMANDS.values() for e in getattr(c, "examples", ()) if e.startswith("gradient ")}),
)
def test_every_example_can_be_parsed(example) -> None:
    """Every word of it is a command, an option or a value; nothing runs."""
    words = shlex.split(example.partition("|")[0].partition(">")[0])[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="gradient")
    while isinstance(command, Group):
        if command is cli:
            while words and words[0].startswith("--"):
                if words[0] == "--help":
                    return
                words = words[2:]
        if words[0] == "--help":
            return
        name = words.pop(0)
        child = command.get_command(context, name)
        assert child is not None, name
        context, command = click.Context(child, context, info_name=name), child
    parser = command.make_parser(context)
    _, rest, _ = parser.parse_args(words)
    assert not rest


def test_lines_of_late_commands_are_their_own_first_sentences() -> None:
    for path, command in COMMANDS.items():
        if isinstance(command, Group):
            for name, (_, _, line) in command.lazy.items():
                assert len(line) < 62, f"{path} {name}"
                assert line.endswith(".")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["dataset"], "datasets"),
        (["storageproviders"], "storageProviders"),
        (["datasets", "verions"], "versions"),
        (["datasets", "versions", "comit"], "commit"),
        (["datasets", "files", "pt"], "put"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_typos_get_a_suggestion(gradient, words, meant) -> None:
    result = gradient(*words)
    assert result.code == 2
    assert f"No such command {words[-1]!r}. Did you mean {meant!r}?" in result.err


def test_nothing_close_gets_none(gradient) -> None:
    assert "Did you mean" not in gradient("quux").err


def test_options_get_a_suggestion(gradient) -> None:
    result = gradient("datasets", "create", "--storageProviderID", "x")
    assert result.code == 2
    assert "--storageProviderId" in result.err
