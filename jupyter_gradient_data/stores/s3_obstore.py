"""How obstore is told to reach a bucket."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .s3_address import S3Address
from .s3_admin import CONNECT_SECONDS

if TYPE_CHECKING:
    from obstore.store import S3Credential
    from obstore.store import S3Store as ObstoreS3

_UNLIMITED = timedelta(days=7)  # for a whole request; silence is what ends one


def make_obstore(address: S3Address, access_key: str, secret: str, patience: float, retries: int) -> ObstoreS3:
    """A client of obstore for one bucket; it looks at no setting but ours.

    Parameters
    ----------
    address : S3Address
        Where the bucket is.
    access_key, secret : str
        What lets in there.
    patience : float
        Seconds of silence after which a request fails.
    retries : int
        How often a request is tried again.
    """
    from obstore.store import S3Store as ObstoreS3

    url = address.with_bucket if address.virtual else address.service
    key = {"access_key_id": access_key, "secret_access_key": secret}

    def credentials() -> S3Credential:  # the only way to have no session token, whatever the environment says
        return {**key, "token": None, "expires_at": None}  # type: ignore[typeddict-item]

    # All that the environment could set otherwise (AWS_ENDPOINT_URL, AWS_SESSION_TOKEN, …) is given here.
    return ObstoreS3(
        address.bucket,
        config={
            "endpoint": url,
            "aws_endpoint_url_s3": url,
            "region": address.region,
            "virtual_hosted_style_request": address.virtual,
            "checksum_algorithm": "SHA256",
            "conditional_put": "etag",
            "disable_bulk_delete": True,  # not every service has it
            "skip_signature": False,
            "unsigned_payload": False,
            "s3_express": False,
        },
        client_options={
            "allow_http": address.allow_http,
            "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, patience)),
            "read_timeout": timedelta(seconds=patience),
            "timeout": _UNLIMITED,
        },
        retry_config={"max_retries": retries, "retry_timeout": timedelta(minutes=10)},
        credential_provider=credentials,
    )
