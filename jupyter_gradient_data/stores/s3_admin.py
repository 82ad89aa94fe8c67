"""What boto3 does for us: listings, CORS rules and raw requests for checks.

boto3 is imported inside functions: it takes 140 ms, and most commands never need it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import S3Config

from .s3_address import S3Address, resolve
from .s3_errors import explain, read_boto3

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef, CORSRuleTypeDef, ListObjectsV2OutputTypeDef

CONNECT_SECONDS = 10
CORS_RULE = "jupyter-gradient-data"  # id of our rule among those of others


def make_client(config: S3Config, secret: str, *, patience: float = 60.0) -> S3Client:
    """A boto3 client for one bucket; it does not retry and looks at no setting but ours.

    Parameters
    ----------
    config : S3Config
        Where and how.
    secret : str
        The secret access key.
    patience : float
        Seconds without an answer before a request fails.
    """
    import boto3
    import botocore.session
    from botocore.config import Config

    address = resolve(config)
    # A profile, a session token or an endpoint in the environment belongs to other programs.
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session.set_credentials(config.access_key, secret)
    client = boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=address.service,
        region_name=address.region,
        config=Config(
            signature_version="s3v4",
            retries={"total_max_attempts": 1},
            connect_timeout=min(CONNECT_SECONDS, patience),
            read_timeout=patience,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",  # some services send the whole object's for a range
            s3={"addressing_style": "virtual" if address.virtual else "path"},
        ),
    )

    # obstore and boto3 both take a well-formed web page for an empty listing.
    client.meta.events.register("before-parse.s3.*", _expect_listing(address))
    client.meta.events.register("before-call.s3", _stay_in_region)
    return client


def _expect_listing(address: S3Address) -> Callable[..., None]:
    def check(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
        if operation_model.name != "ListObjectsV2" or response_dict["status_code"] != 200:
            return
        if b"<ListBucketResult" not in response_dict["body"]:
            raise ErrorKind.STORE_NOT_S3(store=address.name, reason="its answer is not a listing")

    return check


def _stay_in_region(params: dict[str, Any], **_: Any) -> None:
    """Keep boto3 in its region: obstore does not follow a bucket either, and some chains of redirects never end."""
    params["context"].setdefault("s3_redirect", {})["redirected"] = True


@contextlib.contextmanager
def explained(address: S3Address, store: str, provider: str, action: str, key: str = "") -> Iterator[None]:
    """Turn boto3's exceptions into ours."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise explain(read_boto3(error), address, store, provider, action, key) from None


def list_pages(client: S3Client, bucket: str, prefix: str, *, by_folder: bool, store: str) -> Iterator[Any]:
    """The pages of a listing.

    Parameters
    ----------
    client, bucket, prefix
        What to list.
    by_folder : bool
        Stop at the next ``/`` after the prefix and give common prefixes there.
    store : str
        How the store is called in a sentence.

    Raises
    ------
    StoreFailed
        An answer that is no listing, which obstore would not notice: this is why it does not list.
    """
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, **({"Delimiter": "/"} if by_folder else {})}
    while True:
        page: ListObjectsV2OutputTypeDef = client.list_objects_v2(**request)
        yield page
        if not page.get("IsTruncated"):
            return
        if not page.get("NextContinuationToken"):
            raise ErrorKind.STORE_NOT_S3(store=store, reason="its listing does not say how it goes on")
        request["ContinuationToken"] = page["NextContinuationToken"]


def get_cors(config: S3Config, secret: str, *, patience: float = 60.0) -> list[CORSRuleOutputTypeDef]:
    """The CORS rules of a bucket; empty when it has none."""
    from botocore.exceptions import ClientError

    address = resolve(config)
    with explained(address, address.name, "<id>", "show its CORS rules"):
        try:
            return list(
                make_client(config, secret, patience=patience).get_bucket_cors(Bucket=config.bucket)["CORSRules"]
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchCORSConfiguration":
                return []
            raise
        except KeyError:
            raise ErrorKind.STORE_NOT_S3(store=address.name, reason="it knows no CORS rules") from None


def set_cors(config: S3Config, secret: str, origins: Sequence[str], *, patience: float = 60.0) -> None:
    """Let browsers on ``origins`` read and write objects through signed URLs; rules of others stay.

    Parameters
    ----------
    config, secret
        The bucket.
    origins : sequence of str
        For example ``https://hub.example.org``.
    patience : float
        Seconds without an answer before a request fails.
    """
    address = resolve(config)
    rule: CORSRuleTypeDef = {
        "ID": CORS_RULE,
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedOrigins": list(origins),
        "ExposeHeaders": ["ETag"],  # a multipart upload from a browser has to read it
        "MaxAgeSeconds": 3000,
    }
    others = [other for other in get_cors(config, secret, patience=patience) if other.get("ID") != CORS_RULE]
    with explained(address, address.name, "<id>", "set its CORS rules"):
        make_client(config, secret, patience=patience).put_bucket_cors(
            Bucket=config.bucket, CORSConfiguration={"CORSRules": [*others, rule]}
        )
