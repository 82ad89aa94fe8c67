"""What the browser shows of a place, as the service has it: datasets, or a folder of a version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_gradient_data.client.lists import all_items
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.show.things import format_time
from jupyter_gradient_data.errors import ErrorKind, NotFound
from jupyter_gradient_data.ids import LATEST
from jupyter_gradient_data.models import Dataset, FileInfo, Version, VersionState
from jupyter_gradient_data.plain import format_count, format_size
from jupyter_gradient_data.service.api import DataService

from .content import suffix
from .rows import PAGE, Row
from .work import Pages

_MOST_CHOICES = 300  # versions, and tags, that a menu lists; older ones are chosen by their id

_ICONS = {
    "table": ("csv", "tsv", "parquet", "xlsx", "feather", "arrow"),
    "file-image-o": ("png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "tif", "tiff"),
    "file-text-o": ("txt", "md", "json", "jsonl", "yaml", "yml", "xml", "html", "log"),
    "file-code-o": ("py", "ipynb", "r", "sh", "js", "ts"),
    "file-archive-o": ("zip", "gz", "tar", "tgz", "zst", "xz"),
}
_READERS = {
    "csv": 'pd.read_csv("{}")',
    "tsv": 'pd.read_csv("{}", sep="\\t")',
    "parquet": 'pd.read_parquet("{}")',
    "jsonl": 'pd.read_json("{}", lines=True)',
}


@dataclass(frozen=True)
class Place:
    """Where the browser is.

    Parameters
    ----------
    dataset : str
        Empty for the list of datasets.
    version : str
        ``latest``, a tag, or the id of a version.
    path : str
        A folder, ending with ``/`` unless it is the topmost, or a file.
    """

    dataset: str
    version: str
    path: str
    search: str


@dataclass(frozen=True)
class View:
    """What is there.

    Parameters
    ----------
    place : Place
        As it turned out: with the dataset's name, and the path of a folder.
    file : FileInfo or None
        The file that the path named.
    version : Version or None
        What is looked at; None in the list of datasets, and where a dataset has no version.
    choices : tuple of (str, str)
        Versions and tags to choose from: what to say, and the selector.
    remark : str
        Why it is another place than was asked for; empty when it is not.
    """

    place: Place
    pages: Pages[Dataset] | Pages[FileInfo]
    file: FileInfo | None = None
    dataset: Dataset | None = None
    version: Version | None = None
    choices: tuple[tuple[str, str], ...] = ()
    remark: str = ""

    @property
    def reference(self) -> str:
        """``name:version``, exactly what is looked at."""
        return f"{self.place.dataset}:{self.version.version}" if self.version is not None else self.place.dataset


def look(service: DataService, place: Place) -> View:
    """What is at a place."""
    if not place.dataset:
        return View(place, Pages(_datasets(service, place.search), PAGE))
    dataset = service.get_dataset(place.dataset)
    choices = version_choices(service, dataset)
    selector = place.version
    if selector == LATEST and dataset.latest is None:
        if not choices:
            empty: Pages[FileInfo] = Pages(iter(()), PAGE)
            return View(Place(dataset.name, LATEST, "", ""), empty, dataset=dataset)
        selector = choices[0][1]
    version = meaning(service, f"{dataset.name}:{selector}")
    reference = f"{dataset.name}:{version.version}"
    file, folder, remark = _nearest(service, reference, place.path)
    files = all_items(
        lambda after: service.list_files(reference, folder, search=place.search, limit=PAGE + 1, after=after)
    )
    if selector not in (value for _, value in choices):
        choices = ((_version_words(version), selector), *choices)
    there = Place(dataset.name, selector, folder, place.search)
    return View(there, Pages(files, PAGE), file, dataset, version, choices, remark)


def meaning(service: DataService, reference: str) -> Version:
    """The version that a reference means in this notebook; to look at it is not to use it, so nothing is recorded."""
    if MEMORY.locked(reference) is not None:
        return MEMORY.resolve(service, reference)
    return service.get_version(reference)


def version_choices(service: DataService, dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """What to say of each version and tag of a dataset, and its selector: ``latest``, tags, versions, newest first."""
    choices: list[tuple[str, str]] = []
    if dataset.latest is not None:
        choices.append((f"{LATEST} → {dataset.latest}", LATEST))
    tags = all_items(lambda after: service.list_tags(dataset.id, after=after), _MOST_CHOICES)
    choices += [(f"{tag.name} → {tag.version}", tag.name) for tag in tags]
    versions = all_items(lambda after: service.list_versions(dataset.id, committed=None, after=after), _MOST_CHOICES)
    return (*choices, *((_version_words(version), version.version) for version in versions))


def row_of(item: Dataset | FileInfo, folder: str) -> Row:
    """The row of a dataset, folder or file."""
    if isinstance(item, Dataset):
        content = _content(item.files, item.bytes) or "nothing committed yet"
        return Row(item.name, content, "database", item.description or f"Open {item.name}")
    label = item.path[len(folder) :]
    if item.is_folder:
        return Row(label, "", "folder-o", f"Open {label}")
    icon = next((icon for icon, kinds in _ICONS.items() if suffix(label) in kinds), "file-o")
    return Row(label, format_size(item.size), icon, f"{label}, {format_size(item.size)}")


def version_sentence(view: View) -> str:
    """A line on the version that is looked at."""
    if view.version is None or view.dataset is None:
        return ""
    version = view.version
    parts = [version.version, version.message, _content(version.files, version.bytes), ", ".join(version.tags)]
    parts.append(format_time(version.committed) if version.is_committed else version.state.value)
    sentence = " · ".join(part for part in parts if part)
    newest = view.dataset.latest
    if view.place.version == LATEST and newest != version.version:
        name = view.dataset.name
        sentence += f" · This notebook keeps to it; {newest} is newer, `%dataset update {name}` moves on."
    return sentence


def snippet(reference: str, path: str) -> str:
    """Code that reads a file or folder of a version."""
    if not path or path.endswith("/"):
        whole = f"{reference}/{path}".rstrip("/")
        return f"import jupyter_gradient_data as jgd\n\nfolder = jgd.path({_quoted(whole)})"
    address = f"{reference}/{path}"
    if reader := _READERS.get(suffix(path)):
        quoted = _quoted(f"gradient://{address}")[1:-1]
        return f"import pandas as pd\n\ndata = {reader.format(quoted)}\ndata.head()"
    return f"import jupyter_gradient_data as jgd\n\nwith jgd.open({_quoted(address)}) as file:\n    data = file.read()"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _datasets(service: DataService, search: str) -> Iterator[Dataset]:
    for dataset in all_items(lambda after: service.list_datasets(after=after)):
        if search.lower() in dataset.name.lower():
            yield dataset


def _nearest(service: DataService, reference: str, path: str) -> tuple[FileInfo | None, str, str]:
    """The file and folder that a path means; where it is not, the nearest folder above it, and why."""
    remark = ""
    while True:
        try:
            return *_file_and_folder(service, reference, path), remark
        except NotFound as error:
            if not path or error.kind is not ErrorKind.FILE_NOT_FOUND:
                raise
            head, slash, _ = path.rstrip("/").rpartition("/")
            remark, path = remark or error.message, head + slash


def _file_and_folder(service: DataService, reference: str, path: str) -> tuple[FileInfo | None, str]:
    if not path:
        return None, ""
    first = service.list_files(reference, path, limit=1).items
    if first and first[0].path == path:
        head, slash, _ = path.rpartition("/")
        return first[0], head + slash
    return None, path.rstrip("/") + "/"


def _version_words(version: Version) -> str:
    if version.state is not VersionState.COMMITTED:
        return " · ".join(filter(None, (version.version, version.state.value, version.message)))
    return " · ".join(filter(None, (version.version, version.message, format_time(version.committed))))


def _content(files: int | None, size: int | None) -> str:
    return "" if files is None or size is None else f"{format_count(files, 'file')}, {format_size(size)}"
