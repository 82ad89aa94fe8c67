"""`UploadWidget`: files of the browser's machine into a new version, and its commit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import Any

import ipywidgets
from traitlets import Enum, Unicode, observe

from jupyter_gradient_data.client.lists import all_items
from jupyter_gradient_data.errors import GradientDataError, NotFound
from jupyter_gradient_data.ids import LATEST, check_name, check_tag
from jupyter_gradient_data.models import Dataset, Version
from jupyter_gradient_data.plain import format_count, format_size
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.tasks import Task

from .browsing import snippet
from .markup import sentence_html, snippet_html
from .panel import Panel, button, html, row, show
from .progress import ProgressDisplay
from .sending import EMPTY, Incoming, Sent, commit, dataset_for, most_at_once, send, version_for

_MOST_DATASETS = 500


class UploadWidget(Panel):
    """Bring files into a new version of a dataset.

    Parameters
    ----------
    dataset : str, optional
        Its name; one that does not exist yet is made with the first file.

    Attributes
    ----------
    dataset : str
        Its name.
    start : str
        What the version starts from: ``latest`` or ``empty``.
    folder : str
        Where in the version the files go; empty for the topmost folder.
    message, tag : str
        For the commit.
    state : str
        ``ready``, ``uploading``, ``uploaded``, ``committing`` or ``committed``.
    reference : str
        The version that was committed last: ``flowers:klfoyy9``.

    Examples
    --------
    >>> upload = UploadWidget("flowers")
    >>> upload.observe(lambda change: print("now:", change.new), "reference")
    >>> upload
    """

    dataset = Unicode(help="Name of the dataset.")
    start = Enum((LATEST, EMPTY), LATEST, help="What the version starts from: latest or empty.")
    folder = Unicode(help="Where in the version the files go.")
    message = Unicode(help="What the commit says.")
    tag = Unicode(help="A tag that the new version gets.")
    state = Unicode("ready", read_only=True, help="ready, uploading, uploaded, committing or committed")
    reference = Unicode(read_only=True, help="The version that was committed last.")

    def __init__(self, dataset: str | None = None) -> None:
        self._draft: Version | None = None
        self._sent: dict[str, Sent] = {}
        super().__init__("upload", dataset=dataset or "")
        self._asker = self._worker()
        self._make_parts()
        self._render()
        self._ask()
        self._assemble(
            row(self._name, self._start),
            row(self._folder),
            row(self._files, self._discard),
            self._limit,
            self._list,
            row(self._message, self._tag),
            row(self._commit),
            self._progress,
            self._result,
        )

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until nothing is under way; whether that came in time."""
        return super().wait(seconds) and (not hasattr(self, "_progress") or self._progress.wait(seconds))

    def commit(self) -> None:
        """Commit what was uploaded, as the button does; waits for an upload that is under way."""
        self._let_end()
        version, message, tag = self._draft, self.message, self.tag.strip()
        if version is None or self.state != "uploaded":
            return
        self.error = ""
        try:
            tag = check_tag(tag) if tag else ""
            service = self._service
        except GradientDataError as error:
            self._fail(error)
            return
        self.set_trait("state", "committing")
        task = Task(lambda progress: commit(service, version, message, tag, progress))
        self._progress.follow(task, f"Committing {self.dataset}", self._committed)

    def discard(self) -> None:
        """Delete the version that was begun, as the button does."""
        version = self._draft
        if version is not None and self.state == "uploaded":
            self.error = ""

            def delete() -> None:
                with suppress(NotFound):  # with its dataset
                    self._service.delete_version(version.reference)

            self._asker.begin(delete, lambda _: self._begin_anew())

    def _let_end(self) -> None:
        """Two uploads at once would each begin a version."""
        while not self._progress.wait():
            pass

    def _make_parts(self) -> None:
        self._name = ipywidgets.Combobox(
            description="Dataset", placeholder="one that is there, or a new name", continuous_update=False
        )
        self._start = ipywidgets.Dropdown(description="Start from", options=[("the newest version", LATEST)])
        self._folder = ipywidgets.Text(description="Folder", placeholder="topmost", continuous_update=False)
        self._files = ipywidgets.FileUpload(multiple=True, description="Choose files")
        self._files.tooltip = "Choose files of this computer"
        self._files.observe(self._files_came, "value")
        self._discard = button("Discard", icon="trash", hint="Throw away what was uploaded and not committed")
        self._discard.on_click(lambda _: self.discard())
        self._limit = html(
            sentence_html(
                f"Up to {most_at_once()} at once, which pass through the notebook. For folders and for more, use the "
                "Datasets side bar or %dataset put."
            )
        )
        self._list = html()
        self._message = ipywidgets.Text(description="Message", placeholder="what changed, and why")
        self._tag = ipywidgets.Text(description="Tag", placeholder="optional")
        self._commit = button("Commit", icon="check", hint="Make this version immutable")
        self._commit.button_style = "primary"
        self._commit.on_click(lambda _: self.commit())
        for text in (self._message, self._tag):
            text.on_msg(self._text_message)
        self._progress = ProgressDisplay()
        self._progress.observe(self._progress_ended, "state")
        self._result = html()
        ipywidgets.link((self, "dataset"), (self._name, "value"))
        ipywidgets.link((self, "folder"), (self._folder, "value"))
        ipywidgets.link((self, "message"), (self._message, "value"))
        ipywidgets.link((self, "tag"), (self._tag, "value"))
        self._start.observe(self._start_chosen, "value")

    # --- what there is to add to ---

    @observe("dataset")
    def _dataset_changed(self, _: object) -> None:
        if hasattr(self, "_asker"):
            self._ask()

    @observe("start")
    def _show_start(self, _: object) -> None:
        if hasattr(self, "_start"):
            with self._only_showing():
                offered = [value for _, value in self._start.options]
                self._start.value = self.start if self.start in offered else offered[0]

    def _start_chosen(self, change: Any) -> None:
        if self._is_following and change.new:
            self.start = change.new

    def _ask(self) -> None:
        name = self.dataset.strip()
        self._asker.begin(lambda: self._known(name), lambda known: self._offer(*known))

    def _known(self, name: str) -> tuple[list[str], Dataset | None]:
        datasets = list(all_items(lambda after: self._service.list_datasets(after=after), _MOST_DATASETS))
        return [one.name for one in datasets], next((one for one in datasets if name in (one.name, one.id)), None)

    def _offer(self, names: list[str], dataset: Dataset | None) -> None:
        options = [("nothing: an empty version", EMPTY)]
        if dataset is not None and dataset.latest is not None:
            content = f"{format_count(dataset.files or 0, 'file')}, {format_size(dataset.bytes or 0)}"
            options.insert(0, (f"the newest version: {dataset.latest}, {content}", LATEST))
        self._name.options = names
        with self._only_showing():
            self._start.options = options
        self._show_start(None)

    # --- files ---

    def _files_came(self, change: Any) -> None:
        files = {one["name"]: memoryview(one["content"]) for one in change.new}
        if not files:
            return
        self._files.value = ()  # the page need not keep them, nor this widget
        self.upload(files)

    def upload(self, files: Mapping[str, bytes | memoryview]) -> None:
        """Put files into the version, which is begun when there is none; waits for what is under way, not for these.

        Parameters
        ----------
        files : mapping
            Names and contents, as the button sends them.
        """
        self._let_end()
        if not files:
            return
        incoming = [Incoming(name, memoryview(content).cast("B")) for name, content in files.items()]
        name, start, folder = self.dataset.strip(), self.start, self.folder
        self.error = ""
        try:
            check_name(name, "dataset")
            service = self._service
        except GradientDataError as error:
            self._fail(error)
            return

        def work(progress: Progress) -> list[Sent]:
            if self._draft is None:
                self._draft = version_for(service, dataset_for(service, name), start)
            return send(service, self._draft, incoming, folder, progress)

        self.set_trait("state", "uploading")
        self._progress.follow(Task(work), f"Uploading {format_count(len(files), 'file')} to {name}", self._uploaded)

    def _uploaded(self, sent: list[Sent]) -> str:
        self._sent |= {one.path: one for one in sent}
        arrived = sum(not one.problem for one in self._sent.values())
        self.set_trait("state", "uploaded")
        return f"{format_count(arrived, 'file')} uploaded. Commit to keep that as a version, or add more."

    # --- the end ---

    def _committed(self, version: Version) -> str:
        name = self.dataset.strip()
        self._begin_anew()
        with self.hold_trait_notifications():
            self.message = self.tag = ""
            self.set_trait("reference", f"{name}:{version.version}")
            self.set_trait("state", "committed")
        self._result.value = snippet_html(snippet(self.reference, ""))
        self._ask()
        content = f"{format_count(version.files or 0, 'file')}, {format_size(version.bytes or 0)}"
        return f"Committed {self.reference}: {content}."

    def _begin_anew(self) -> None:
        self._draft, self._sent = None, {}
        self._result.value = ""
        self.set_trait("state", "ready")
        self._render()

    def _progress_ended(self, change: Any) -> None:
        """When it was stopped or failed: what has arrived is still there."""
        if change.new in ("failed", "cancelled"):
            self.set_trait("state", "ready" if self._draft is None else "uploaded")

    def _text_message(self, _: object, content: Any, __: object) -> None:
        """Enter in message or tag commits."""
        if content.get("event") == "submit" and self.state == "uploaded":
            self.commit()

    @observe("state")
    def _state_changed(self, _: object) -> None:
        if hasattr(self, "_result"):
            self._render()

    def _render(self) -> None:
        is_free = self.state in ("ready", "committed")
        is_busy = self.state in ("uploading", "committing")
        for part in (self._name, self._start):
            part.disabled = not is_free  # until then it is clear where the files have gone
        for part in (self._files, self._folder):
            part.disabled = is_busy
        self._commit.disabled = self._discard.disabled = self.state != "uploaded"
        show(self._discard, self.state == "uploaded")
        show(self._result, self.state == "committed")
        self._list.value = _list_html(list(self._sent.values()))
        show(self._list, bool(self._sent))


def _list_html(sent: list[Sent]) -> str:
    items = "".join(
        f"<li class='gdw-bad'><span>{escape(one.path)}</span><span>{escape(one.problem)}</span></li>"
        if one.problem
        else f"<li><span>{escape(one.path)}</span><span>{format_size(one.size)}</span></li>"
        for one in sent
    )
    return f'<ul class="gdw-list" aria-label="Uploaded files" tabindex="0">{items}</ul>'
