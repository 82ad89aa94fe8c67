"""`DatasetPicker`: a reference, found by typing some of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets
from traitlets import Unicode, observe

from jupyter_gradient_data.client.lists import all_items
from jupyter_gradient_data.client.show.things import format_time
from jupyter_gradient_data.ids import LATEST
from jupyter_gradient_data.models import Dataset
from jupyter_gradient_data.plain import format_count, format_size
from jupyter_gradient_data.service.api import DataService

from .markup import sentence_html
from .panel import Panel, button, html, row

_MOST_DATASETS = 500  # whose versions and tags are asked for
_MOST_VERSIONS = 100  # of a dataset
_MOST_SHOWN = 200


@dataclass(frozen=True)
class Choice:
    """A reference, and what can be said of it."""

    reference: str
    about: str

    def has(self, words: list[str]) -> bool:
        """Whether all these words are in it."""
        text = f"{self.reference} {self.about}".lower()
        return all(word in text for word in words)


class DatasetPicker(Panel):
    """Choose a dataset in a version.

    Parameters
    ----------
    value : str
        What is chosen at first.

    Attributes
    ----------
    value : str
        The reference that was chosen: ``flowers:latest``, ``flowers:reviewed``, ``flowers:klfoyy9``; empty at first.
    filter : str
        Only what has all these words is offered; they may be of the name, a tag, a version or its message.

    Examples
    --------
    >>> picker = DatasetPicker()
    >>> picker.observe(lambda change: print(change.new), "value")
    >>> jgd.path(picker.value)
    """

    value = Unicode(help="The reference that was chosen.")
    filter = Unicode(help="Only what has all these words is offered.")

    def __init__(self, value: str = "") -> None:
        self._choices: list[Choice] = []
        super().__init__("picker", value=value)
        self._lister = self._worker()
        self._text = ipywidgets.Text(description="Dataset", placeholder="type some of its name, tag or version")
        ipywidgets.link((self, "filter"), (self._text, "value"))
        self._text.on_msg(self._text_message)
        self._refresh = button("Refresh", icon="refresh", hint="Look again")
        self._refresh.on_click(lambda _: self.refresh())
        self._list = ipywidgets.Select(description="Versions", rows=6, options=())
        self._list.observe(self._list_changed, "value")
        self._about = html(classes="gdw-status")
        self.refresh()
        self._assemble(row(self._text, self._refresh), self._list, self._about)

    @property
    def offered(self) -> tuple[str, ...]:
        """The references that the list shows."""
        return tuple(self._list._options_values)

    def refresh(self) -> None:
        """Look again for datasets, versions and tags."""
        self.error = ""
        self._lister.begin(self._load, lambda _: self._offer())

    def _load(self) -> None:
        """First the datasets, which come at once; then what each has."""
        service = self._service
        datasets = list(all_items(lambda after: service.list_datasets(after=after), _MOST_DATASETS))
        self._choices = [_latest(dataset) for dataset in datasets if dataset.latest is not None]
        self._offer()
        found: list[Choice] = []
        for dataset in datasets:
            if self._lister.is_stale:
                return
            found += _choices(service, dataset)
        self._choices = found

    @observe("filter")
    def _filter_changed(self, _: object) -> None:
        if hasattr(self, "_list"):
            self._offer()

    @observe("value")
    def _value_changed(self, _: object) -> None:
        if hasattr(self, "_list") and self._is_following:
            self._offer()

    def _offer(self) -> None:
        """List what has the words of the filter; what is chosen stays chosen."""
        words = self.filter.lower().replace(":", " ").split()
        fitting = [choice for choice in self._choices if choice.has(words)]
        fitting.sort(key=lambda choice: not choice.reference.lower().startswith(self.filter.lower()))
        with self._only_showing():
            self._list.options = [(_label(choice), choice.reference) for choice in fitting[:_MOST_SHOWN]]
            self._list.value = self.value if self.value in self.offered else None
        self._say(len(fitting))

    def _say(self, count: int) -> None:
        known = {choice.reference: choice for choice in self._choices}
        if self.value:
            about = known[self.value].about if self.value in known else "is not there now"
            sentence = f"Chosen: {self.value} · {about}"
        elif not self._choices:
            sentence = "There is no committed version yet."
        elif not count:
            sentence = f"Nothing has {self.filter!r}."
        else:
            more = f"The first {_MOST_SHOWN} of {count:,}." if count > _MOST_SHOWN else f"{count:,} to choose from."
            sentence = f"{more} Enter takes the first."
        self._about.value = f'<div role="status">{sentence_html(sentence)}</div>'

    def _list_changed(self, change: Any) -> None:
        if self._is_following and change.new:
            self._pick(change.new)

    def _text_message(self, _: object, content: Any, __: object) -> None:
        """Enter in the text takes the first that fits."""
        if content.get("event") == "submit" and self.offered:
            self._list.value = self.offered[0]

    def _pick(self, reference: str) -> None:
        with self._only_showing():
            self.value = reference
        self._say(len(self.offered))


def _latest(dataset: Dataset) -> Choice:
    size = format_size(dataset.bytes or 0)
    about = f"{dataset.latest}, {format_count(dataset.files or 0, 'file')}, {size}"
    return Choice(f"{dataset.name}:{LATEST}", f"{about} · {dataset.description}" if dataset.description else about)


def _choices(service: DataService, dataset: Dataset) -> list[Choice]:
    """``latest``, the tags, and the committed versions of a dataset."""
    if dataset.latest is None:
        return []
    tags = all_items(lambda after: service.list_tags(dataset.id, after=after), _MOST_VERSIONS)
    versions = all_items(lambda after: service.list_versions(dataset.id, after=after), _MOST_VERSIONS)
    return [
        _latest(dataset),
        *(Choice(f"{dataset.name}:{tag.name}", f"tag of {tag.version}") for tag in tags),
        *(
            Choice(
                f"{dataset.name}:{version.version}",
                " · ".join(
                    part
                    for part in (
                        version.message,
                        ", ".join(version.tags),
                        f"{format_count(version.files or 0, 'file')}, {format_size(version.bytes or 0)}",
                        format_time(version.committed),
                    )
                    if part
                ),
            )
            for version in versions
        ),
    ]


def _label(choice: Choice) -> str:
    return f"{choice.reference} · {choice.about}"
