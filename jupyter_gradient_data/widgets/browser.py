"""`DatasetBrowser`: datasets, their versions and folders, and what is in a file."""

from __future__ import annotations

import os
from typing import Any

import ipywidgets
from traitlets import Unicode, observe

from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.references import split_reference
from jupyter_gradient_data.ids import LATEST
from jupyter_gradient_data.models import Dataset, FileInfo, Mount

from .browsing import Place, View, look, row_of, snippet, version_sentence
from .content import Content, read_content
from .markup import sentence_html, snippet_html
from .panel import Panel, button, html, row, show
from .preview import Preview
from .progress import ProgressDisplay
from .rows import Rows


class DatasetBrowser(Panel):
    """Look around in datasets.

    Parameters
    ----------
    dataset : str, optional
        Where to begin: ``flowers``, ``flowers:reviewed``, ``flowers:latest/photos``; the list of datasets by default.

    Attributes
    ----------
    dataset : str
        Name of the dataset; empty in the list of datasets.
    version : str
        ``latest``, a tag, or the id of a version.
    path : str
        The folder that is open, ending with ``/``, or the file that is shown; empty for the topmost folder.
    search : str
        Only what has these characters is listed, from the open folder downwards.
    selected : str
        Reference of what is shown: ``flowers:klfoyy9/photos/rose.png``, always with the id of the version.  Follows
        from the others.

    Examples
    --------
    >>> browser = DatasetBrowser("flowers")
    >>> browser
    >>> pd.read_csv(f"gradient://{browser.selected}")
    """

    dataset = Unicode(help="Name of the dataset; empty in the list of datasets.")
    version = Unicode(LATEST, help="latest, a tag, or the id of a version.")
    path = Unicode(help="The open folder, ending with /, or the file that is shown.")
    search = Unicode(help="Only what has these characters is listed.")
    selected = Unicode(read_only=True, help="Reference of what is shown, with the id of its version.")

    def __init__(self, dataset: str | None = None) -> None:
        reference, path = split_reference(dataset or "")
        name, _, selector = reference.partition(":")
        self._view: View | None = None
        self._items: list[Dataset | FileInfo] = []
        self._page = 0
        super().__init__("browser", dataset=name, version=selector or LATEST, path=path)
        self._lister, self._reader = self._worker(), self._worker()
        self._make_parts()
        self._load()
        self._assemble(
            row(self._crumbs, self._refresh),
            row(self._versions, self._find),
            self._about,
            row(self._rows, self._side, classes="gdw-top"),
        )

    def refresh(self) -> None:
        """Look again."""
        self._load()

    def mount(self) -> None:
        """Mount the version that is shown, as the button does."""
        view = self._view
        if view is None or view.version is None:
            return
        self.error = ""
        try:
            now = self._service.get_version(f"{view.place.dataset}:{view.place.version}")
            selector = view.place.version if now.version == view.version.version else view.version.version
            task = self._service.mount(f"{view.place.dataset}:{selector}")
        except Exception as error:
            self._fail(error)
            return
        meant = f"{view.place.dataset}:{view.place.version}"
        self._progress.follow(task, f"Mounting {view.reference}", lambda mount: self._mounted(mount, meant))

    def _make_parts(self) -> None:
        self._crumb_buttons: list[ipywidgets.Button] = []
        self._crumbs = row(classes="gdw-crumbs")
        self._refresh = button("Refresh", icon="refresh", hint="Look again")
        self._refresh.on_click(lambda _: self.refresh())
        self._versions = ipywidgets.Dropdown(description="Version", tooltip="Version")
        self._versions.observe(self._version_chosen, "value")
        self._find = ipywidgets.Text(description="Search", placeholder="in this folder and below; * and ? work")
        self._find.continuous_update = False
        ipywidgets.link((self, "search"), (self._find, "value"))
        self._about = html(classes="gdw-status")
        self._rows = Rows(self._choose, self._turn)
        self._rows.add_class("gdw-main")
        self._preview = Preview()
        self._snippet = html()
        self._mount = button("Mount", icon="plug", hint="Give this version a folder under /inputs")
        self._mount.on_click(lambda _: self.mount())
        self._progress = ProgressDisplay()
        self._side = ipywidgets.VBox((self._preview, self._snippet, row(self._mount), self._progress))
        self._side.add_class("gdw-side")

    # --- where ---

    @observe("dataset")
    def _dataset_changed(self, _: object) -> None:
        if self._is_following and hasattr(self, "_lister"):
            self._go(version=LATEST, path="", search="")

    @observe("version", "path")
    def _place_changed(self, _: object) -> None:
        if self._is_following:
            self._load()

    @observe("search")
    def _search_changed(self, _: object) -> None:
        """What was found in a folder further down does not make that the one to search in."""
        if self._is_following and self._view is not None:
            self._go(path=self._view.place.path)

    def _go(self, **traits: str) -> None:
        """Set several traits, and look once."""
        self._note(**traits)
        self._load()

    def _note(self, **traits: str) -> None:
        """Set traits to what is shown, or about to be."""
        with self._only_showing():
            for name, value in traits.items():
                self.set_trait(name, value)

    def _load(self) -> None:
        if not hasattr(self, "_lister"):  # while traits get their first values
            return
        place = Place(self.dataset, self.version, self.path, self.search)
        self.error = ""
        self._lister.begin(lambda: self._first_page(place), self._show)

    def _first_page(self, place: Place) -> tuple[View, list[Any], bool]:
        view = look(self._service, place)
        return view, *view.pages.page(0)

    # --- what is shown ---

    def _show(self, loaded: tuple[View, list[Any], bool]) -> None:
        view, items, has_more = loaded
        self._view = view
        place = view.place
        path = view.file.path if view.file else place.path
        self._note(dataset=place.dataset, version=place.version, path=path, search=place.search)
        self._show_crumbs(view)
        self._show_versions(view)
        sentence = version_sentence(view)
        self._about.value = sentence_html(sentence) if sentence else ""
        show(self._about, bool(sentence))
        self._show_page(view, items, 0, has_more)
        show(self._side, view.version is not None)
        self._show_file(view.file)
        self.error = view.remark

    def _show_crumbs(self, view: View) -> None:
        labels = ["Datasets", *([view.place.dataset] if view.place.dataset else [])]
        labels += view.place.path.rstrip("/").split("/") if view.place.path else []
        while len(self._crumb_buttons) < len(labels):
            self._crumb_buttons.append(self._new_crumb(len(self._crumb_buttons)))
        for crumb, label in zip(self._crumb_buttons, labels, strict=False):
            crumb.description, crumb.tooltip = label, f"Open {label}"
        self._crumbs.children = tuple(self._crumb_buttons[: len(labels)])

    def _new_crumb(self, depth: int) -> ipywidgets.Button:
        made = button("")
        made.on_click(lambda _: self._climb(depth))
        return made

    def _climb(self, depth: int) -> None:
        if depth == 0:
            self._go(dataset="", version=LATEST, path="", search="")
            return
        parts = self.path.split("/")[: depth - 1]
        self._go(path="".join(f"{part}/" for part in parts), search="")

    def _show_versions(self, view: View) -> None:
        with self._only_showing():
            self._versions.options = view.choices
            self._versions.value = view.place.version if view.choices else None
        show(self._versions, bool(view.choices))

    def _version_chosen(self, change: Any) -> None:
        if self._is_following and change.new:
            self._go(version=change.new)

    def _show_page(self, view: View, items: list[Any], number: int, has_more: bool) -> None:
        self._items, self._page = items, number
        self._rows.show([row_of(item, view.place.path) for item in items], number, has_more=has_more)
        if not items:
            self._rows.say(self._nothing(view))
        self._mark()

    def _nothing(self, view: View) -> str:
        if view.place.search:
            return f"Nothing here has {view.place.search!r} in its name."
        if not view.place.dataset:
            return "There is no dataset yet: make one with UploadWidget() or `%dataset create NAME`."
        return "No files here yet." if view.version else "This dataset has no version yet."

    def _turn(self, step: int) -> None:
        view, number = self._view, self._page + step
        if view is not None and number >= 0:
            self._lister.begin(
                lambda: view.pages.page(number), lambda page: self._show_page(view, page[0], number, page[1])
            )

    def _choose(self, place: int) -> None:
        item = self._items[place]
        if isinstance(item, Dataset):
            self._go(dataset=item.name, version=LATEST, path="", search="")
            self._focus(self._rows.first)
        elif item.is_folder:
            self._go(path=item.path, search="")
            self._focus(self._rows.first)
        else:
            self.error = ""
            self._note(path=item.path)
            self._show_file(item)

    def _mark(self) -> None:
        shown = [
            place for place, item in enumerate(self._items) if isinstance(item, FileInfo) and item.path == self.path
        ]
        self._rows.mark(shown[0] if shown else None)

    def _show_file(self, info: FileInfo | None) -> None:
        view = self._view
        self._mark()
        if view is None or view.version is None:
            self.set_trait("selected", "")
            return
        path = info.path if info else view.place.path
        self.set_trait("selected", f"{view.reference}/{path}".rstrip("/"))
        self._snippet.value = snippet_html(snippet(view.reference, path))
        self._mount.disabled = not view.version.is_committed
        hint = "Give this version a folder under /inputs"
        self._mount.tooltip = hint if view.version.is_committed else "Only a committed version can be mounted"
        if info is None:
            self._preview.clear("Choose a file to see what is in it." if self._items else "")
            return
        service, reference = self._service, view.reference

        def read() -> Content:
            try:
                return read_content(service, reference, info)
            except Exception:
                self._preview.clear()  # the file before it is not what is selected
                raise

        self._reader.begin(read, lambda content: self._preview.put(info, content))

    # --- mounting ---

    def _mounted(self, mount: Mount, reference: str) -> str:
        MEMORY.record_mount(self._service, mount, reference)
        return f"Mounted at {mount.path if os.path.isdir(mount.path) else mount.local_path}."
