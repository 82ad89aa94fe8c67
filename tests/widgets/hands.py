"""What a user does with a widget and sees of it, without a page: only what is shown can be clicked or read."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from typing import Any

import ipywidgets


def shown(part: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """A part with all that is in it and not hidden."""
    if part.layout.display == "none":
        return
    yield part
    for child in getattr(part, "children", ()):
        yield from shown(child)


def press(panel: ipywidgets.Widget, label: str) -> None:
    """Click a button by what it says, or by its sentence when it says nothing; wait until that has been done."""
    (found,) = (part for part in buttons(panel) if label == (part.description or part.tooltip))
    assert not found.disabled, f"{label} cannot be pressed"
    found.click()
    assert panel.wait()


def buttons(panel: ipywidgets.Widget) -> list[ipywidgets.Button]:
    """All buttons."""
    return [part for part in shown(panel) if isinstance(part, ipywidgets.Button)]


def labels(panel: ipywidgets.Widget) -> list[str]:
    """What the buttons say."""
    return [part.description for part in buttons(panel) if part.description]


def rows(panel: ipywidgets.Widget) -> list[str]:
    """What the rows of its list say."""
    return [label for part in shown(panel) if "gdw-rows" in part._dom_classes for label in labels(part)]


def field(panel: ipywidgets.Widget, label: str) -> Any:
    """A field by its label."""
    (found,) = (part for part in shown(panel) if getattr(part, "description", "") == label and hasattr(part, "value"))
    assert not found.disabled, f"{label} cannot be changed"
    return found


def enter(panel: ipywidgets.Widget, label: str, value: Any) -> None:
    """Type or choose a value; wait until that has been done."""
    field(panel, label).value = value
    assert panel.wait()


def enter_key(panel: ipywidgets.Widget, label: str) -> None:
    """Press Enter in a field, as the page tells it."""
    field(panel, label)._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"event": "submit"}}}, "buffers": []}
    )
    assert panel.wait()


def text(panel: ipywidgets.Widget) -> str:
    """All words that it shows, without markup."""
    parts = [part.value for part in shown(panel) if isinstance(part, ipywidgets.HTML)]
    return html.unescape(re.sub(r"<[^>]+>", " ", " ".join(parts)))


def markup(panel: ipywidgets.Widget) -> str:
    """All HTML that it shows."""
    return " ".join(part.value for part in shown(panel) if isinstance(part, ipywidgets.HTML))


def pictures(panel: ipywidgets.Widget) -> dict[str, bytes]:
    """All pictures that it shows, by what a screen reader says of them."""
    found = re.findall(r'<img class="gdw-picture" src="data:image/\w+;base64,([^"]*)" alt="([^"]*)">', markup(panel))
    return {html.unescape(title): base64.b64decode(data) for data, title in found}


def upload(panel: ipywidgets.Widget, files: dict[str, bytes]) -> None:
    """Choose files of one's own computer, as the page sends them."""
    (chooser,) = (part for part in shown(panel) if isinstance(part, ipywidgets.FileUpload))
    assert not chooser.disabled
    entries = [
        {"name": name, "type": "", "size": len(data), "content": memoryview(data), "last_modified": 0}
        for name, data in files.items()
    ]
    chooser.set_state({"value": entries})
