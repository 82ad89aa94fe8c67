"""The preview of one file, as a part of other widgets."""

from __future__ import annotations

import ipywidgets

from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.plain import format_size

from .content import Content, Picture, Table, Text
from .markup import heading_html, picture_html, sentence_html, table_html, text_html
from .panel import html, show


class Preview(ipywidgets.VBox):
    """Shows the content of a file: words and tables escaped, pictures as pictures."""

    def __init__(self) -> None:
        self._heading = html()
        self._content = html()
        super().__init__((self._heading, self._content))
        self.clear()

    def clear(self, sentence: str = "") -> None:
        """Show no file, or a sentence."""
        self._set("", sentence_html(sentence) if sentence else "")

    def put(self, info: FileInfo, content: Content) -> None:
        """Show a file."""
        heading = heading_html(info.path.rpartition("/")[2], format_size(info.size))
        self._set(heading, _markup(content, info.path))

    def _set(self, heading: str, content: str) -> None:
        self._heading.value, self._content.value = heading, content
        show(self._heading, heading != "")
        show(self._content, content != "")


def _markup(content: Content, path: str) -> str:
    label = f"Content of {path}"
    if isinstance(content, Picture):
        return picture_html(content.data, content.format, path)
    if isinstance(content, Text):
        return text_html(content, label)
    return table_html(content, label) if isinstance(content, Table) else sentence_html(content.reason)
