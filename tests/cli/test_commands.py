"""What the original did not have: options and commands of ours, on the double."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_gradient_data.cli.providers import provider_kind
from jupyter_gradient_data.cli.sizes import format_seconds, format_size
from jupyter_gradient_data.models import Access, CheckStep, Problem, ProviderCheck, S3Config
from tests.cli.double import PROVIDER, SECRET, TOKEN, WHEN

ID, REF = "--id=dsttn2y7j1ux882", "--id=dsttn2y7j1ux882:1rn19s2"
CREATE_S3 = ["storageProviders", "create", "s3", "--name=lab", "--bucket=b", "--accessKey=AK"]


def test_diff_as_git_writes_it(double, gradient) -> None:
    result = gradient("datasets", "diff", "a:1", "a:2")
    assert result.out == "A\ta.txt\nM\tb\\n.txt\nD\tc.txt\n3 files: 1 added, 1 changed, 1 removed\n"


def test_a_diff_can_be_counted_only(double, gradient) -> None:
    result = gradient("datasets", "diff", "a:1", "a:2", "--summary")
    assert result.out == "1,201 files: 1,200 added, 1 changed; 4.0 KiB added, 12 B removed\n"
    assert double.calls[0] == ("summarize_changes", ("a:2", "a:1"), {})


def test_create_from(double, gradient) -> None:
    gradient("datasets", "versions", "create", ID, "--from", "flowers:latest")
    assert double.calls[0][2] == {"message": "", "start_from": "flowers:latest"}


def test_commit_may_abandon_uploads(double, gradient) -> None:
    from dataclasses import replace

    from jupyter_gradient_data.models import VersionState

    double.version = replace(double.version, state=VersionState.UNCOMMITTED)
    gradient("datasets", "versions", "commit", REF, "--abandon-uploads")
    assert double.calls[1] == ("commit_version", ("dsttn2y7j1ux882:1rn19s2",), {"abandon_uploads": True})


@pytest.mark.parametrize("words", [["datasets", "delete", ID], ["datasets", "versions", "delete", REF]])
def test_preview_deletes_nothing(double, gradient, words) -> None:
    result = gradient(*words, "--preview")
    assert result.out.endswith(" would remove 2 versions with 3 files and free 4.0 KiB.\n")
    assert [call[0] for call in double.calls] == ["preview_delete", "close"]


def test_verify(double, gradient) -> None:
    result = gradient("datasets", "verify")
    assert (result.code, result.out) == (0, "Verified 1 dataset, 2 versions, 3,000 files in 4 blobs: no problems.\n")
    assert double.calls[0] == ("verify", (None,), {"read_data": False})


def test_verify_with_problems_fails(double, gradient) -> None:
    double.problems = (Problem("a:1 b.txt", "its blob is missing", True),)
    result = gradient("datasets", "verify", "a:1", "--read-data")
    assert result.code == 1
    assert (
        result.out
        == """\
+-----------+---------------------+-----------+
| Where     | Problem             | Data Lost |
+-----------+---------------------+-----------+
| a:1 b.txt | its blob is missing | yes       |
+-----------+---------------------+-----------+
Verified 1 dataset, 2 versions, 3,000 files in 4 blobs, 5 B read: 1 problem.
"""
    )
    assert double.calls[0] == ("verify", ("a:1",), {"read_data": True})


def test_recover(double, gradient) -> None:
    result = gradient("datasets", "recover", "--storageProviderId", "lab")
    assert result.out == "Recovered 1 dataset, 2 versions, 3 tags and 4 blobs from lab: no problems.\n"
    assert double.calls[0] == ("recover", ("lab",), {})


def test_gc_says_what_it_would_delete(double, gradient) -> None:
    assert gradient("gc", "--dry-run").out == (
        "2 packs and 1 large blob (4.0 KiB) are not used any more. "
        "3 packs more are used only in part; rewriting them would free 1.0 KiB. Nothing was deleted.\n"
    )


def test_gc_without_dry_run_is_refused(double, gradient) -> None:
    result = gradient("gc")
    assert (result.code, double.calls) == (2, [])
    assert "deletes nothing yet" in result.err


def test_du(double, gradient) -> None:
    assert (
        gradient("du").out
        == """\
+------------------------------------+---------+-------------+-------+
| Storage Provider                   | Stored  | Files' Size | Quota |
+------------------------------------+---------+-------------+-------+
| Gradient Managed (spmanaged000001) | 1.5 KiB | 2.0 KiB     | none  |
+------------------------------------+---------+-------------+-------+
"""
    )


def test_check(double, gradient) -> None:
    steps = (CheckStep("list", True, True), CheckStep("put", False, True, "403"), CheckStep("cors", False, False))
    double.check = ProviderCheck(False, "The bucket cannot be written.", steps)
    result = gradient("storageProviders", "check", "--id", "lab")
    assert result.code == 1
    assert (
        result.out
        == """\
+-------+---------------+--------+
| Check | Result        | Remark |
+-------+---------------+--------+
| list  | ok            |        |
| put   | FAILED        | 403    |
| cors  | not available |        |
+-------+---------------+--------+
The bucket cannot be written.
"""
    )


@pytest.mark.parametrize(
    ("name", "endpoint", "kind"),
    [
        (None, None, "aws-s3"),
        (None, "", "aws-s3"),
        (None, "https://s3.eu-west-1.amazonaws.com", "aws-s3"),
        (None, "https://fra1.digitaloceanspaces.com", "spaces"),
        (None, "fra1.digitaloceanspaces.com", "spaces"),
        (None, "http://127.0.0.1:9000", "s3-compatible"),
        (None, "https://amazonaws.com.example.org", "s3-compatible"),
        ("s3-compatible", "https://fra1.digitaloceanspaces.com", "s3-compatible"),
    ],
)
def test_kind_of_a_provider(name, endpoint, kind) -> None:
    assert provider_kind(name, endpoint).value == kind


def test_create_provider_with_everything(double, gradient) -> None:
    options = ["--endpoint=http://h:1", "--region=r", "--signatureVersion=v4", "--addressing=path", "--quota=50GB"]
    gradient(*CREATE_S3, "--secretAccessKey=hush", *options)
    name, (given, kind, config, secret), rest = double.calls[0]
    assert (name, given, kind.value, secret, rest) == (
        "create_provider",
        "lab",
        "s3-compatible",
        "hush",
        {"quota_bytes": 50 * 1000**3},
    )
    assert config == S3Config("b", "AK", "http://h:1", "r", "v4", "path")


def test_secret_from_the_environment(double, gradient, monkeypatch) -> None:
    monkeypatch.setenv("GRADIENT_SECRET_ACCESS_KEY", "hush")
    gradient(*CREATE_S3)
    assert double.calls[0][1][3] == "hush"


def test_no_secret_and_nobody_to_ask(double, gradient) -> None:
    result = gradient(*CREATE_S3)
    assert (result.code, double.calls) == (2, [])
    assert "Missing option '--secretAccessKey' (or GRADIENT_SECRET_ACCESS_KEY)" in result.err


def test_update_provider_changes_what_is_given(double, gradient) -> None:
    gradient("storageProviders", "update", "s3", "--id=lab", "--endpoint=", "--quota=1GiB")
    assert double.calls[0] == (
        "update_provider",
        ("lab",),
        {"name": None, "config": {"endpoint": ""}, "secret": None, "quota_bytes": 1024**3},
    )


@pytest.mark.parametrize("size", ["", "50", "5.5 MB", "1tib", "0"])
def test_sizes(double, gradient, size) -> None:
    result = gradient("storageProviders", "update", "s3", "--id=lab", f"--quota={size}")
    expected = {"50": 50, "5.5 MB": 5_500_000, "1tib": 1024**4, "0": 0}
    if size not in expected:
        assert (result.code, double.calls) == (2, [])
    else:
        assert double.calls[0][2]["quota_bytes"] == expected[size]


@pytest.mark.parametrize("size", ["50G", "-1", "many", "1PiB"])
def test_bad_sizes(double, gradient, size) -> None:
    result = gradient("storageProviders", "update", "s3", "--id=lab", f"--quota={size}")
    assert (result.code, double.calls) == (2, [])
    assert f"{size!r} is not a size" in result.err


def test_format_size() -> None:
    assert [format_size(n) for n in (0, 1023, 1024, 1536, 1024**2, 1024**3, 5 * 1024**4)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.5 KiB",
        "1.0 MiB",
        "1.0 GiB",
        "5.0 TiB",
    ]


def test_format_seconds() -> None:
    assert [format_seconds(n) for n in (0, 7.4, 754, 3723)] == ["0:00", "0:07", "12:34", "1:02:03"]


def test_secrets_are_never_printed(double, gradient) -> None:
    for arguments in (["list"], ["list", "--json"], ["details", "--id=x"], ["details", "--id=x", "--json"]):
        assert "hush" not in gradient("storageProviders", *arguments).out
    assert "hush" not in gradient(*CREATE_S3, "--secretAccessKey=hush", "--json").out
    assert PROVIDER.s3 is not None


def test_stats_are_written_at_the_end(double, gradient, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("GRADIENT_STATS", str(tmp_path / "stats.json"))
    gradient("datasets", "list")
    assert (tmp_path / "stats.json").read_text() == '{\n  "requests": 1,\n  "bytes_in": 1,\n  "bytes_out": 2\n}\n'


def test_stats_that_cannot_be_written_do_not_fail_the_command(double, gradient, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("GRADIENT_STATS", str(tmp_path / "no" / "stats.json"))
    result = gradient("datasets", "list")
    assert (result.code, "cannot be written" in result.err) == (0, True)


def test_global_options_reach_the_settings(gradient, monkeypatch, tmp_path, double) -> None:
    from jupyter_gradient_data.cli import session

    seen = []
    monkeypatch.setattr(session, "open_service", lambda config: seen.append(config) or double)
    gradient("--state-dir", str(tmp_path), "--team", "t12345678", "--database-url", "sqlite://", "datasets", "list")
    assert (seen[0].state_dir, seen[0].team, seen[0].database_url) == (tmp_path, "t12345678", "sqlite://")


def test_version(gradient) -> None:
    from jupyter_gradient_data import __version__

    assert gradient("version").out == f"{__version__}\n"
    assert gradient("--version").out == f"gradient {__version__}\n"


def test_the_trash(double, gradient) -> None:
    assert (
        gradient("trash", "list").out
        == """\
+-------+-------------------------+---------+-------+-------------+------------+------------+
| Name  | ID                      | Message | Files | Files' Size | Deleted    | Kept Until |
+-------+-------------------------+---------+-------+-------------+------------+------------+
| test1 | dsttn2y7j1ux882:1rn19s2 | first   | 1,200 | 4.9 KiB     | 2020-10-09 | 2020-11-08 |
+-------+-------------------------+---------+-------+-------------+------------+------------+
"""
    )


def test_restore(double, gradient) -> None:
    assert gradient("trash", "restore", "--id=flowers").out == "Restored: flowers\n"
    assert gradient("trash", "restore", "--id=flowers", "--name=old flowers").code == 0
    assert [call for call in double.calls if call[0] == "restore"] == [
        ("restore", ("flowers",), {"name": None}),
        ("restore", ("flowers",), {"name": "old flowers"}),
    ]


@pytest.mark.parametrize(
    ("words", "access", "datasets", "days"),
    [
        ([], Access.READ, (), 90.0),
        (["--access=write", "--dataset=a", "--dataset=b", "--days=0.5"], Access.WRITE, ("a", "b"), 0.5),
        (["--access=admin", "--days=never"], Access.ADMIN, (), None),
    ],
    ids=["plain", "limited", "for ever"],
)
def test_a_new_token_is_all_that_is_printed(double, gradient, words, access, datasets, days) -> None:
    """So that a shell can put it into a variable."""
    assert gradient("tokens", "create", "--name=ci", *words).out == f"{SECRET}\n"
    assert double.calls[0] == ("create_token", ("ci",), {"access": access, "datasets": datasets, "days": days})


@pytest.mark.parametrize("days", ["soon", "nan", "inf", "-1", ""])
def test_days_must_be_a_number(double, gradient, days) -> None:
    result = gradient("tokens", "create", "--name=ci", f"--days={days}")
    assert (result.code, double.calls) == (2, [])
    assert f"must be a number or 'never', not {days!r}" in result.err


def test_tokens(double, gradient) -> None:
    limited = replace(TOKEN, name="job", access=Access.WRITE, datasets=("dsa", "dsb"), expires=None, used=WHEN)
    double.tokens = [TOKEN, limited]
    assert (
        gradient("tokens", "list").out
        == """\
+------+-----------------+--------+----------+------------+----------------------+
| Name | ID              | Access | Datasets | Ends       | Last Used            |
+------+-----------------+--------+----------+------------+----------------------+
| ci   | tk5f0c2m81xq9ab | read   | all      | 2021-01-07 | never                |
| job  | tk5f0c2m81xq9ab | write  | dsa      | never      | 2020-10-09 18:17 UTC |
|      |                 |        | dsb      |            |                      |
+------+-----------------+--------+----------+------------+----------------------+
"""
    )
    assert gradient("tokens", "delete", "--id=tk5f0c2m81xq9ab").out == "Deleted token: tk5f0c2m81xq9ab\n"
