"""Identifiers and references: how they look, how they are made, how they are read.

Shapes are those of the original service: team ``t`` + 8, dataset ``ds`` + 13, storage provider ``sp`` + 13, version
7 characters, all lower-case letters and digits.  A version id of ours always holds a digit, so that an ordinary word of
seven letters (``release``) can be a tag.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass

from .errors import ErrorKind

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_DATASET = re.compile(r"ds[a-z0-9]{13}")
_PROVIDER = re.compile(r"sp[a-z0-9]{13}")
_TEAM = re.compile(r"t[a-z0-9]{8}")
_TOKEN = re.compile(r"tk[a-z0-9]{13}")
_VERSION = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{7}")
_MAX_NAME = 128
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")

LATEST = "latest"


def _random(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def new_team_id() -> str:
    """A new random team id."""
    return "t" + _random(8)


def new_dataset_id() -> str:
    """A new random dataset id."""
    return "ds" + _random(13)


def new_provider_id() -> str:
    """A new random storage provider id."""
    return "sp" + _random(13)


def new_token_id() -> str:
    """A new random id of an API token: ``tk`` + 13."""
    return "tk" + _random(13)


def new_task_id() -> str:
    """A new random task id."""
    return "tk" + _random(13)


def new_version_id() -> str:
    """A new random version id; it holds at least one digit."""
    while not is_version_id(candidate := _random(7)):
        pass
    return candidate


def is_dataset_id(text: str) -> bool:
    """Whether ``text`` has the shape of a dataset id."""
    return _DATASET.fullmatch(text) is not None


def is_provider_id(text: str) -> bool:
    """Whether ``text`` has the shape of a storage provider id."""
    return _PROVIDER.fullmatch(text) is not None


def is_team_id(text: str) -> bool:
    """Whether ``text`` has the shape of a team id."""
    return _TEAM.fullmatch(text) is not None


def is_token_id(text: str) -> bool:
    """Whether ``text`` has the shape of the id of an API token."""
    return _TOKEN.fullmatch(text) is not None


def is_version_id(text: str) -> bool:
    """Whether ``text`` has the shape of a version id."""
    return _VERSION.fullmatch(text) is not None


def check_name(name: str, thing: str) -> str:
    """Check the name of a dataset or storage provider.

    Parameters
    ----------
    name : str
        What the user typed.
    thing : str
        What is being named, for the error message.

    Returns
    -------
    str
        The name in Unicode normal form C.

    Raises
    ------
    Invalid
        The name is empty, too long, has a character that a reference gives a meaning, or looks like an id.
    """
    name = unicodedata.normalize("NFC", name)
    if reason := _name_problem(name):
        raise ErrorKind.INVALID_NAME(name=name, thing=thing, reason=reason)
    if is_dataset_id(name) or is_provider_id(name):
        raise ErrorKind.INVALID_NAME(name=name, thing=thing, reason="it looks like an id")
    return name


def check_tag(name: str) -> str:
    """Check the name of a tag and return it in normal form C.

    Raises
    ------
    Invalid
        As for `check_name`; also for ``latest`` and for what looks like a version id.
    """
    name = unicodedata.normalize("NFC", name)
    reason = _name_problem(name)
    if name == LATEST:
        reason = "'latest' always means the newest committed version"
    elif is_version_id(name):
        reason = "it looks like a version id"
    if reason:
        raise ErrorKind.INVALID_TAG(name=name, reason=reason)
    return name


def check_folder_name(name: str, thing: str) -> str:
    """Check a name that becomes a folder: of a mount, an output, a notebook run, a storage region.

    Parameters
    ----------
    name : str
        What the user typed.
    thing : str
        What is being named, for the error message.

    Returns
    -------
    str
        The name.

    Raises
    ------
    Invalid
        It is not 1 to 128 letters, digits, or ``._@+-`` in between, beginning with a letter or digit.
    """
    if not _FOLDER.fullmatch(name):
        reason = "it becomes a folder: letters, digits and ._@+- are allowed, a letter or digit first, 128 at most"
        raise ErrorKind.INVALID_NAME(name=name, thing=thing, reason=reason)
    return name


def is_text(text: str) -> bool:
    """Whether both databases can keep a string: it has no NUL and no half of a character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def check_text(text: str, what: str) -> str:
    """Check a description or message, which may hold anything that both databases can keep.

    Raises
    ------
    Invalid
        It holds a NUL character, or what is not Unicode text.
    """
    if not is_text(text):
        raise ErrorKind.INVALID_OPTION(
            option=what,
            value=text,
            reason="it is not text: it holds a NUL character, or is not valid Unicode",
            hint="Write it in UTF-8, without NUL.",
        )
    return text


def _name_problem(name: str) -> str | None:
    if not name.strip():
        return "it is empty"
    if name != name.strip():
        return "it starts or ends with a space"
    if len(name) > _MAX_NAME:
        return f"it is longer than {_MAX_NAME} characters"
    if bad := next((c for c in name if c in ":/\\" or unicodedata.category(c).startswith("C")), None):
        return f"it contains {bad!r}"
    return None


@dataclass(frozen=True, slots=True)
class Reference:
    """``[namespace/]dataset[:selector]``, read but not resolved.

    Parameters
    ----------
    dataset : str
        Id or name.
    selector : str or None
        ``latest``, a version id or a tag; None where the user wrote none.
    namespace : str or None
        What stood before ``/``.
    """

    dataset: str
    selector: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        head = f"{self.namespace}/{self.dataset}" if self.namespace else self.dataset
        return f"{head}:{self.selector}" if self.selector else head

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference.

        Raises
        ------
        Invalid
            It is empty, has an empty part, more than one ``:`` or ``/``, or a part that cannot be a name.
        """
        head, colon, selector = unicodedata.normalize("NFC", text).partition(":")
        namespace, slash, dataset = head.rpartition("/")
        parts_ok = dataset and (not colon or selector) and (not slash or namespace)
        unreadable = _name_problem(dataset) or (selector and _name_problem(selector))
        if not parts_ok or "/" in namespace or unreadable:
            raise ErrorKind.INVALID_REFERENCE(reference=text)
        return cls(dataset, selector or None, namespace or None)

    @classmethod
    def parse_dataset(cls, text: str) -> Reference:
        """Read a reference that must not name a version."""
        reference = cls.parse(text)
        if reference.selector is not None:
            raise ErrorKind.VERSION_UNWANTED(reference=text)
        return reference

    @classmethod
    def parse_version(cls, text: str) -> Reference:
        """Read a reference that must name a version or tag."""
        reference = cls.parse(text)
        if reference.selector is None:
            raise ErrorKind.VERSION_MISSING(reference=text)
        return reference
