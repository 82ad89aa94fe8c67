"""API tokens: made, identified, ended; and what becomes of their secrets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Access
from jupyter_gradient_data.service import tokens as registry
from jupyter_gradient_data.service.host import Host, open_host
from jupyter_gradient_data.stores import tokens as rows
from tests.service.place import Place, fails


@pytest.fixture(params=["embedded", "postgresql-embedded"])
def both(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Iterator[tuple[Place, Host]]:
    """A service, and a server on the same database."""
    place = make_place(request.param)
    host = open_host(place.config)
    yield place, host
    host.close()


def test_a_token_is_known_by_its_secret(both: tuple[Place, Host]) -> None:
    place, host = both
    dataset = place.dataset("flowers")
    made = place.service.create_token("nightly", access=Access.WRITE, datasets=["flowers", dataset.id], days=30)
    assert re.fullmatch(rf"gdt_{made.token.id}_[\w-]{{43}}", made.secret)
    assert (made.token.name, made.token.access, made.token.datasets) == ("nightly", Access.WRITE, (dataset.id,))
    assert made.token.expires == made.token.created + timedelta(days=30)
    assert host.tokens.identify(made.secret) == made.token
    assert place.service.list_tokens().items[0].used is not None


def test_defaults(place: Place) -> None:
    token = place.service.create_token("job").token
    assert (token.access, token.datasets, token.used) == (Access.READ, (), None)
    assert token.expires == token.created + timedelta(days=90)
    assert place.service.create_token("job", days=None).token.expires is None, "names may repeat"


def test_secrets_are_kept_nowhere(local: Place) -> None:
    made = local.service.create_token("job")
    random = made.secret.rpartition(made.token.id)[2]
    local.service.close()
    stored = b"".join(path.read_bytes() for path in local.config.state_path.glob("metadata.sqlite*"))
    assert hashlib.sha256(made.secret.encode()).digest() in stored
    assert random.encode() not in stored
    assert made.secret not in str(local.reopen().list_tokens())


def test_whoever_is_not_known(both: tuple[Place, Host]) -> None:
    place, host = both
    made, other = place.service.create_token("job"), place.service.create_token("other")
    known, random = made.secret.split(made.token.id)
    guesses = [
        "",
        "gdt_",
        f"gdt_{made.token.id}",
        f"gdt_{made.token.id}_",
        made.secret[:-1],
        made.secret + "x",
        known + other.token.id + random,
        made.secret.upper(),
        made.secret.replace("gdt", "gdx"),
        "gdt_tk0000000000000_" + "x" * 43,
        "gdt_\0_x",
        "gdt_tk\udce9_x",
    ]
    for guess in guesses:
        with fails(ErrorKind.NOT_AUTHENTICATED, "API token") as caught:
            host.tokens.identify(guess)
        assert random not in str(caught.value.details)
    assert [token.used for token in place.service.list_tokens().items] == [None, None]


def test_a_deleted_token_ends_at_once(both: tuple[Place, Host]) -> None:
    place, host = both
    made, stays = place.service.create_token("job"), place.service.create_token("stays")
    host.tokens.identify(made.secret)
    place.service.delete_token(made.token.id)
    with fails(ErrorKind.NOT_AUTHENTICATED):
        host.tokens.identify(made.secret)
    assert [token.id for token in place.service.list_tokens().items] == [stays.token.id]
    for gone in (made.token.id, "nothing", "a\0b", made.secret):
        with fails(ErrorKind.TOKEN_NOT_FOUND):
            place.service.delete_token(gone)


def test_a_token_ends_by_itself(both: tuple[Place, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    place, host = both
    made = place.service.create_token("job", days=2)

    class Later(datetime):
        @classmethod
        def now(cls, tz: timezone | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=days)

    monkeypatch.setattr(registry, "datetime", Later)
    days = 1.99
    host.tokens.identify(made.secret)
    days = 2.01
    with fails(ErrorKind.NOT_AUTHENTICATED, "'job' has expired"):
        host.tokens.identify(made.secret)
    assert place.service.list_tokens().items[0].id == made.token.id, "whoever wonders why can see it"


def test_its_use_is_written_once_a_minute(both: tuple[Place, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    place, host = both
    made = place.service.create_token("job")
    start = round(made.token.created.timestamp() * 1000)
    used = []
    for seconds in (1, 30, 60, 62, 100, 130):
        monkeypatch.setattr(rows, "now", lambda moment=start + seconds * 1000: moment)
        host.tokens.identify(made.secret)
        (token,) = place.service.list_tokens().items
        assert token.used is not None
        used.append(round((token.used - made.token.created).total_seconds()))
    assert used == [1, 1, 1, 62, 62, 130]


def test_when_its_use_cannot_be_written_it_is_known_still(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made, host = local.service.create_token("job"), open_host(local.config)

    def fail(*_: object) -> None:
        raise ErrorKind.DATABASE_FAILED(database="it", reason="locked")

    monkeypatch.setattr(rows, "note_use", fail)
    assert host.tokens.identify(made.secret) == made.token
    host.close()


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf"), 36_501])
def test_days_that_cannot_be(local: Place, days: float) -> None:
    with fails(ErrorKind.INVALID_OPTION, "days"):
        local.service.create_token("job", days=days)


def test_what_cannot_be_made(place: Place) -> None:
    dataset = place.dataset("data")
    service = place.service
    for name in ("", " a", "a\0", "x" * 129):
        with fails(ErrorKind.INVALID_NAME, "API token"):
            service.create_token(name)
    with pytest.raises(ErrorKind.INVALID_NAME.error_class):  # which sentence depends on whether it travels
        service.create_token("\udce9")
    with fails(ErrorKind.DATASET_NOT_FOUND, "nothing"):
        service.create_token("job", datasets=["data", "nothing"])
    with fails(ErrorKind.VERSION_UNWANTED):
        service.create_token("job", datasets=["data:latest"])
    with fails(ErrorKind.INVALID_OPTION, "access"):
        service.create_token("job", access=Access.ADMIN, datasets=[dataset.id])
    assert service.list_tokens().items == ()


def test_pages(place: Place) -> None:
    made = {place.service.create_token(f"job {number}").token for number in range(7)}
    found, after = [], None
    while True:
        page = place.service.list_tokens(limit=3, after=after)
        found += page.items
        if (after := page.next_token) is None:
            break
    assert found == sorted(made, key=lambda token: token.id)
    with fails(ErrorKind.INVALID_OPTION, "limit"):
        place.service.list_tokens(limit=0)
