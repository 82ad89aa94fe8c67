"""Which repositories and refs git may be given: whatever could be an option, a program or a password is refused."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

SCHEMES = ("https", "http", "ssh", "git", "file")

_LONGEST = 2048  # characters
_LONGEST_SHOWN = 200
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~-]*")
_LIKE_SCP = re.compile(r"(?:(?P<user>[^@:/]+)@)?(?P<host>[^@:/\[\]]+):(?P<path>[^:-].*)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_USER_INFO = re.compile(r"(?<=//)[^/@\s]*@")
_NEVER_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/$|\.$|\.lock$|\.lock/|/\.|^[-/.]|^@$")
_HINT = f"Name it as git does, with one of {', '.join(SCHEMES)}: https://github.com/team/repository."


class RepositoryUrl(NamedTuple):
    """A repository that git may be asked for.

    Parameters
    ----------
    text : str
        As git gets it; without a password, so it may be shown and kept.
    origin : str or None
        Scheme, host and port of one that is reached over HTTP: whom a password may be shown to.
    """

    text: str
    origin: str | None = None


def parse_url(text: str) -> RepositoryUrl:
    """Check where a repository is.

    Raises
    ------
    Invalid
        It is nothing that git may be given; the sentence does not show a password that is in it.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not _is_printable(text) or not _is_printable(unquote(text)):
        raise _refusal(text, "it is empty, too long, or has control characters")
    if text.startswith("/"):
        return RepositoryUrl(f"file://{text}")
    found = _SCHEME.match(text)
    return _with_scheme(text, found[1].lower()) if found else _like_scp(text)


def check_ref(ref: str) -> str:
    """Return a name of a branch or tag, or (part of) a commit's hash.

    Raises
    ------
    Invalid
        It can be none.
    """
    if not ref or len(ref) > _LONGEST or _NEVER_IN_REF.search(ref):
        raise ErrorKind.INVALID_OPTION(
            option="ref",
            value=ref[:100],
            reason="it can be no branch, tag or commit",
            hint="Leave it out for the repository's default branch.",
        )
    return ref


def hide_user(text: str) -> str:
    """Text without what may be a password in URLs."""
    return _USER_INFO.sub("…@", text)


def hide_all_users(url: str) -> str:
    """What somebody took for a URL, without what may be a password, which may have any character, also ``@``."""
    before, at, after = url.rpartition("@")
    if not at:
        return url
    scheme = _SCHEME.match(before)
    return f"{scheme[0] if scheme else ''}…@{after}"


def same_place(one: str, other: str) -> bool:
    """Whether two URLs mean the same repository, as far as can be told from them."""
    return _plain(one) == _plain(other)


def _with_scheme(text: str, scheme: str) -> RepositoryUrl:
    if scheme not in SCHEMES:
        raise _refusal(text, f"{scheme} is not allowed here")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # which says what it found there: part of a password, perhaps
        raise _refusal(text, "its host or port is none") from None
    host, user = parts.hostname or "", parts.username
    if parts.password is not None or (user is not None and scheme != "ssh"):
        raise _secret(text)
    if scheme == "file":
        if host not in ("", "localhost") or not parts.path.startswith("/"):
            raise _refusal(text, "it names no absolute path of this machine")
        return RepositoryUrl(text)
    if not _HOST.fullmatch(host) or (user is not None and not _USER.fullmatch(user)):
        raise _refusal(text, "its host is not a name")
    if parts.query or parts.fragment or not parts.path.strip("/"):
        raise _refusal(text, "it names no repository of that host")
    if scheme not in ("http", "https"):
        return RepositoryUrl(text)
    shown = f"[{host}]" if ":" in host else host
    return RepositoryUrl(text, f"{scheme}://{shown}" + (f":{port}" if port is not None else ""))


def _like_scp(text: str) -> RepositoryUrl:
    found = _LIKE_SCP.fullmatch(text)
    if found is None or not _HOST.fullmatch(found["host"]) or (found["user"] and not _USER.fullmatch(found["user"])):
        raise _refusal(text, "it is not the URL of a repository")
    if not found["user"] and "@" in found["path"]:  # a user and a password, and what comes before them forgotten
        raise _secret(text)
    return RepositoryUrl(text)


def _plain(text: str) -> str:
    text = text.rstrip("/").removesuffix(".git")
    scheme, separator, rest = hide_user(text).partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


def _is_printable(text: str) -> bool:
    return not any(character < " " or character == "\x7f" for character in text)


def _secret(text: str) -> GradientDataError:
    hint = "Leave them out, and set GRADIENT_WORKSPACE_USERNAME and GRADIENT_WORKSPACE_PASSWORD."
    return _refusal(text, "a user or password in it would be seen by others", hint)


def _refusal(text: str, reason: str, hint: str = _HINT) -> GradientDataError:
    value = hide_all_users(text)[:_LONGEST_SHOWN]
    return ErrorKind.INVALID_OPTION(option="The repository", value=value, reason=reason, hint=hint)
