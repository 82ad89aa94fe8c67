"""How much one user may ask, and how often anybody may guess."""

from __future__ import annotations

import pytest

from jupyter_gradient_data.errors import TooMany
from jupyter_gradient_data.server import limits
from jupyter_gradient_data.server.limits import Attempts, Limits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_requests_at_once_are_bounded_for_each_user(clock: Clock) -> None:
    bounds = Limits(2, 1000, clock)
    leave = bounds.enter("ann")
    bounds.enter("ann")
    with pytest.raises(TooMany):
        bounds.enter("ann")
    bounds.enter("ben")
    leave()
    bounds.enter("ann")


def test_requests_in_a_minute_are_bounded_and_come_back(clock: Clock) -> None:
    bounds = Limits(1000, 60, clock)
    for _ in range(60):
        bounds.enter("ann")()
    with pytest.raises(TooMany):
        bounds.enter("ann")
    clock.now += 2.5
    bounds.enter("ann")()
    bounds.enter("ann")()
    with pytest.raises(TooMany):
        bounds.enter("ann")
    clock.now += 10_000  # however long: no more than one minute's worth is saved
    for _ in range(60):
        bounds.enter("ann")()
    with pytest.raises(TooMany):
        bounds.enter("ann")


def test_users_at_rest_are_forgotten_and_busy_ones_are_not(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KNOWN", 10)
    bounds = Limits(1, 1000, clock)
    bounds.enter("busy")
    for number in range(100):
        bounds.enter(f"user {number}")()
    assert len(bounds._users) <= 11
    with pytest.raises(TooMany):
        bounds.enter("busy")


def test_wrong_tokens_are_bounded_for_each_address(clock: Clock) -> None:
    attempts = Attempts(3, clock)
    for number in range(3):
        attempts.check("1.2.3.4", f"wrong {number}")
        attempts.failed("1.2.3.4")
    with pytest.raises(TooMany) as caught:
        attempts.check("1.2.3.4", "wrong 4")
    assert caught.value.details["seconds"] == 60
    attempts.check("5.6.7.8", "wrong 4")
    clock.now += 61
    attempts.check("1.2.3.4", "wrong 4")


def test_a_token_that_was_right_is_let_through(clock: Clock) -> None:
    attempts = Attempts(1, clock)
    attempts.succeeded("right")
    attempts.failed("1.2.3.4")
    attempts.check("1.2.3.4", "right")
    with pytest.raises(TooMany):
        attempts.check("1.2.3.4", "perhaps right")


def test_a_minute_begins_with_its_first_failure(clock: Clock) -> None:
    attempts = Attempts(2, clock)
    attempts.failed("1.2.3.4")
    clock.now += 61
    attempts.failed("1.2.3.4")
    attempts.check("1.2.3.4", "second guess of this minute")


def test_neither_addresses_nor_tokens_pile_up(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KNOWN", 10)
    attempts = Attempts(1, clock)
    for number in range(100):
        clock.now += 10
        attempts.failed(f"address {number}")
        attempts.succeeded(f"token {number}")
    assert len(attempts._failures) <= 11
    assert len(attempts._right) <= 11
