"""``--json``: one document on stdout, errors as JSON on stderr, whatever the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind
from tests.cli.double import DATASET

LOCK = str(Path(__file__).with_name("gradient.lock"))
ID, REF = "--id=dsttn2y7j1ux882", "--id=dsttn2y7j1ux882:1rn19s2"

COMMANDS = [
    ["version"],
    ["du"],
    ["gc", "--dry-run"],
    ["cache", "info"],
    ["cache", "trim", "--all"],
    ["cache", "verify"],
    ["completion", "bash"],
    ["datasets", "list"],
    ["datasets", "details", ID],
    ["datasets", "create", "--name=a"],
    ["datasets", "update", ID],
    ["datasets", "delete", ID],
    ["datasets", "delete", ID, "--preview"],
    ["datasets", "diff", "a:1", "a:2"],
    ["datasets", "diff", "a:1", "a:2", "--summary"],
    ["datasets", "verify"],
    ["datasets", "recover"],
    ["datasets", "versions", "list", ID],
    ["datasets", "versions", "details", REF],
    ["datasets", "versions", "create", ID],
    ["datasets", "versions", "create", ID, "--source-path=."],
    ["datasets", "versions", "update", REF],
    ["datasets", "versions", "commit", REF],
    ["datasets", "versions", "delete", REF],
    ["datasets", "versions", "delete", REF, "--preview"],
    ["datasets", "tags", "list", ID],
    ["datasets", "tags", "set", REF, "--name=a"],
    ["datasets", "tags", "delete", REF],
    ["datasets", "files", "list", REF],
    ["datasets", "files", "get", REF, "--target-path=x"],
    ["datasets", "files", "put", REF, "--source-path=x"],
    ["datasets", "files", "delete", REF],
    ["datasets", "files", "move", REF, "--path=x", "--target-path=y"],
    ["mount", "a"],
    ["unmount", "a"],
    ["mounts", "list"],
    ["mounts", "details", "a"],
    ["mounts", "update", "a"],
    ["mounts", "update", "a", "b:c"],
    ["mounts", "commit", "a"],
    ["mounts", "discard", "a"],
    ["mounts", "restore"],
    ["outputs", "list"],
    ["outputs", "create", "a"],
    ["outputs", "commit", "a"],
    ["outputs", "delete", "a"],
    ["lock", "show", LOCK],
    ["lock", "restore", LOCK],
    ["lock", "verify", LOCK],
    ["public", "list"],
    ["public", "list", "--here"],
    ["public", "info", "a"],
    ["public", "fetch", "a"],
    ["public", "fetch", "a", "--file=*.zip"],
    ["public", "remove", "a"],
    ["public", "verify", "a"],
    ["volumes"],
    ["notebooks", "list"],
    ["notebooks", "delete", "a", "--yes"],
    ["workspace", "show"],
    ["workspace", "update"],
    ["tokens", "create", "--name=a"],
    ["tokens", "list"],
    ["tokens", "delete", "--id=x"],
    ["trash", "list"],
    ["trash", "restore", ID],
    ["storageProviders", "list"],
    ["storageProviders", "details", "--id=x"],
    ["storageProviders", "delete", "--id=x"],
    ["storageProviders", "check", "--id=x"],
    ["storageProviders", "update", "s3", "--id=x"],
    ["storageProviders", "create", "s3", "--name=a", "--bucket=b", "--accessKey=c", "--secretAccessKey=d"],
]

ELSEWHERE = {("doctor",)}  # it looks at the machine, not at the service: tests/cli/test_volumes.py


def test_every_command_is_here() -> None:
    import click

    from jupyter_gradient_data.cli.main import cli

    def leaves(command: click.Command, path: tuple[str, ...]):
        if not isinstance(command, click.Group):
            yield path
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from leaves(command.get_command(context, name), (*path, name))

    here = {tuple(word for word in command if not word.startswith("-")) for command in COMMANDS}
    for path in {*leaves(cli, ())} - ELSEWHERE:
        assert any(command[: len(path)] == path for command in here), path


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_one_document(double, gradient, arguments) -> None:
    result = gradient(*arguments, "--json")
    assert (result.code, result.err) == (0, "")
    json.loads(result.out)


@pytest.mark.parametrize("arguments", [c for c in COMMANDS if c[0] not in ("version", "completion")], ids=" ".join)
def test_errors(double, gradient, arguments) -> None:
    double.error = ErrorKind.DATASET_NOT_FOUND(dataset="x")
    result = gradient(*arguments, "--json")
    assert (result.code, result.out) == (3, "")
    assert json.loads(result.err) == {
        "error": {
            "code": "dataset_not_found",
            "message": "There is no dataset x.",
            "hint": "`gradient datasets list` shows what there is.",
        }
    }


def test_a_dataset(double, gradient) -> None:
    assert json.loads(gradient("datasets", "details", ID, "--json").out) == {
        "id": "dsttn2y7j1ux882",
        "name": "test1",
        "description": "",
        "provider": {
            "id": "spltautet072md4",
            "name": "test1",
            "kind": "aws-s3",
            "s3": {
                "bucket": "bucket",
                "access_key": "AKIBAEG7J3OJ24XAV33B",
                "endpoint": None,
                "region": None,
                "signature_version": None,
                "addressing": "auto",
            },
            "is_team_default": False,
            "quota_bytes": None,
            "used_bytes": 0,
            "created": "2020-10-09T18:17:34.192Z",
            "modified": "2020-10-09T18:17:34.192Z",
            "is_managed": False,
        },
        "is_public": False,
        "latest": "1rn19s2",
        "files": 1,
        "bytes": 12,
        "tags": ["hello"],
        "uncommitted": 0,
        "created": "2020-10-09T18:17:34.192Z",
        "modified": "2020-10-09T18:17:34.192Z",
    }


def test_a_version_says_its_reference(double, gradient) -> None:
    version = json.loads(gradient("datasets", "versions", "details", REF, "--json").out)
    assert (version["reference"], version["is_committed"]) == ("dsttn2y7j1ux882:1rn19s2", True)


@pytest.mark.parametrize("count", [0, 1, 2500])
def test_lists_hold_all_pages(double, gradient, count) -> None:
    double.datasets = [replace(DATASET, name=f"数据{number}") for number in range(count)]
    found = json.loads(gradient("datasets", "list", "--json").out)
    assert [dataset["name"] for dataset in found] == [f"数据{number}" for number in range(count)]


@pytest.mark.parametrize("arguments", [["datasets", "details", "--json"], ["datasets", "lits", "--json"]])
def test_usage_errors(double, gradient, arguments) -> None:
    result = gradient(*arguments)
    assert (result.code, result.out) == (2, "")
    assert json.loads(result.err)["error"]["code"] == "usage"
