"""Secrets at rest: only the right key opens them, and only the owner can read the key."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.secrets import SecretBox

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY ä"
PROVIDER = "sp0123456789abc"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "secret.key"


@pytest.mark.parametrize("passphrase", [None, "correct horse battery staple", "ä" * 100])
def test_what_is_encrypted_can_be_decrypted_by_another_process(key_file: Path, passphrase: str | None) -> None:
    token = SecretBox(key_file, passphrase).encrypt(SECRET)
    assert SECRET.encode() not in token
    assert SecretBox(key_file, passphrase).decrypt(token, PROVIDER) == SECRET


def test_the_key_file_is_for_its_owner_alone(key_file: Path) -> None:
    before = os.umask(0)
    try:
        SecretBox(key_file, None).encrypt(SECRET)
    finally:
        os.umask(before)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert [path.name for path in key_file.parent.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(key_file: Path, mode: int) -> None:
    token = SecretBox(key_file, None).encrypt(SECRET)
    key_file.chmod(mode)
    for use in (
        lambda: SecretBox(key_file, None).encrypt(SECRET),
        lambda: SecretBox(key_file, None).decrypt(token, "sp"),
    ):
        with pytest.raises(GradientDataError) as caught:
            use()
        assert caught.value.kind is ErrorKind.FILE_PERMISSIONS
        assert str(key_file) in caught.value.hint


def test_another_key_does_not_open_it(key_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    SecretBox(other, None).encrypt("x")
    token = SecretBox(key_file, None).encrypt(SECRET)
    with pytest.raises(GradientDataError) as caught:
        SecretBox(other, None).decrypt(token, PROVIDER)
    assert caught.value.kind is ErrorKind.SECRET_UNREADABLE
    assert PROVIDER in caught.value.message
    assert str(other) in caught.value.hint


def test_another_passphrase_does_not_open_it(key_file: Path) -> None:
    token = SecretBox(key_file, "one").encrypt(SECRET)
    assert not key_file.exists()
    with pytest.raises(GradientDataError, match=PROVIDER) as caught:
        SecretBox(key_file, "two").decrypt(token, PROVIDER)
    assert caught.value.kind is ErrorKind.SECRET_UNREADABLE
    assert "GRADIENT_SECRET_KEY" in caught.value.hint


@pytest.mark.parametrize("token", [b"", b"nonsense", b"\xff" * 90])
def test_a_damaged_token_is_unreadable(key_file: Path, token: bytes) -> None:
    box = SecretBox(key_file, None)
    box.encrypt("x")
    with pytest.raises(GradientDataError) as caught:
        box.decrypt(token, PROVIDER)
    assert caught.value.kind is ErrorKind.SECRET_UNREADABLE


def test_a_lost_key_file_is_not_made_anew_to_decrypt(key_file: Path) -> None:
    token = SecretBox(key_file, None).encrypt(SECRET)
    key_file.unlink()
    with pytest.raises(GradientDataError) as caught:
        SecretBox(key_file, None).decrypt(token, PROVIDER)
    assert caught.value.kind is ErrorKind.SECRET_UNREADABLE
    assert not key_file.exists()


@pytest.mark.parametrize("content", [b"", b"too short", b"\xff" * 44], ids=["empty", "short", "not base64"])
def test_a_damaged_key_file_is_unreadable(key_file: Path, content: bytes) -> None:
    token = SecretBox(key_file, None).encrypt(SECRET)
    key_file.write_bytes(content)
    for use in (lambda: SecretBox(key_file, None).decrypt(token, "sp"), lambda: SecretBox(key_file, None).encrypt("x")):
        with pytest.raises(GradientDataError, match=r"key file"):
            use()


def test_many_at_once_agree_on_one_key(key_file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: SecretBox(key_file, None).encrypt(SECRET), range(8)))
    assert {SecretBox(key_file, None).decrypt(token, PROVIDER) for token in tokens} == {SECRET}


def test_a_place_where_no_key_file_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GradientDataError) as caught:
        SecretBox(tmp_path / "file" / "secret.key", None).encrypt(SECRET)
    assert caught.value.kind is ErrorKind.STORE_ERROR
    assert SECRET not in str(caught.value.details)


def test_keys_for_other_purposes(key_file: Path, tmp_path: Path) -> None:
    derived = SecretBox(key_file, None).derive(b"urls")
    assert derived == SecretBox(key_file, None).derive(b"urls")
    assert derived not in (SecretBox(key_file, None).derive(b"other"), key_file.read_bytes().strip())
    assert derived != SecretBox(tmp_path / "another.key", None).derive(b"urls")
    shared = SecretBox(tmp_path / "none.key", "passphrase").derive(b"urls")
    assert shared == SecretBox(tmp_path / "nowhere.key", "passphrase").derive(b"urls")
    assert not (tmp_path / "none.key").exists()


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_no_key_is_derived_from_a_damaged_one(key_file: Path, content: bytes) -> None:
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.write_bytes(content)
    key_file.chmod(0o600)
    with pytest.raises(GradientDataError, match=r"key file"):
        SecretBox(key_file, None).derive(b"urls")
