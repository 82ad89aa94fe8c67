"""What a mirror of links wants to show, without any namespace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_gradient_data.volumes.view.sandbox.mirror import Mirror
from jupyter_gradient_data.volumes.view.sandbox.plan import Plan


def make_layer(folder: Path, tree: Path) -> None:
    (folder / "upper").mkdir(parents=True)
    (folder / "lower").symlink_to(tree)


def test_an_alias_follows_what_is_shown_not_what_came_meanwhile(tmp_path: Path) -> None:
    """A layer that is replaced between looking at /inputs and at /datasets: the alias is of the old one, for now."""
    places = {name: tmp_path / name for name in ("inputs", "datasets", "writable", "tree")}
    for place in places.values():
        place.mkdir()
    for part in ("inputs", "datasets"):
        (places[part] / "w").symlink_to(places["tree"])
    layer = places["writable"] / "w"
    make_layer(layer, places["tree"])
    plan = Plan("", "", "", str(places["inputs"]), str(places["datasets"]), str(places["writable"]))
    nowhere: Any = None
    mirror = Mirror(nowhere, plan, print)
    first = mirror._wanted("inputs")["w"]
    assert mirror._wanted("datasets") == {}, "there is nothing to be an alias of"
    mirror._shown["inputs"]["w"] = first
    layer.rename(tmp_path / "old")
    make_layer(layer, places["tree"])
    assert mirror._wanted("inputs")["w"].identity != first.identity
    alias = mirror._wanted("datasets")["w"]
    assert (alias.kind, alias.identity) == ("alias", first.identity)
    assert os.path.isdir(alias.path)
