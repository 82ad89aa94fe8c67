"""The preview of one file, as a part of other widgets."""

from __future__ import annotations

import ipywidgets

from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.plain import format_size

from .content import Content, Nothing, Picture, Table, Text
from .markup import heading_html, sentence_html, table_html, text_html
from .panel import html, show


class Preview(ipywidgets.VBox):
    """Shows the content of a file: words and tables escaped, pictures as pictures."""

    def __init__(self) -> None:
        self._heading = html()
        self._words = html()
        self._picture = ipywidgets.Image()
        super().__init__((self._heading, self._words, self._picture))
        self.clear()

    @property
    def shown(self) -> str:
        """The HTML it shows; empty for a picture."""
        return str(self._words.value)

    @property
    def picture(self) -> bytes:
        """The picture it shows; empty when it shows none."""
        return bytes(self._picture.value)

    def clear(self, sentence: str = "") -> None:
        """Show no file, or a sentence."""
        self._set("", sentence_html(sentence) if sentence else "", None, "")

    def put(self, info: FileInfo, content: Content) -> None:
        """Show a file."""
        heading = heading_html(info.path.rpartition("/")[2], format_size(info.size))
        if isinstance(content, Picture):
            self._set(heading, "", content, info.path)
        else:
            self._set(heading, _markup(content, f"Content of {info.path}"), None, "")

    def _set(self, heading: str, words: str, picture: Picture | None, title: str) -> None:
        self._heading.value, self._words.value = heading, words
        with self._picture.hold_sync():
            self._picture.format = picture.format if picture else "png"
            self._picture.tooltip = title  # what a screen reader says of it
            self._picture.value = picture.data if picture else b""
        show(self._heading, heading != "")
        show(self._words, words != "")
        show(self._picture, picture is not None)


def _markup(content: Text | Table | Nothing, label: str) -> str:
    if isinstance(content, Text):
        return text_html(content, label)
    return table_html(content, label) if isinstance(content, Table) else sentence_html(content.reason)
