"""How buckets are addressed, and what goes into a URL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_gradient_data.errors import Invalid
from jupyter_gradient_data.models import S3Config
from jupyter_gradient_data.stores.s3_address import resolve

SPACES = "https://nyc3.digitaloceanspaces.com"


@pytest.mark.parametrize(
    ("endpoint", "region", "bucket", "addressing", "service", "virtual"),
    [
        (None, None, "data", "auto", "https://s3.us-east-1.amazonaws.com", True),
        (None, "eu-west-3", "data", "auto", "https://s3.eu-west-3.amazonaws.com", True),
        (None, None, "with.dots", "auto", "https://s3.us-east-1.amazonaws.com", False),
        (None, None, "data", "path", "https://s3.us-east-1.amazonaws.com", False),
        (SPACES, None, "data", "auto", SPACES, True),
        ("https://data.nyc3.digitaloceanspaces.com/", None, "data", "auto", SPACES, True),
        ("http://127.0.0.1:8333", None, "data", "auto", "http://127.0.0.1:8333", False),
        ("http://[::1]:8333/", None, "data", "auto", "http://[::1]:8333", False),
        ("https://s3.example.org/base/", None, "data", "auto", "https://s3.example.org/base", False),
        ("https://s3.example.org", None, "data", "virtual", "https://s3.example.org", True),
    ],
)
def test_resolve(
    endpoint: str | None, region: str | None, bucket: str, addressing: str, service: str, virtual: bool
) -> None:
    config = S3Config(bucket=bucket, access_key="AK", endpoint=endpoint, region=region, addressing=addressing)
    address = resolve(config)
    assert (address.service, address.virtual) == (service, virtual)
    assert address.region == (region or "us-east-1")
    assert address.name == f"bucket {bucket} at {service}"


def test_virtual_addressing_puts_the_bucket_before_the_host() -> None:
    address = resolve(S3Config(bucket="data", access_key="AK", endpoint="https://s3.example.org:444/x"))
    assert address.with_bucket == "https://data.s3.example.org:444/x"


@pytest.mark.parametrize(
    "host",
    [
        "a..b",
        "-a",
        "a-",
        ".",
        "a" * 64,
        "a." * 127 + "a",
        "300.1.1.1",
        "1.2.3.4.5",
        "storage.1",
        "127.1",
        "a b",
        "a/b c",
        "ü",
    ],
)
def test_no_host(host: str) -> None:
    """Where an SDK would raise what nobody expects, or obstore end the thread."""
    with pytest.raises(Invalid, match="endpoint cannot be"):
        resolve(S3Config(bucket="data", access_key="AK", endpoint=f"http://{host}"))


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "[::1]:9000", "127.0.0.1"])
def test_an_address_takes_no_bucket_before_it(host: str) -> None:
    config = S3Config(bucket="data", access_key="AK", endpoint=f"http://{host}")
    assert resolve(config).service == f"http://{host}"
    with pytest.raises(Invalid, match="addressing cannot be 'virtual'"):
        resolve(replace(config, addressing="virtual"))
