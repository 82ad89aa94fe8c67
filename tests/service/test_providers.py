"""Storage providers: adding, changing and removing them, and keeping their secrets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Page, Provider, ProviderKind, S3Config
from jupyter_gradient_data.service.local import open_service
from jupyter_gradient_data.stores.secrets import SecretBox
from tests.service.place import Place, fails
from tests.support.faulty_http import always, faulty_server, s3_error, web_page
from tests.support.programs import free_ports
from tests.support.s3_servers import S3Server

S3 = ProviderKind.S3_COMPATIBLE


def add(place: Place, server: S3Server, name: str = "mine", **changes: str | None) -> Provider:
    return place.service.create_provider(name, S3, server.config(**changes), server.secret_key)


def test_gradient_managed_is_there_from_the_first_start(local: Place) -> None:
    (managed,) = local.service.list_providers().items
    assert managed.is_managed
    assert managed.is_team_default
    assert (managed.name, managed.s3, managed.quota_bytes, managed.used_bytes) == ("Gradient Managed", None, None, 0)
    assert local.service.check_provider(managed.id).ok
    assert local.reopen().list_providers().items == (managed,)


def test_a_provider_is_checked_and_kept(local: Place, seaweedfs: S3Server) -> None:
    made = local.service.create_provider("mine", S3, seaweedfs.config(), seaweedfs.secret_key, quota_bytes=10**9)
    assert (made.name, made.kind, made.s3, made.quota_bytes) == ("mine", S3, seaweedfs.config(), 10**9)
    assert not made.is_team_default
    assert local.service.get_provider("mine") == local.service.get_provider(made.id) == made
    assert [provider.name for provider in local.reopen().list_providers().items] == ["Gradient Managed", "mine"]
    report = local.service.check_provider("mine")
    assert report.ok, report.summary
    assert {step.name for step in report.steps} >= {"list", "put", "get", "delete", "multipart", "conditional put"}
    dataset = local.service.create_dataset("data", provider="mine")
    assert dataset.provider.id == made.id
    assert local.contents(local.committed({"a": b"1"}).reference) == {"a": b"1"}


def test_pages(local: Place, seaweedfs: S3Server) -> None:
    for number in range(5):
        add(local, seaweedfs, f"p{number}")
    found: list[str] = []
    page: Page[Provider] = local.service.list_providers(limit=2)
    while True:
        found += [provider.name for provider in page.items]
        if page.next_token is None:
            break
        page = local.service.list_providers(limit=2, after=page.next_token)
    assert found == ["Gradient Managed", "p0", "p1", "p2", "p3", "p4"]


def test_the_secret_stays_inside(local: Place, seaweedfs: S3Server, tmp_path: Path) -> None:
    made = add(local, seaweedfs)
    secret = seaweedfs.secret_key
    answers = [made, *local.service.list_providers().items, local.service.check_provider("mine"), local.config]
    assert all(secret not in repr(answer) for answer in answers)
    assert secret not in str(dataclasses.asdict(made))
    local.service.close()
    for path in local.config.state_path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    key = local.config.state_path / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    SecretBox(tmp_path / "other.key", None).encrypt("anything")
    key.write_bytes((tmp_path / "other.key").read_bytes())
    with fails(ErrorKind.SECRET_UNREADABLE, "mine"):
        local.reopen().create_dataset("data", provider="mine")
    assert local.service.list_datasets().items == ()
    local.service.close()
    with fails(ErrorKind.FILE_PERMISSIONS, "secret.key"):
        key.chmod(0o644)
        local.reopen().create_dataset("data", provider="mine")


def test_names(local: Place, seaweedfs: S3Server) -> None:
    add(local, seaweedfs, "mine")
    for taken in ("mine", "Gradient Managed"):
        with fails(ErrorKind.NAME_TAKEN, "storage provider", taken):
            add(local, seaweedfs, taken)
    add(local, seaweedfs, "other")
    with fails(ErrorKind.NAME_TAKEN, "storage provider", "mine"):
        local.service.update_provider("other", name="mine")
    assert local.service.update_provider("other", name="new").name == "new"
    for name in ("", "a:b", "spabcdefghijklm"):
        with fails(ErrorKind.INVALID_NAME, "storage provider"):
            add(local, seaweedfs, name)
    for unknown in ("nobody", "sp0000000000000", "other", "\udce9", "a\0b", ""):
        for use in (
            local.service.get_provider,
            local.service.delete_provider,
            local.service.check_provider,
            lambda name: local.service.update_provider(name, name="x"),
            lambda name: local.service.usage(name),
            lambda name: local.service.create_dataset("data", provider=name),
        ):
            with fails(ErrorKind.PROVIDER_NOT_FOUND):
                use(unknown)


def test_unknown_names_on_postgresql(make_place: Callable[..., Place]) -> None:
    place = make_place("postgresql-embedded")
    for unknown in ("nobody", "\udce9", "a\0b"):
        with fails(ErrorKind.PROVIDER_NOT_FOUND):
            place.service.get_provider(unknown)
        with fails(ErrorKind.INVALID_REFERENCE if unknown != "nobody" else ErrorKind.DATASET_NOT_FOUND):
            place.service.get_dataset(unknown)


def test_what_is_wrong_with_a_bucket(local: Place, seaweedfs: S3Server) -> None:
    (port,) = free_ports(1)
    wrong: list[tuple[dict[str, str], str, str]] = [
        ({}, "not the secret", "secret"),
        ({"access_key": "AKIDUNKNOWN"}, seaweedfs.secret_key, "access key"),
        ({"bucket": "no-such-bucket"}, seaweedfs.secret_key, "no-such-bucket"),
        ({"endpoint": f"http://127.0.0.1:{port}"}, seaweedfs.secret_key, "reach"),
    ]
    for changes, secret, words in wrong:
        with fails(ErrorKind.PROVIDER_UNUSABLE, "mine", words) as caught:
            local.service.create_provider("mine", S3, seaweedfs.config(**changes), secret)
        check = local.service.try_provider(S3, seaweedfs.config(**changes), secret)
        assert not check.ok
        assert caught.value.message.endswith(check.summary)
        assert caught.value.hint == f"{check.hint} Nothing was saved."
        assert [step.name for step in check.steps] == ["list"]
    assert len(local.service.list_providers().items) == 1


def test_trying_saves_nothing(local: Place, seaweedfs: S3Server) -> None:
    before = local.service.list_providers()
    check = local.service.try_provider(S3, seaweedfs.config(), seaweedfs.secret_key)
    assert (check.ok, check.hint) == (True, "")
    assert {"list", "put", "get", "delete"} <= {step.name for step in check.steps if step.ok}
    assert local.service.list_providers() == before
    with fails(ErrorKind.INVALID_OPTION, "endpoint"):
        local.service.try_provider(S3, seaweedfs.config(endpoint="storage"), seaweedfs.secret_key)
    with fails(ErrorKind.INVALID_OPTION, "secretAccessKey"):
        local.service.try_provider(S3, seaweedfs.config(), "")
    with fails(ErrorKind.PROVIDER_MANAGED):
        local.service.try_provider(ProviderKind.MANAGED, seaweedfs.config(), seaweedfs.secret_key)


def test_endpoints_that_are_not_what_they_should_be(local: Place) -> None:
    for fault, words in ((web_page(), "S3"), (s3_error(403, "AccessDenied"), "refused"), (s3_error(404, "X"), "")):
        with faulty_server(always(fault)) as server:
            config = S3Config("data", "AKIDTEST", server.endpoint)
            with fails(ErrorKind.PROVIDER_UNUSABLE, "mine", words):
                local.service.create_provider("mine", S3, config, "secret")
    assert len(local.service.list_providers().items) == 1


def test_configurations_that_can_never_work(local: Place, seaweedfs: S3Server) -> None:
    for changes in ({"endpoint": "not a url"}, {"signature_version": "v2"}, {"addressing": "sideways"}, {"bucket": ""}):
        with pytest.raises(GradientDataError) as caught:
            add(local, seaweedfs, **changes)  # type: ignore[arg-type]
        assert caught.value.kind in (ErrorKind.INVALID_OPTION, ErrorKind.PROVIDER_UNUSABLE)
        assert caught.value.hint
        made = None
    assert made is None
    assert len(local.service.list_providers().items) == 1


def test_changing(local: Place, seaweedfs: S3Server) -> None:
    add(local, seaweedfs)
    changed = local.service.update_provider("mine", config={"region": "eu-central-1"}, quota_bytes=500)
    assert changed.s3 == seaweedfs.config(region="eu-central-1")
    assert changed.quota_bytes == 500
    cleared = local.service.update_provider("mine", config={"region": ""}, quota_bytes=0)
    assert (cleared.s3, cleared.quota_bytes) == (seaweedfs.config(), None)
    with fails(ErrorKind.PROVIDER_UNUSABLE, "mine", "secret"):
        local.service.update_provider("mine", secret="wrong")
    with fails(ErrorKind.PROVIDER_UNUSABLE, "mine", "absent"):
        local.service.update_provider("mine", name="renamed", config={"bucket": "absent"})
    assert local.service.get_provider("mine") == cleared
    local.service.update_provider("mine", secret=seaweedfs.secret_key)
    local.service.create_dataset("data", provider="mine")
    assert local.contents(local.committed({"a": b"1"}).reference) == {"a": b"1"}


def test_what_has_changed_is_used_at_once(local: Place, seaweedfs: S3Server, rclone_s3: S3Server) -> None:
    """Nothing is written to the bucket that a provider had before."""
    add(local, seaweedfs)
    local.service.collect_garbage("mine").result()  # connects
    moved = {"endpoint": rclone_s3.endpoint}
    local.service.update_provider("mine", config=moved)  # type: ignore[arg-type]
    dataset = local.service.create_dataset("data", provider="mine")
    card = f"{local.repository.layout.card(dataset.id)}"
    assert rclone_s3.client().head_object(Bucket="data", Key=card)["ContentLength"] > 0
    with fails(ErrorKind.PROVIDER_MOVED, "mine", "1"):
        local.service.update_provider("mine", config={"endpoint": seaweedfs.endpoint})
    with fails(ErrorKind.PROVIDER_MOVED, "mine", "1"):
        local.service.update_provider("mine", config={"bucket": "other"})


def test_another_process_sees_the_change(local: Place, seaweedfs: S3Server, rclone_s3: S3Server) -> None:
    add(local, seaweedfs)
    local.service.collect_garbage("mine").result()
    other = open_service(local.config)
    other.update_provider("mine", config={"endpoint": rclone_s3.endpoint})
    other.close()
    dataset = local.service.create_dataset("data", provider="mine")
    card = f"{local.repository.layout.card(dataset.id)}"
    assert rclone_s3.client().head_object(Bucket="data", Key=card)["ContentLength"] > 0


@pytest.mark.parametrize("quota", [-1, -(10**12)])
def test_a_quota_is_not_negative(local: Place, quota: int) -> None:
    with fails(ErrorKind.INVALID_OPTION, "quota"):
        local.service.update_provider("Gradient Managed", quota_bytes=quota)


def test_deleting(local: Place, seaweedfs: S3Server) -> None:
    add(local, seaweedfs)
    local.service.create_dataset("data", provider="mine")
    for _ in range(2):
        with fails(ErrorKind.PROVIDER_IN_USE, "mine", "1"):
            local.service.delete_provider("mine")
        if local.service.list_datasets().items:
            local.service.delete_dataset("data")  # in the trash it still needs its provider
    add(local, seaweedfs, "other")
    local.service.delete_provider("other")
    with fails(ErrorKind.PROVIDER_NOT_FOUND, "other"):
        local.service.get_provider("other")


def test_gradient_managed_stays(local: Place, seaweedfs: S3Server) -> None:
    with fails(ErrorKind.PROVIDER_MANAGED, "deleted"):
        local.service.delete_provider("Gradient Managed")
    with fails(ErrorKind.PROVIDER_MANAGED, "moved"):
        local.service.update_provider("Gradient Managed", config={"bucket": "x"})
    with fails(ErrorKind.PROVIDER_MANAGED, "created"):
        local.service.create_provider("x", ProviderKind.MANAGED, seaweedfs.config(), "s")
    assert local.service.check_provider("Gradient Managed").ok


def test_a_dataset_at_a_provider_that_fails_is_not_made(local: Place, seaweedfs: S3Server) -> None:
    with faulty_server(lambda request: None, seaweedfs.endpoint) as proxy:
        add(local, seaweedfs, endpoint=proxy.endpoint)
        proxy.rule = always(s3_error(403, "AccessDenied"))
        with fails(ErrorKind.STORE_DENIED, proxy.endpoint):
            local.service.create_dataset("data", provider="mine")
        assert local.service.list_datasets().items == ()
        proxy.rule = lambda request: None
        local.service.create_dataset("data", provider="mine")


def test_settings_are_checked() -> None:
    with fails(ErrorKind.INVALID_OPTION, "team"):
        Config.load({}, team="nonsense")
    with fails(ErrorKind.INVALID_OPTION, "GRADIENT_TRANSFERS"):
        Config.load({"GRADIENT_TRANSFERS": "many"})
