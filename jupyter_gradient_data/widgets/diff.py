"""`VersionDiff`: what differs between two versions, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import ipywidgets
from traitlets import Dict, Enum, Unicode, observe

from jupyter_gradient_data.client.lists import all_items
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.show.things import summary_sentence
from jupyter_gradient_data.models import Change, ChangeKind, ChangeSummary, Version
from jupyter_gradient_data.plain import format_size
from jupyter_gradient_data.service.api import DataService

from .compare import Comparison, compare, diff_html
from .markup import heading_html, picture_html, sentence_html
from .panel import Panel, button, html, row, show
from .rows import PAGE, Row, Rows
from .work import Pages

ALL = "all"
_KINDS = (ALL, *(kind.value for kind in ChangeKind))

_ICONS = {ChangeKind.ADDED: "plus", ChangeKind.REMOVED: "minus", ChangeKind.CHANGED: "pencil"}
_AT_ONCE = 1000  # changes that are asked for together where only some of them are wanted


class VersionDiff(Panel):
    """Compare two versions of one dataset, or of two.

    Parameters
    ----------
    old, new : str
        References: ``flowers:klfoyy9``, ``flowers:reviewed``, ``flowers``.

    Attributes
    ----------
    old, new : str
        The same.
    kind : str
        What is listed: ``all``, ``added``, ``removed`` or ``changed``.
    filter : str
        Only paths that have these characters are listed.
    selected : str
        Path of the file that is compared; empty for none.
    summary : dict
        How many files were ``added``, ``removed`` and ``changed``; ``bytes_added``, ``bytes_removed``.

    Examples
    --------
    >>> VersionDiff("flowers:baseline", "flowers")
    """

    old = Unicode(help="Reference of the version to compare with.")
    new = Unicode(help="Reference of the version to compare.")
    kind = Enum(_KINDS, ALL, help="What is listed: all, added, removed or changed.")
    filter = Unicode(help="Only paths that have these characters are listed.")
    selected = Unicode(help="Path of the file that is compared.")
    summary = Dict(read_only=True, help="Numbers of files and bytes that differ.")

    def __init__(self, old: str, new: str) -> None:
        self._versions: tuple[Version, Version] | None = None
        self._pages: Pages[Change] | None = None
        self._items: list[Change] = []
        self._page = 0
        super().__init__("diff", old=old, new=new)
        self._lister, self._comparer = self._worker(), self._worker()
        self._make_parts()
        self._load()
        self._assemble(
            row(self._title, self._refresh),
            row(self._kinds, self._find),
            row(self._rows, self._side, classes="gdw-top"),
        )

    def refresh(self) -> None:
        """Compare again."""
        self._load()

    def _make_parts(self) -> None:
        self._title = html()
        self._title.layout.flex = "1 1 200px"
        self._refresh = button("Refresh", icon="refresh", hint="Compare again")
        self._refresh.on_click(lambda _: self.refresh())
        self._kinds = ipywidgets.Dropdown(description="Show", options=[("all that differs", ALL), *_KINDS[1:]])
        self._kinds.observe(self._kind_chosen, "value")
        self._find = ipywidgets.Text(description="Filter", placeholder="part of a path", continuous_update=False)
        ipywidgets.link((self, "filter"), (self._find, "value"))
        self._rows = Rows(self._choose, self._turn)
        self._rows.add_class("gdw-main")
        self._words = html()
        self._before, self._after = html(classes="gdw-half"), html(classes="gdw-half")
        self._halves = row(self._before, self._after, classes="gdw-top")
        self._side = ipywidgets.VBox((self._words, self._halves))
        self._side.add_class("gdw-side")

    # --- what is compared ---

    @observe("old", "new")
    def _versions_changed(self, _: object) -> None:
        if hasattr(self, "_rows"):
            self._load()

    @observe("kind", "filter")
    def _filter_changed(self, _: object) -> None:
        if not hasattr(self, "_rows"):
            return
        with self._only_showing():
            self._kinds.value = self.kind
        if self._versions is not None:
            self._list(*self._versions)

    def _kind_chosen(self, change: Any) -> None:
        if self._is_following and change.new:
            self.kind = change.new

    def _load(self) -> None:
        old, new = self.old, self.new
        self.error = ""
        self._lister.begin(lambda: self._resolve(old, new), self._show)

    def _resolve(self, old: str, new: str) -> tuple[Version, Version, ChangeSummary]:
        service = self._service
        before, after = MEMORY.resolve(service, old), MEMORY.resolve(service, new)
        return before, after, service.summarize_changes(after.reference, before.reference)

    def _show(self, compared: tuple[Version, Version, ChangeSummary]) -> None:
        before, after, summary = compared
        self._versions = before, after
        self.set_trait("summary", asdict(summary))
        title = f"{_named(self.old, before)} → {_named(self.new, after)}"
        self._title.value = heading_html(title, summary_sentence(summary))
        counts = {kind.value: getattr(summary, kind.value) for kind in ChangeKind}
        options = [(f"all that differs ({sum(counts.values()):,})", ALL)]
        options += [(f"{kind} ({count:,})", kind) for kind, count in counts.items()]
        with self._only_showing():
            self._kinds.options = options
            self._kinds.value = self.kind
        self._list(before, after)

    # --- the list ---

    def _list(self, old: Version, new: Version) -> None:
        self._pages = Pages(self._wanted(self._service, old, new, self.kind, self.filter), PAGE)
        self._turn_to(0)

    def _wanted(self, service: DataService, old: Version, new: Version, kind: str, words: str) -> Iterator[Change]:
        at_once = PAGE + 1 if kind == ALL and not words else _AT_ONCE
        for change in all_items(
            lambda after: service.diff_versions(old.reference, new.reference, limit=at_once, after=after)
        ):
            if kind in (ALL, change.kind.value) and words.lower() in change.path.lower():
                yield change

    def _turn(self, step: int) -> None:
        if self._page + step >= 0:
            self._turn_to(self._page + step)

    def _turn_to(self, number: int) -> None:
        pages = self._pages
        if pages is not None:
            self._lister.begin(lambda: pages.page(number), lambda page: self._show_page(page[0], number, page[1]))

    def _show_page(self, items: list[Change], number: int, has_more: bool) -> None:
        self._items, self._page = items, number
        self._rows.show([_row(change) for change in items], number, has_more=has_more)
        if not items:
            total = sum(self.summary.get(kind.value, 0) for kind in ChangeKind)
            self._rows.say("Nothing of what differs is like that." if total else "Both have the same files.")
        self._show_selected(None)

    # --- one file ---

    def _choose(self, place: int) -> None:
        self.selected = self._items[place].path

    @observe("selected")
    def _show_selected(self, _: object) -> None:
        if not hasattr(self, "_rows"):
            return
        found = [place for place, change in enumerate(self._items) if change.path == self.selected]
        self._rows.mark(found[0] if found else None)
        path = self.selected
        if not path or self._versions is None:
            self._show_comparison("", Comparison(()))
            return
        service, old, new = self._service, _exact(self.old, self._versions[0]), _exact(self.new, self._versions[1])
        self.error = ""
        self._comparer.begin(
            lambda: compare(service, old, new, path), lambda comparison: self._show_comparison(path, comparison)
        )

    def _show_comparison(self, path: str, comparison: Comparison) -> None:
        if not path:
            self._words.value = sentence_html("Choose a file to see how it differs.") if self._items else ""
        else:
            difference = diff_html(comparison.lines, f"Difference of {path}") if comparison.lines else ""
            self._words.value = heading_html(path, " · ".join(comparison.facts)) + difference
        pictures = {name: picture_html(data, kind, f"{name}: {path}") for name, data, kind in comparison.pictures}
        for half, name in ((self._before, "Before"), (self._after, "After")):
            half.value = sentence_html(name) + pictures[name] if name in pictures else ""
            show(half, name in pictures)
        show(self._halves, bool(pictures))


def _row(change: Change) -> Row:
    sizes = [format_size(size) for size in (change.old_size, change.new_size) if size is not None]
    note = " → ".join(sizes)
    return Row(change.path, note, _ICONS[change.kind], f"{change.kind.value}: {change.path}, {note}")


def _exact(reference: str, version: Version) -> str:
    return f"{reference.partition(':')[0]}:{version.version}"


def _named(reference: str, version: Version) -> str:
    selector = reference.partition(":")[2]
    return _exact(reference, version) + (f" ({selector})" if selector not in ("", version.version) else "")
