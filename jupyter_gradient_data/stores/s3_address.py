"""Where a bucket is and how it is spoken to: `S3Config` checked, with every default filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import S3Config

DEFAULT_REGION = "us-east-1"
_VIRTUAL_HOSTS = (".amazonaws.com", ".digitaloceanspaces.com")  # where ``auto`` means virtual addressing
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_ACCESS_KEY = re.compile(r"[!-~]{1,256}")  # it travels in a header
_LABEL = "(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?")
_LONGEST_HOST = 253  # characters
_PATH = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket's address.

    Parameters
    ----------
    bucket : str
        Its name.
    service : str
        URL of the storage service, without the bucket and without a slash at the end.
    region : str
        Region to sign for.
    virtual : bool
        Whether the bucket is a part of the host name, else of the path.
    """

    bucket: str
    service: str
    region: str
    virtual: bool

    @property
    def name(self) -> str:
        """How to call this bucket in a sentence."""
        return f"bucket {self.bucket} at {self.service}"

    @property
    def allow_http(self) -> bool:
        """Whether the service is spoken to without TLS."""
        return self.service.startswith("http://")

    @property
    def with_bucket(self) -> str:
        """The URL that keys are appended to with virtual addressing."""
        scheme, _, rest = self.service.partition("://")
        return f"{scheme}://{self.bucket}.{rest}"


def resolve(config: S3Config) -> S3Address:
    """Check how a bucket is configured and fill in the defaults.

    Raises
    ------
    Invalid
        A setting that can never work; the sentence names it.
    """
    if config.signature_version not in (None, "", "v4", "s3v4"):
        hint = "Leave it out, or give v4."
        raise _invalid("signatureVersion", config.signature_version, "only version 4 is supported", hint)
    if not _BUCKET.fullmatch(config.bucket):
        raise _invalid("bucket", config.bucket, "that is no bucket name", "Give the name alone, without URL or path.")
    if not _ACCESS_KEY.fullmatch(config.access_key):
        reason = "an access key has neither spaces nor special characters"
        raise _invalid("accessKey", config.access_key, reason, "Copy it again from the storage service.")
    region = config.region or DEFAULT_REGION
    if not _REGION.fullmatch(region):
        raise _invalid("region", region, "that is no region", "Give its short name, for example us-east-1.")
    service = _service(config.endpoint or f"https://s3.{region}.amazonaws.com", config.bucket)
    return S3Address(config.bucket, service, region, _is_virtual(config, service))


def _service(endpoint: str, bucket: str) -> str:
    hint = "Give the URL of the storage service, for example https://nyc3.digitaloceanspaces.com."
    shown = "…@" + endpoint.rpartition("@")[2] if "@" in endpoint else endpoint  # what stands there may be a secret
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid("endpoint", shown, "that is no URL", hint) from None
    if parts.scheme not in ("http", "https") or not _is_host(host) or not _PATH.fullmatch(parts.path):
        raise _invalid("endpoint", shown, "that is no http or https URL", hint)
    if parts.username is not None or parts.query or parts.fragment:
        raise _invalid("endpoint", shown, "it may hold neither credentials nor a query", hint)
    if host.endswith(_VIRTUAL_HOSTS):
        host = host.removeprefix(f"{bucket}.")  # Spaces shows the URL with the bucket: people copy it
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}".rstrip("/")


def _is_host(host: str) -> bool:
    """Whether a URL may have this host; what ends like an IP address has to be one, or obstore ends the thread."""
    if _is_number(host):
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) is not None


def _is_number(host: str) -> bool:
    return ":" in host or host.rstrip(".").rpartition(".")[2].isdigit()


def _is_virtual(config: S3Config, service: str) -> bool:
    if config.addressing not in ("auto", "path", "virtual"):
        reason = "that is no way to address a bucket"
        raise _invalid("addressing", config.addressing, reason, "Use auto, path or virtual.")
    host = urlsplit(service).hostname or ""
    if config.addressing == "virtual" and _is_number(host):
        raise _invalid("addressing", "virtual", f"{host} is an address, not a name", "Use path.")
    if config.addressing != "auto":
        return config.addressing == "virtual"
    # A dot in the bucket's name does not fit the certificates of the services.
    return host.endswith(_VIRTUAL_HOSTS) and "." not in config.bucket


def _invalid(option: str, value: object, reason: str, hint: str) -> GradientDataError:
    return ErrorKind.INVALID_OPTION(option=option, value=value, reason=reason, hint=hint)
