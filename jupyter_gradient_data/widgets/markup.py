"""Content as HTML of ours: whatever stands in a user's file or name is escaped, so nothing of it runs."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from jupyter_gradient_data.plain import format_count, printable

from .content import Table, Text

# Copies what its `data-text` holds; where the page may not write to the clipboard, the way of old.
_COPY = (
    "var b=this,t=b.dataset.text,o=function(){var a=document.createElement('textarea');a.value=t;"
    "document.body.appendChild(a);a.select();document.execCommand('copy');a.remove();b.focus();},"
    "d=function(){b.textContent='Copied';setTimeout(function(){b.textContent=b.dataset.label},1500)};"
    "if(navigator.clipboard){navigator.clipboard.writeText(t).then(d,function(){o();d()})}else{o();d()}"
)


def text_html(content: Text, label: str) -> str:
    """A text in a box of its own, which can be scrolled by keyboard."""
    note = _note("The rest of the file is not shown.") if content.is_cut else ""
    return _scrolled(f'<pre class="gdw-text">{escape(content.text)}</pre>', label) + note


def table_html(content: Table, label: str) -> str:
    """A table in a box of its own."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in content.header)
    body = "".join(f"<tr>{_cells(row, content.numeric)}</tr>" for row in content.rows)
    total = f" of {format_count(content.rows_total, 'row')}" if content.rows_total is not None else ""
    note = _note(f"The first {format_count(len(content.rows), 'row')}{total}.") if content.is_cut else ""
    table = f'<table class="gdw-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return _scrolled(table, label) + note


def picture_html(data: bytes, kind: str, title: str) -> str:
    """A picture with its name for who cannot see it, which ipywidgets' own has no place for."""
    source = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return f'<img class="gdw-picture" src="{source}" alt="{escape(printable(title))}">'


def snippet_html(code: str) -> str:
    """Code, and a button that copies it."""
    return (
        '<div class="gdw-snippet"><pre class="gdw-text" tabindex="0" role="region" aria-label="Snippet">'
        f"{escape(code)}</pre>"
        f'<button type="button" class="gdw-copy" data-label="Copy snippet" data-text="{escape(code)}" '
        f'onclick="{escape(_COPY)}">Copy snippet</button></div>'
    )


def heading_html(title: str, note: str) -> str:
    """What is shown, and a few words on it."""
    return f'<h4>{escape(printable(title))} <span class="gdw-soft">{escape(note)}</span></h4>'


def sentence_html(sentence: str) -> str:
    """A sentence."""
    return f'<div class="gdw-soft">{escape(sentence)}</div>'


def _cells(row: tuple[str, ...], numeric: tuple[bool, ...]) -> str:
    return "".join(
        f"<td{' class=gdw-number' if at < len(numeric) and numeric[at] else ''}>{escape(cell)}</td>"
        for at, cell in enumerate(row)
    )


def _scrolled(inner: str, label: str) -> str:
    return f'<div class="gdw-scroll" tabindex="0" role="region" aria-label="{escape(printable(label))}">{inner}</div>'


def _note(sentence: str) -> str:
    return f'<div class="gdw-soft">{escape(sentence)}</div>'
