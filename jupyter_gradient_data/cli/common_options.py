"""The options that every command has: those of the original, and ``--json``."""

from __future__ import annotations

import os
from typing import Any

import click

_OPTIONS_FILE = "optionsFile"
_CREATE_OPTIONS_FILE = "createOptionsFile"


def common_options() -> list[click.Option]:
    """Fresh copies, in the order of the help."""
    return [
        click.Option(
            ["--json", "_json"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_set_json,
            help="Print one JSON document; errors too, on stderr.",
        ),
        click.Option(
            ["--apiKey", "_api_key"],
            expose_value=False,
            callback=_set_api_key,
            help="Token for a server, where --token and GRADIENT_TOKEN are missing; the embedded state needs none.",
        ),
        click.Option(
            [f"--{_OPTIONS_FILE}", "_options_file"],
            is_eager=True,
            expose_value=False,
            callback=_read_options_file,
            type=click.Path(exists=True, dir_okay=False),
            help="YAML file with options; the command line wins.",
        ),
        click.Option(
            [f"--{_CREATE_OPTIONS_FILE}", "_create_options_file"],
            expose_value=False,
            callback=_create_options_file,
            type=click.Path(dir_okay=False, writable=True),
            help="Write a template of such a file and do nothing else.",
        ),
    ]


def _set_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.out.as_json = True


def _set_api_key(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.api_key = value


def _read_options_file(ctx: click.Context, param: click.Parameter, path: str | None) -> None:
    if path is None or ctx.resilient_parsing:
        return
    import yaml  # here: few scripts need it

    try:
        with open(path, encoding="utf-8") as file:
            options = yaml.safe_load(file) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} is not a YAML file of options: {' '.join(str(error).split())}", ctx) from None
    if not isinstance(options, dict):
        raise click.UsageError(f"{path} is not a YAML file of options: it must map option names to values.", ctx)
    ctx.default_map = {
        option.name: _fitting(option, options[name])
        for option in ctx.command.params
        if (name := _long_name(option)) and option.name and options.get(name) is not None
    }


def _fitting(option: click.Parameter, value: Any) -> Any:
    """One value where an option may be repeated stands for a list of one."""
    return (value,) if option.multiple and not isinstance(value, list) else value


def _create_options_file(ctx: click.Context, param: click.Parameter, path: str | None) -> None:
    if path is None or ctx.resilient_parsing:
        return
    import yaml

    template = {
        name: _plain(ctx.params.get(option.name or ""))
        for option in ctx.command.params
        if (name := _long_name(option)) and name not in (_OPTIONS_FILE, _CREATE_OPTIONS_FILE, "json")
    }
    # It may hold a secret that was given on the command line, so only its owner may read it.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(template, file, default_flow_style=False, allow_unicode=True)
    ctx.exit(0)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [*value]
    return value if isinstance(value, (str, int, bool)) else None


def _long_name(option: click.Parameter) -> str | None:
    return next((name[2:] for name in option.opts if name.startswith("--")), None)
