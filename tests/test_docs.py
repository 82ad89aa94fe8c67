"""The documentation is complete and true: what the code has is written down, and what links point to is there."""

from __future__ import annotations

import itertools
import json
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from docs import make_errors
from jupyter_gradient_data import __version__
from jupyter_gradient_data.config import Config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it there

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("setting", fields(Config), ids=lambda setting: setting.name)
def test_each_setting_has_a_row(setting) -> None:  # type: ignore[no-untyped-def]
    rows = (DOCS / "operators" / "settings.md").read_text().splitlines()
    (row,) = (row for row in rows if row.startswith(f"| `{setting.metadata['env']}` |"))
    if isinstance(setting.default, int):
        assert f"| `{setting.default}` |" in row
    assert setting.metadata["secret"] == row.endswith("; secret |")
    assert setting.metadata["env"] == f"GRADIENT_{setting.name.upper()}"  # as the page says


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = re.findall(r"^\| `(GRADIENT_\w+)`", (DOCS / "operators" / "settings.md").read_text(), re.MULTILINE)
    assert described == [setting.metadata["env"] for setting in fields(Config)]


def test_the_page_of_errors_is_fresh() -> None:
    assert make_errors.PAGE.read_text() == make_errors.render(), "run `make docs`"


def test_the_page_of_commands_is_fresh() -> None:
    from docs import make_cli  # imported here: a broken command fails this test alone

    assert make_cli.PAGE.read_text() == make_cli.render(), "run `make docs`"


def test_the_page_of_magics_is_fresh() -> None:
    from docs import make_magics  # imported here: a broken verb fails this test alone

    assert make_magics.PAGE.read_text() == make_magics.render(), "run `make docs`"


def test_each_command_and_option_explains_itself() -> None:
    from docs import make_cli

    silent = [path for path, command in make_cli.commands(make_cli.cli) if not command.help]
    silent += [
        f"{path} {option.opts[0]}"
        for path, command in make_cli.commands(make_cli.cli)
        for option in command.params
        if option.param_type_name == "option" and not option.hidden and not option.help
    ]
    assert silent == []


def test_each_dependency_has_a_line() -> None:
    rows = _described("At run time", "Extras", "For developers")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = itertools.chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[^\w.-]", line)[0] for line in required}
    assert {_normal(name) for name in rows} == {_normal(name) for name in names}


def test_each_dependency_of_the_front_end_has_a_line() -> None:
    package = json.loads((ROOT / "labextension" / "package.json").read_text())
    not_shipped = re.compile(r"@jupyterlab/(?!testutils)|@lumino/|@codemirror/(state|view)$|react(-dom)?$|@types/")
    names = {name for name in (*package["dependencies"], *package["devDependencies"]) if not not_shipped.match(name)}
    assert _described("In the browser", "For developers of the front end") == names


def _described(*sections: str) -> set[str]:
    """The names in the first column of the tables below some headings of the page of dependencies, without extras."""
    page = (DOCS / "dependencies.md").read_text()
    texts = dict(part.partition("\n")[::2] for part in page.split("\n## ")[1:])
    cells = itertools.chain.from_iterable(re.findall(r"^\| (`.*?) \|", texts[name], re.MULTILINE) for name in sections)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", re.sub(r"\(.*\)", "", cell))}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == __version__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in target]
    targets += [f"{target}.md" for target in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", text)]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_each_page_is_in_the_contents() -> None:
    listed = re.findall(r"^(\w[\w/-]*)$", (DOCS / "index.md").read_text(), re.MULTILINE)
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md") if "_build" not in page.parts}
    assert set(listed) == pages - {"index"}
