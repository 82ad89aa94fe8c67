"""Every setting: its name, default, environment variable and meaning.

Precedence: argument, then environment, then configuration file, then default.  Read when a service is opened, never at
import.  The server extension's traits are made from the same fields.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from . import config_file
from .errors import ErrorKind
from .ids import check_folder_name, is_team_id

GIB = 1024**3
VIEWS = ("auto", "namespace", "links", "environment", "off")
_AS_TEXT = ", ".join(VIEWS)
SERVER = "GRADIENT_SERVER"
"""Variable of kernels and terminals: the file in which Jupyter says how their server is reached."""
STATE_SECRETS = ("GRADIENT_SECRET_KEY", "GRADIENT_DATABASE_URL")
"""Variables that nobody needs who asks a server; who opens the embedded state does."""

_HIDDEN = re.compile(r"GRADIENT_(WORKSPACE_PASSWORD|SECRET_(?!KEY$).+)")
_FOLDERS = frozenset({"state_dir", "public_dir", "public_catalogue", "read_cache_dir"})
_OF_URL = frozenset({"GRADIENT_TOKEN", "GRADIENT_CERTIFICATE"})  # belong to the GRADIENT_URL beside them
_LONGEST_NAME = 100  # characters of a notebook run's name that is made from a hub's


def _setting(default: Any, environment: str, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"env": environment, "help": meaning, "secret": secret})


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one service; `load` fills them in."""

    state_dir: Path | None = _setting(
        None,
        "GRADIENT_STATE_DIR",
        "Where everything embedded lives; by default gradient-data below the Jupyter data directory.",
    )
    database_url: str | None = _setting(
        None,
        "GRADIENT_DATABASE_URL",
        "SQLAlchemy URL of the metadata database; by default SQLite in the state directory.",
        secret=True,
    )
    team: str | None = _setting(
        None,
        "GRADIENT_TEAM",
        "Team id to use; by default the only one of the database, made at the first start.",
    )
    author: str | None = _setting(
        None, "GRADIENT_AUTHOR", "Name recorded with versions and commits; by default the user's login name."
    )
    secret_key: str | None = _setting(
        None,
        "GRADIENT_SECRET_KEY",
        "Key that encrypts provider secrets; by default a key file in the state directory.",
        secret=True,
    )
    managed_quota: int | None = _setting(
        None,
        "GRADIENT_MANAGED_QUOTA",
        "Bytes that Gradient Managed may hold; 0 means as much as the disk has, which is the default.",
    )
    transfers: int = _setting(8, "GRADIENT_TRANSFERS", "Requests to a store at the same time.")
    trash_days: int = _setting(
        30, "GRADIENT_TRASH_DAYS", "Days for which deleted datasets and versions keep their bytes."
    )
    lease_seconds: int = _setting(
        60, "GRADIENT_LEASE_SECONDS", "How long a commit may be silent before another client may take it over."
    )

    url: str | None = _setting(
        None, "GRADIENT_URL", "Jupyter server to work on, with its base URL; by default the embedded state."
    )
    token: str | None = _setting(
        None, "GRADIENT_TOKEN", "Token for that server: its own, or an API token made there.", secret=True
    )
    certificate: str | None = _setting(
        None,
        "GRADIENT_CERTIFICATE",
        "SHA-256 fingerprint of that server's certificate, the only one to trust; by default what the system trusts.",
    )
    threads: int = _setting(16, "GRADIENT_THREADS", "Requests that a server works on at the same time.")
    signed_seconds: int = _setting(900, "GRADIENT_SIGNED_SECONDS", "How long pre-signed URLs can be used.")
    upload_days: int = _setting(7, "GRADIENT_UPLOAD_DAYS", "Days for which a server keeps unfinished uploads.")
    task_days: int = _setting(30, "GRADIENT_TASK_DAYS", "Days for which a server remembers what became of tasks.")
    requests_at_once: int = _setting(
        500, "GRADIENT_REQUESTS_AT_ONCE", "Requests of one user that a server accepts at the same time."
    )
    requests_per_minute: int = _setting(
        60_000, "GRADIENT_REQUESTS_PER_MINUTE", "Requests of one user that a server accepts in a minute."
    )
    failed_logins: int = _setting(
        20, "GRADIENT_FAILED_LOGINS", "Wrong tokens from one address that a server looks at in a minute."
    )
    loop_milliseconds: int = _setting(
        0,
        "GRADIENT_LOOP_MILLISECONDS",
        "Time between two measures of how late a server's event loop is, for its metrics; 0 means none.",
    )

    notebook: str | None = _setting(
        None,
        "GRADIENT_NOTEBOOK",
        "Name of the notebook run, whose home is /notebook; by default the JupyterHub user and server, else default.",
    )
    work_in_notebook: int = _setting(
        0, "GRADIENT_WORK_IN_NOTEBOOK", "1: JupyterLab's file browser and new notebooks are in /notebook."
    )
    storage_region: str | None = _setting(
        None, "GRADIENT_STORAGE_REGION", "Storage region: notebook runs of one region share /storage."
    )
    storage_limit: int = _setting(
        0, "GRADIENT_STORAGE_LIMIT", "Bytes that /storage should not exceed, shown beside what it takes; 0: no limit."
    )
    view: str = _setting(
        "auto",
        "GRADIENT_VIEW",
        "How kernels see the volumes: namespace, links, environment, off, or auto for the best that works.",
    )
    cache_bytes: int = _setting(
        0, "GRADIENT_CACHE_BYTES", "Bytes that the cache of versions may take; 0: a fifth of its disk."
    )
    cache_days: int = _setting(
        30, "GRADIENT_CACHE_DAYS", "Days after which a version that nobody used leaves the cache; 0: never."
    )
    public_dir: Path | None = _setting(
        None,
        "GRADIENT_PUBLIC_DIR",
        "Folder of the public datasets, one folder each; by default public in the state directory.",
    )
    public_catalogue: Path | None = _setting(
        None, "GRADIENT_PUBLIC_CATALOGUE", "YAML file with public datasets of this site, beside those that are shipped."
    )
    workspace_url: str | None = _setting(
        None, "GRADIENT_WORKSPACE_URL", "Git repository to clone into /notebook and to merge at later starts."
    )
    workspace_ref: str | None = _setting(
        None, "GRADIENT_WORKSPACE_REF", "Branch, tag or commit of that repository; by default its default branch."
    )
    workspace_username: str | None = _setting(
        None, "GRADIENT_WORKSPACE_USERNAME", "User name for that repository, when it asks for one."
    )
    workspace_password: str | None = _setting(
        None, "GRADIENT_WORKSPACE_PASSWORD", "Password or token for that repository; never stored.", secret=True
    )

    magics: int = _setting(
        1, "GRADIENT_MAGICS", "0: kernels do not load %dataset by themselves; `%load_ext jupyter_gradient_data` does."
    )
    read_cache_dir: Path | None = _setting(
        None,
        "GRADIENT_READ_CACHE_DIR",
        "Folder that keeps what gradient:// paths read; by default gradient-data in the user's cache folder.",
    )
    read_cache_bytes: int = _setting(
        0, "GRADIENT_READ_CACHE_BYTES", "Bytes that this folder may take; 0: a tenth of its disk."
    )

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, file: Mapping[str, Any] | None = None, **given: Any
    ) -> Config:
        """Settings from arguments (None means not given), environment, configuration file and defaults.

        Parameters
        ----------
        environment : mapping, optional
            Instead of that of this process.
        file : mapping, optional
            What configuration files say, by name of the setting; by default they are read.
        given : any
            Arguments, by name of the setting.

        Raises
        ------
        Invalid
            A value cannot be what its setting needs.
        """
        environment = os.environ if environment is None else environment
        file = config_file.read() if file is None else file
        its_url = environment.get("GRADIENT_URL")
        if its_url and given.get("url") not in (None, its_url):  # that token is for another server, and no other's
            environment = {name: value for name, value in environment.items() if name not in _OF_URL}
        values: dict[str, Any] = {}
        for setting in fields(cls):
            value = given.get(setting.name)
            text = environment.get(setting.metadata["env"], "")
            if value is not None:
                values[setting.name] = value
            elif text:
                values[setting.name] = _parse(setting.metadata["env"], text, whole_number=is_number(setting))
            elif (value := file.get(setting.name)) is not None:
                values[setting.name] = _checked(setting, value)
        for name in _FOLDERS.intersection(values):
            values[name] = Path(values[name]).expanduser().absolute()
        config = cls(**values)
        if config.team is not None and not is_team_id(config.team):
            raise ErrorKind.INVALID_OPTION(
                option="team",
                value=config.team,
                reason="a team id is 't' and 8 lower-case letters or digits",
                hint="Leave it out to use the team of this state directory.",
            )
        for option in ("notebook", "storage_region"):
            if (value := getattr(config, option)) is not None:
                check_folder_name(value, option)
        if config.view not in VIEWS:
            raise ErrorKind.INVALID_OPTION(
                option="view",
                value=config.view,
                reason="there is no such way",
                hint=f"Choose one of: {_AS_TEXT}.",
            )
        return config

    @property
    def state_path(self) -> Path:
        """The state directory, with its default filled in."""
        if self.state_dir is not None:
            return self.state_dir
        from jupyter_core.paths import jupyter_data_dir  # imported here: costs start-up time

        return Path(jupyter_data_dir()) / "gradient-data"

    @property
    def read_cache_path(self) -> Path:
        """The folder that keeps what was read, with its default filled in."""
        if self.read_cache_dir is not None:
            return self.read_cache_dir
        import platformdirs  # imported here: costs start-up time

        return Path(platformdirs.user_cache_dir("gradient-data", appauthor=False))

    @property
    def notebook_name(self) -> str:
        """The notebook run, with its default filled in."""
        if self.notebook is not None:
            return self.notebook
        user, server = (os.environ.get(name, "") for name in ("JUPYTERHUB_USER", "JUPYTERHUB_SERVER_NAME"))
        name = "-".join(part for part in (user, server) if part)
        # What a hub allows in names and a folder does not becomes "_".
        return re.sub(r"[^A-Za-z0-9._@+-]", "_", name).lstrip("._-")[:_LONGEST_NAME] or "default"

    @property
    def author_name(self) -> str:
        """Who to record as author."""
        if self.author:
            return self.author
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # no login name, as in some containers
            return f"uid {os.getuid()}"


def hidden_variables(environment: Iterable[str]) -> list[str]:
    """Names of variables that only a server needs: what it mounts and clones with is no business of kernels."""
    return [name for name in environment if _HIDDEN.fullmatch(name)]


def is_number(setting: Field[Any]) -> bool:
    """Whether a setting is a whole number; the others are text."""
    return str(setting.type).startswith("int")


def _checked(setting: Field[Any], value: Any) -> Any:
    """A value from a configuration file, which may be of any type."""
    if is_number(setting) and (type(value) is not int or value < 0):
        reason = "it is not a whole number from 0"
    elif not is_number(setting) and not isinstance(value, (str, Path)):
        reason = "it is not text"
    else:
        return value if is_number(setting) else str(value)
    shown = "…" if setting.metadata["secret"] else value
    raise ErrorKind.INVALID_OPTION(
        option=f"c.{config_file.SECTION}.{setting.name}", value=shown, reason=reason, hint="Correct it."
    )


def _parse(name: str, text: str, *, whole_number: bool) -> Any:
    if not whole_number:
        return text
    if not text.isdigit():
        raise ErrorKind.INVALID_OPTION(
            option=name, value=text, reason="it is not a whole number", hint="Correct the environment variable."
        )
    return int(text)
