"""What the entries of `.gradient/settings.yaml` mean, in all forms that the original service knew.

Values ``secret:NAME`` are read from the variable ``GRADIENT_SECRET_NAME`` of the server's environment, and from no
other: a settings file may come with somebody else's repository, and must not be able to send any variable it likes,
such as a token, to an address of its choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import check_folder_name
from jupyter_gradient_data.models import S3Config

from .text import SettingsText
from .yaml_nodes import UnreadableText

SETTINGS = ".gradient/settings.yaml"

_EMPTY_REFERENCE = re.compile(r"(?:(?:paperspace|gradient)/)?(?::.*)?")
_OFF = frozenset({"false", "no", "off", "0"})
_RIGHTS = {"": False, "r": False, "ro": False, "read": False, "rw": True, "w": True, "write": True}
_SECRET = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NO_NAME = re.compile(r"[^A-Za-z0-9._@+-]")
_LONGEST_NAME = 128
_OWN_VARIABLES = frozenset(setting.metadata["env"] for setting in fields(Config))


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """An entry that wants a dataset version.

    Parameters
    ----------
    name : str
        Its folder.
    reference : str
        Of the version, as it is written.
    writable : bool
        Whether it asks for a writable mount.
    """

    name: str
    reference: str
    writable: bool


@dataclass(frozen=True, slots=True)
class BucketEntry:
    """An entry that wants what is in a bucket.

    Parameters
    ----------
    name : str
        Its folder.
    url : str
        ``s3://bucket/prefix``.
    prefix : str
        With ``/`` at the end, or empty for the whole bucket.
    config : S3Config
        Where it is; its access key is empty when none is needed.
    secret : str
        The secret access key, or empty.
    writable : bool
        Whether it asks for more than reading.
    """

    name: str
    url: str
    prefix: str
    config: S3Config = field(repr=False)
    secret: str = field(repr=False)
    writable: bool = False

    @property
    def reference(self) -> str:
        """What is shown of it."""
        return self.url


@dataclass(frozen=True, slots=True)
class WrongEntry:
    """An entry that cannot be understood, and why."""

    name: str
    reference: str
    error: GradientDataError


Entry = DatasetEntry | BucketEntry | WrongEntry


def read_entries(text: SettingsText, environment: Mapping[str, str]) -> list[Entry]:
    """What is to be mounted, by name; entries that are disabled, or have an empty reference, are left out."""
    names = text.names()
    found = (_read(text, name, names.count(name) > 1, environment) for name in sorted(set(names)))
    return [entry for entry in found if entry is not None]


def _read(text: SettingsText, name: str, is_double: bool, environment: Mapping[str, str]) -> Entry | None:
    says: dict[str, str | None] = {}
    try:
        says = text.values(name)
        if (says.get("enabled") or "").lower() in _OFF:
            return None
        if is_double:
            raise _wrong(name, "it is listed twice", "Leave one of the two.")
        _check_name(name)
        return _read_kind(name, says, environment)
    except UnreadableText as error:
        return WrongEntry(shown_name(name), "", _wrong(name, str(error)))
    except GradientDataError as error:
        shown = says.get("ref") or says.get("id") or says.get("url") or ""
        # Before an "@" people put secrets.
        return WrongEntry(shown_name(name), "" if "@" in shown else _storable(shown), error)


def shown_name(name: str) -> str:
    """The name of an entry for lists; what cannot be in that of a folder becomes ``?``."""
    shown = _NO_NAME.sub("?", name[:_LONGEST_NAME]) or "?"
    return shown if shown[0].isalnum() else f"?{shown[1:]}"


def _storable(text: str) -> str:
    return text.replace("\0", "?")[:_LONGEST_NAME]


def _check_name(name: str) -> None:
    try:
        check_folder_name(name, "mount")
    except GradientDataError:
        reason = "its name cannot be that of a folder: letters, digits and ._@+- are allowed, a letter or digit first"
        raise _wrong(name, reason, "Choose another name for it.") from None


def _read_kind(name: str, says: Mapping[str, str | None], environment: Mapping[str, str]) -> Entry | None:
    kind = says.get("type", "s3" if "url" in says else "dataset")
    if kind == "dataset":
        return _read_dataset(name, says)
    if kind == "s3":
        return _read_bucket(name, says, environment)
    raise _wrong(name, f"its type is {kind or 'missing'!r}", "Write type: dataset, or type: s3.")


def _read_dataset(name: str, says: Mapping[str, str | None]) -> Entry | None:
    reference = _value(name, says, "ref")
    if _EMPTY_REFERENCE.fullmatch(reference):
        reference, version = _value(name, says, "id"), _value(name, says, "version")
        if _EMPTY_REFERENCE.fullmatch(reference):
            return None
        reference = f"{reference}:{version}" if version else reference
    return DatasetEntry(name, reference, _wants_writing(name, says))


def _read_bucket(name: str, says: Mapping[str, str | None], environment: Mapping[str, str]) -> Entry:
    url = _value(name, says, "url")
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket or "@" in bucket:
        raise _wrong(name, "its url is not that of a bucket", "Write url: s3://bucket/folder.")
    access_key, secret = (_secret(name, says, key, environment) for key in ("accessKeyId", "secretAccessKey"))
    if bool(access_key) != bool(secret):
        hint = "Give both accessKeyId and secretAccessKey, or neither for a public bucket."
        raise _wrong(name, "it has one half of an access key", hint)
    prefix = prefix.strip("/")
    endpoint, region = (_value(name, says, key) or None for key in ("endpoint", "region"))
    config = S3Config(bucket, access_key, endpoint, region)
    return BucketEntry(name, url, f"{prefix}/" if prefix else "", config, secret, _wants_writing(name, says))


def _wants_writing(name: str, says: Mapping[str, str | None]) -> bool:
    rights = _value(name, says, "permissions").lower()
    if rights not in _RIGHTS:
        raise _wrong(name, f"its permissions are {rights!r}", "Write permissions: rw, or leave them out.")
    return _RIGHTS[rights]


def _secret(name: str, says: Mapping[str, str | None], key: str, environment: Mapping[str, str]) -> str:
    value = _value(name, says, key)
    if not value.startswith("secret:"):
        return value
    secret = value.removeprefix("secret:")
    variable = variable_of(secret)
    if not _SECRET.fullmatch(secret) or variable in _OWN_VARIABLES:
        raise _wrong(name, f"the secret of its {key} has no name that can be used here", "Give it another name.")
    if not environment.get(variable):
        hint = f"Set {variable} in the environment of the server, then start it again."
        raise _wrong(name, f"there is no secret {secret!r}", hint)
    return environment[variable]


def variable_of(secret: str) -> str:
    """The environment variable that holds a secret."""
    return "GRADIENT_SECRET_" + re.sub(r"[^A-Z0-9]", "_", secret.upper())


def _value(name: str, says: Mapping[str, str | None], key: str) -> str:
    value = says.get(key, "")
    if value is None:
        raise _wrong(name, f"its {key} is not one value", f"Write {key}: and a text.")
    return value.strip()


def _wrong(name: str, reason: str, hint: str = "Correct it.") -> GradientDataError:
    return ErrorKind.SETTINGS_ENTRY(name=_storable(name), reason=reason, hint=hint)
