"""What went wrong at an S3 service, as one of our errors.

obstore and boto3 say it in different ways: `read_obstore` and `read_boto3` bring both to a `Failure`, and `explain`
alone decides what kind of error that is.  Nothing of an SDK's own text gets out but the service's code and message: the
rest is made for programmers and may hold headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .s3_address import S3Address


class Trouble(Enum):
    """Why there is no answer to speak of."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    BROKEN = "broken"
    NOT_S3 = "not S3"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed.

    Parameters
    ----------
    status : int or None
        HTTP status; None when there was no answer.
    code, message : str
        The service's own error code and sentence; empty when it gave none.
    is_page : bool
        Whether the answer had a body that is not an S3 error.
    trouble : Trouble
        Why there is no status, if there is none.
    """

    status: int | None = None
    code: str = ""
    message: str = ""
    is_page: bool = False
    trouble: Trouble = Trouble.OTHER


_STATUS = re.compile(r"\bstatus: (\d{3})\b|non-2xx status code: (\d{3})\b")
_BODY = re.compile(r"body: Some\(\s*\"(.*?)\",?\s*\)", re.DOTALL)
_CODE = re.compile(r"<Code>\s*([A-Za-z0-9_.-]{1,80})\s*</Code>")
_MESSAGE = re.compile(r"<Message>\s*([^<]{1,300}?)\s*</Message>")
_NOT_S3 = ("Unable to extract metadata from headers", "Got invalid", "Header missing", "builder error")
_CONNECT = re.compile(r"\bkind: Connect\b")
_BAD_REGION = "Received redirect without LOCATION"

_REFUSED = {
    "SignatureDoesNotMatch": "the secret does not belong to the access key",
    "InvalidAccessKeyId": "it does not know the access key",
    "AccessDenied": "the access key has no permission for this",
    "RequestTimeTooSkewed": "the clocks of this computer and of the service differ too much",
    "": "it gave no reason (HTTP {status})",
}
_NO_CONNECTION = {
    "ProxyConnectionError": "the proxy does not answer",
    "ConnectTimeoutError": "it does not answer",
    "Failed to resolve": "there is no host of that name",
    "Connection refused": "connection refused",
    "unreachable": "there is no way to it from here",
    "No route to host": "there is no way to it from here",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "SSL": "it does not speak TLS, which https needs",
}
_CHECKSUM = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
_REGION = {
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
}
_AGAIN = {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted", "NoSuchUpload"}


def read_obstore(error: BaseException) -> Failure:
    """What an exception of obstore says; its text is all there is, tested against real answers."""
    text = str(error)
    if _BAD_REGION in text:
        return Failure(301, "PermanentRedirect")
    if status := _STATUS.search(text):
        body = found.group(1).strip() if (found := _BODY.search(text)) else ""
        return _answered(int(status.group(1) or status.group(2)), body)
    if any(sign in text for sign in _NOT_S3):
        return Failure(trouble=Trouble.NOT_S3)
    if "TimedOut" in text or "kind: Timeout" in text:
        return Failure(trouble=Trouble.UNREACHABLE if _CONNECT.search(text) else Trouble.SILENT, message="no answer")
    if _CONNECT.search(text):
        found = re.search(r"message: \"([^\"]{1,200})\"|error: \"([^\"]{1,200})\"", text)
        reason = (found.group(1) or found.group(2)) if found else "no connection"
        return Failure(trouble=Trouble.UNREACHABLE, message=reason[:1].lower() + reason[1:])
    if "HTTP error" in text or "kind: Interrupted" in text or "response body" in text:
        return Failure(trouble=Trouble.BROKEN)
    return Failure(message=text.partition("\n")[0][:200])


def read_boto3(error: Exception) -> Failure:
    """What an exception of boto3 says."""
    from botocore import exceptions as botocore
    from botocore.parsers import ResponseParserError

    if isinstance(error, botocore.ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code, message = (str(error.response.get("Error", {}).get(part) or "") for part in ("Code", "Message"))
        if code.isdigit() or not _CODE.fullmatch(f"<Code>{code}</Code>"):
            code, message = "", ""  # botocore puts the status here when the body held no code
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if status == 500 and not code and "html" in headers.get("content-type", ""):
            return Failure(trouble=Trouble.NOT_S3)  # botocore makes 500 of a 200 whose body it cannot read
        return Failure(status, code, message[:300])
    if isinstance(error, botocore.ConnectionError):
        return Failure(trouble=Trouble.UNREACHABLE, message=_no_connection(error))
    if isinstance(error, botocore.ReadTimeoutError):
        return Failure(trouble=Trouble.SILENT)
    if isinstance(error, ResponseParserError):
        return Failure(trouble=Trouble.NOT_S3)
    if isinstance(error, botocore.HTTPClientError | botocore.IncompleteReadError):
        return Failure(trouble=Trouble.BROKEN)
    return Failure(message=type(error).__name__)


def _no_connection(error: Exception) -> str:
    """Why boto3 could not connect; what it says itself is made for programmers."""
    text = f"{type(error).__name__} {getattr(error, 'kwargs', {}).get('error', '')}"
    return next((reason for sign, reason in _NO_CONNECTION.items() if sign in text), "no connection")


def explain(
    failure: Failure, address: S3Address, store: str, provider: str, action: str, key: str
) -> GradientDataError:
    """The error to raise for a failure.

    Parameters
    ----------
    failure : Failure
        What happened.
    address : S3Address
        Where.
    store : str
        How the store is called in a sentence.
    provider : str
        Id of the storage provider, for the next step.
    action : str
        What was tried, as in "refused to ...".
    key : str
        The object; empty for a listing.
    """
    status, code, reason = failure.status, failure.code, failure.message
    if status is None:
        return _no_answer(failure, store, action)
    if code == "NoSuchBucket":
        return ErrorKind.BUCKET_NOT_FOUND(store=address.service, bucket=address.bucket)
    if code in _CHECKSUM:
        return ErrorKind.CHECKSUM_REFUSED(store=store, key=key)
    if code in _REGION or status in (301, 307, 308):
        reason = f"{store} is in another region" + (f" ({reason})" if reason else "")
        hint = "Set the region of the bucket with `gradient storageProviders update`."
        return ErrorKind.INVALID_OPTION(option="region", value=address.region, reason=reason, hint=hint)
    if status >= 500 or status in (408, 409, 429) or code in _AGAIN:
        reason = f"it answered HTTP {status}" + (f" ({code})" if code else "")
        return ErrorKind.STORE_ERROR(store=store, action=action, reason=reason)
    if failure.is_page or status < 400:
        return ErrorKind.STORE_NOT_S3(store=store, reason=f"it answered HTTP {status} with something that is not S3")
    if status == 404:
        return ErrorKind.OBJECT_NOT_FOUND(store=store, key=key) if key else _not_s3(store)
    if status in (405, 501) and not code:
        return ErrorKind.STORE_NOT_S3(store=store, reason=f"it answered HTTP {status}")
    reason = _REFUSED.get(code, f"{reason or 'it gave no reason'} ({code})").format(status=status)
    return ErrorKind.STORE_DENIED(store=store, action=action, reason=reason, provider=provider)


def _no_answer(failure: Failure, store: str, action: str) -> GradientDataError:
    if failure.trouble is Trouble.UNREACHABLE:
        return ErrorKind.STORE_UNREACHABLE(store=store, reason=failure.message or "no connection")
    if failure.trouble is Trouble.NOT_S3:
        return _not_s3(store)
    reasons = {Trouble.SILENT: "it did not answer in time", Trouble.BROKEN: "the connection broke"}
    reason = reasons.get(failure.trouble) or failure.message or "an unknown error"
    return ErrorKind.STORE_ERROR(store=store, action=action, reason=reason)


def _not_s3(store: str) -> GradientDataError:
    return ErrorKind.STORE_NOT_S3(store=store, reason="its answer is not what S3 would say")


def _answered(status: int, body: str) -> Failure:
    code, message = _CODE.search(body), _MESSAGE.search(body)
    if code is None:
        return Failure(status, is_page=bool(body))
    return Failure(status, code.group(1), message.group(1) if message else "")
