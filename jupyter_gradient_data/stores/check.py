"""Trying out a bucket: what works, what is missing, and one sentence that says so."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import is_text
from jupyter_gradient_data.models import CheckStep, ProviderCheck, S3Config

from .objects import Capabilities
from .s3 import S3Store
from .s3_address import resolve
from .s3_admin import CORS_RULE, explained, get_cors, make_client, set_cors

_SMALL = b"jupyter-gradient-data checks this bucket"
_PART = 5 * 1024 * 1024  # the smallest part that S3 takes
_WRITERS = 8
_TO_CONNECT = 3.0  # seconds more than for one request; a name may have many addresses, each tried in turn

_HINTS = {
    ErrorKind.STORE_DENIED: "Check the access key, its secret, and what it may do in this bucket.",
    ErrorKind.BUCKET_NOT_FOUND: "Create the bucket first, or correct its name.",
    ErrorKind.STORE_UNREACHABLE: "Check the endpoint and the network.",
    ErrorKind.STORE_NOT_S3: "Check the endpoint; it is the URL of the storage service, without the bucket.",
    ErrorKind.STORE_ERROR: "Try again; when it stays so, check the endpoint.",
    ErrorKind.INVALID_OPTION: "Give the region of the bucket.",
}


def check_bucket(
    config: S3Config,
    secret: str,
    *,
    prefix: str = "",
    origins: Sequence[str] = (),
    provider: str = "<id>",
    patience: float = 10.0,
    seconds: float = 60.0,
) -> tuple[ProviderCheck, Capabilities]:
    """Try everything that is needed of a bucket, and remove what that wrote.

    Parameters
    ----------
    config, secret
        The bucket; nothing else is asked for, so it works before a provider exists.
    prefix : str
        Folder for the objects of the check, empty or ending with ``/``.
    origins : sequence of str
        Where browsers come from; when given, the CORS rule is set for them.
    provider : str
        Id of the storage provider, for the next step in error messages.
    patience : float
        Seconds without an answer after which a request counts as failed.
    seconds : float
        After so many no further step begins.

    Returns
    -------
    check : ProviderCheck
        ``ok`` when every required step worked.  The first required step that fails is the last one.
    capabilities : Capabilities
        What to give to `S3Store`; nothing that was not seen to work.

    Raises
    ------
    Invalid
        The configuration can never work.
    """
    _check_secret(secret)
    trial = _Trial(config, secret, f"{prefix}check-{secrets.token_hex(8)}/", origins, provider, patience, seconds)
    try:
        trial.run()
    finally:
        trial.clean_up()
    return trial.result()


def _check_secret(secret: str) -> None:
    if not secret or not is_text(secret):
        raise ErrorKind.INVALID_OPTION(
            option="secretAccessKey",
            value="(hidden)",
            reason="it is not valid Unicode" if secret else "it is empty",
            hint="Copy it again from the storage service.",
        )


class _Lacking(Exception):
    """A service does not have an ability that we can do without."""


class _Trial:
    """One check of one bucket."""

    def __init__(
        self,
        config: S3Config,
        secret: str,
        folder: str,
        origins: Sequence[str],
        provider: str,
        patience: float,
        seconds: float,
    ) -> None:
        self._config = config
        self._secret = secret
        self._address = resolve(config)
        self._folder = folder
        self._origins = origins
        self._provider = provider
        self._patience = patience
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        # Listings folder by folder are right on every service; whether flat ones are is a step of its own.
        able = Capabilities(conditional_put=True, checksums=True, ordered_list=False)
        self._store = S3Store(config, secret, capabilities=able, provider=provider, patience=patience, part_size=_PART)
        self._steps: list[CheckStep] = []
        self._failure: GradientDataError | None = None
        self._wrote = False

    def run(self) -> None:
        """Take the steps in order, up to the first required one that fails."""
        # Listing comes first: it writes nothing, and some services make a missing bucket on the first put.
        plan: list[tuple[str, bool, Callable[[], str]]] = [
            ("list", True, self._list),
            ("put", True, self._put),
            ("get", True, self._get),
            ("range get", False, self._range_get),
            ("head", True, self._head),
            ("multipart", True, self._multipart),
            ("conditional put", False, self._conditional_put),
            ("checksum", False, self._checksum),
            ("ordered list", False, self._ordered_list),
            ("delete", True, self._delete),
            ("cors", False, self._cors),
        ]
        for name, required, action in plan:
            self._take(name, required, action)
            if self._failure is not None:
                return

    def result(self) -> tuple[ProviderCheck, Capabilities]:
        """What was found."""
        worked = {step.name for step in self._steps if step.ok}
        capabilities = Capabilities("conditional put" in worked, "checksum" in worked, "ordered list" in worked)
        if self._failure is not None:
            hint = _HINTS.get(self._failure.kind, "Use another bucket: this one cannot hold datasets.")
            return ProviderCheck(False, _sentence(self._failure.message), tuple(self._steps), hint), capabilities
        lacking = [step.name for step in self._steps if not step.ok]
        summary = f"{self._store.name} works" + (
            f", without {_and(lacking)}." if lacking else " and has all that is needed."
        )
        return ProviderCheck(True, _sentence(summary), tuple(self._steps)), capabilities

    def clean_up(self) -> None:
        """Remove what the check wrote; nothing to say when that fails, for the step ``delete`` has said it."""
        if not self._wrote:
            return
        with contextlib.suppress(GradientDataError):
            for info in list(self._store.list(self._folder)):
                self._store.delete(info.key)

    def _take(self, name: str, required: bool, action: Callable[[], str]) -> None:
        try:
            if time.monotonic() > self._deadline:
                reason = f"it is too slow: this check has taken {self._seconds:.0f} s"
                raise ErrorKind.STORE_ERROR(store=self._store.name, action=name, reason=reason)
            remark = action()
            self._steps.append(CheckStep(name, True, required, remark))
        except _Lacking as lacking:
            self._steps.append(CheckStep(name, False, required, str(lacking)))
        except GradientDataError as error:
            self._steps.append(CheckStep(name, False, required, error.message))
            if required:
                self._failure = error

    # --- the steps: each returns a remark, or raises ------------------------------------------------------------------

    def _list(self) -> str:
        """Nothing is known of the service yet, so the wait for it as a whole is limited."""
        ended, failures = threading.Event(), list[BaseException]()

        def look() -> None:
            try:
                next(iter(self._store.list(self._folder)), None)
            except BaseException as error:  # raised below
                failures.append(error)
            ended.set()

        threading.Thread(target=look, name="gradient-check", daemon=True).start()
        if not ended.wait(self._patience + _TO_CONNECT):
            raise ErrorKind.STORE_UNREACHABLE(store=self._store.name, reason="it does not answer")
        if failures:
            raise failures[0]
        return ""

    def _put(self) -> str:
        self._wrote = True
        self._store.put(self._folder + "small", _SMALL)
        return ""

    def _get(self) -> str:
        self._compare("small", self._store.get(self._folder + "small"), _SMALL)
        return ""

    def _range_get(self) -> str:
        self._compare("small", self._store.get(self._folder + "small", 5, 15), _SMALL[5:15])
        if not self._store.ranges_work:
            raise _Lacking("It answers a request for a part in a wrong way; whole objects are read instead.")
        return ""

    def _head(self) -> str:
        info = self._store.head(self._folder + "small")
        if info is None or info.size != len(_SMALL):
            reason = "it is not there right after it was written" if info is None else f"it has {info.size} bytes"
            raise ErrorKind.STORE_CORRUPT(thing=self._folder + "small", store=self._store.name, reason=reason)
        if self._store.head(self._folder + "absent") is not None:
            raise ErrorKind.STORE_NOT_S3(store=self._store.name, reason="it says that an object exists that does not")
        return ""

    def _multipart(self) -> str:
        key, piece = self._folder + "parts", secrets.token_bytes(1024) * 1024
        size = _PART + len(_SMALL)
        self._store.upload(key, [piece] * 5 + [_SMALL], size)
        self._compare("parts", self._store.get(key, size - len(_SMALL)), _SMALL)
        return ""

    def _conditional_put(self) -> str:
        """Two ways to fail: a second write is not refused, or several writers at once all win."""
        key = self._folder + "once"
        if not self._store.put_if_absent(key, b"first") or self._store.put_if_absent(key, b"second"):
            raise _Lacking("A write that must not replace an object did; it is looked for first instead.")
        self._compare("once", self._store.get(key), b"first")
        start = threading.Barrier(_WRITERS)

        def write(writer: int) -> bool:
            start.wait()
            return self._store.put_if_absent(self._folder + "race", b"%d" % writer)

        with ThreadPoolExecutor(_WRITERS) as writers:
            won = sum(writers.map(write, range(_WRITERS)))
        if won != 1:
            raise _Lacking(f"Of {_WRITERS} writers at once {won} were told that they were first.")
        return ""

    def _checksum(self) -> str:
        """A wrong checksum has to be refused; obstore never sends one, boto3 does, in the same header."""
        from botocore.exceptions import ClientError

        wrong = base64.b64encode(hashlib.sha256(b"something else").digest()).decode()
        client = make_client(self._config, self._secret, patience=self._patience)
        with explained(self._address, self._store.name, self._provider, "compare a checksum"):
            try:
                client.put_object(
                    Bucket=self._config.bucket, Key=self._folder + "wrong", Body=_SMALL, ChecksumSHA256=wrong
                )
            except ClientError as error:
                if 400 <= int(error.response["ResponseMetadata"]["HTTPStatusCode"]) < 500:
                    return ""
                raise
        raise _Lacking("It takes bytes that do not match their checksum.")

    def _ordered_list(self) -> str:
        keys = [f"{self._folder}order/{name}" for name in ("a-b", "a.b", "a/b", "a0")]
        for key in keys:
            self._store.put(key, _SMALL)
        flat = S3Store(self._config, self._secret, provider=self._provider, patience=self._patience)
        try:
            found = [info.key for info in flat.list(f"{self._folder}order/")]
        except GradientDataError as error:
            if error.kind is not ErrorKind.STORE_NOT_S3:
                raise
            found = []
        if found != keys:
            raise _Lacking("Its listings are in another order; folders are listed one by one instead.")
        return ""

    def _delete(self) -> str:
        key = self._folder + "small"
        self._store.delete(key)
        self._store.delete(key)  # deleting twice is no error
        if self._store.head(key) is not None:
            reason = "it is still there"
            raise ErrorKind.STORE_ERROR(store=self._store.name, action=f"delete {key}", reason=reason)
        return ""

    def _cors(self) -> str:
        if self._origins:
            set_cors(self._config, self._secret, self._origins, patience=self._patience)
        rules = get_cors(self._config, self._secret, patience=self._patience)
        if not any(rule.get("ID") == CORS_RULE or "PUT" in rule["AllowedMethods"] for rule in rules):
            raise _Lacking("It has no CORS rule, so browsers cannot upload to it directly.")
        return ""

    def _compare(self, name: str, got: bytes, wanted: bytes) -> None:
        if got != wanted:
            reason = "other bytes came back than were written"
            raise ErrorKind.STORE_CORRUPT(thing=self._folder + name, store=self._store.name, reason=reason)


def _sentence(text: str) -> str:
    return text if text.startswith("http") else text[:1].upper() + text[1:]


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
