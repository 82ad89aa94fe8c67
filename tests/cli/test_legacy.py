"""Tables, sentences and checks of the original command, byte for byte.

The tables are those of its own tests (Paperspace/gradient-cli, tests/functional), for the same ids and values.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo, S3Config, VersionState
from tests.cli.double import DATASET, MANAGED, PROVIDER, TAG, VERSION

DATASETS = """\
+-------+-----------------+-------------------------+
| Name  | ID              | Storage Provider        |
+-------+-----------------+-------------------------+
| test1 | dsttn2y7j1ux882 | test1 (spltautet072md4) |
+-------+-----------------+-------------------------+
"""
DATASET_DETAILS = """\
+-----------------+-------------------------+
| Name            | test1                   |
+-----------------+-------------------------+
| ID              | dsttn2y7j1ux882         |
| Description     |                         |
| StorageProvider | test1 (spltautet072md4) |
+-----------------+-------------------------+
"""
VERSIONS = """\
+-------------------------+---------+-------+
| ID                      | Message | Tags  |
+-------------------------+---------+-------+
| dsttn2y7j1ux882:1rn19s2 |         | hello |
+-------------------------+---------+-------+
"""
VERSION_DETAILS = """\
+-----------+-------------------------+
| ID        | dsttn2y7j1ux882:1rn19s2 |
+-----------+-------------------------+
| Message   |                         |
| Committed | true                    |
| Tags      | hello                   |
+-----------+-------------------------+
"""
TAGS = """\
+-------------------------+-------+
| ID                      | Name  |
+-------------------------+-------+
| dsttn2y7j1ux882:1rn19s2 | hello |
+-------------------------+-------+
"""
FILES = """\
+-----------+------+
| Name      | Size |
+-----------+------+
| hello.txt | 12   |
+-----------+------+
"""
PROVIDERS = """\
+-------+-----------------+------+---------------------------------+
| Name  | ID              | Type | Config                          |
+-------+-----------------+------+---------------------------------+
| test1 | spltautet072md4 | s3   | accessKey: AKIBAEG7J3OJ24XAV33B |
|       |                 |      | bucket: bucket                  |
|       |                 |      | secretAccessKey: ********       |
+-------+-----------------+------+---------------------------------+
"""
PROVIDER_DETAILS = """\
+--------+---------------------------------+
| Name   | test1                           |
+--------+---------------------------------+
| ID     | spltautet072md4                 |
| Type   | s3                              |
| Config | accessKey: AKIBAEG7J3OJ24XAV33B |
|        | bucket: bucket                  |
|        | secretAccessKey: ********       |
+--------+---------------------------------+
"""
ID, REF = "--id=dsttn2y7j1ux882", "--id=dsttn2y7j1ux882:1rn19s2"
KEYS = ["--accessKey=AKIBAEG7J3OJ24XAV33B", "--secretAccessKey=bla"]


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["datasets", "list"], DATASETS),
        (["datasets", "details", ID], DATASET_DETAILS),
        (
            ["datasets", "create", "--name=test1", "--storageProviderId=spltautet072md4"],
            "Created dataset: dsttn2y7j1ux882\n",
        ),
        (["datasets", "update", ID, "--description=Test dataset"], "Updated dataset: dsttn2y7j1ux882\n"),
        (["datasets", "delete", ID], "Deleted dataset: dsttn2y7j1ux882\n"),
        (["datasets", "versions", "list", ID], VERSIONS),
        (["datasets", "versions", "details", REF], VERSION_DETAILS),
        (["datasets", "versions", "create", ID], "Created dataset version: dsttn2y7j1ux882:1rn19s2\n"),
        (
            ["datasets", "versions", "update", REF, "--message=Test message"],
            "Updated dataset version: dsttn2y7j1ux882:1rn19s2\n",
        ),
        (["datasets", "versions", "commit", REF], "Dataset version already committed\n"),
        (["datasets", "versions", "delete", REF], "Deleted dataset version: dsttn2y7j1ux882:1rn19s2\n"),
        (["datasets", "tags", "list", ID], TAGS),
        (["datasets", "tags", "set", REF, "--name=hello"], "Set dataset tag: dsttn2y7j1ux882:hello\n"),
        (["datasets", "tags", "delete", "--id=dsttn2y7j1ux882:hello"], "Deleted dataset tag: dsttn2y7j1ux882:hello\n"),
        (["datasets", "files", "list", REF], FILES),
        (["datasets", "files", "put", REF, "--source-path=x"], ""),
        (["datasets", "files", "get", REF, "--target-path=x"], ""),
        (["datasets", "files", "delete", REF], ""),
        (["storageProviders", "list"], PROVIDERS),
        (["storageProviders", "details", "--id=spltautet072md4"], PROVIDER_DETAILS),
        (
            ["storageProviders", "create", "s3", "--name=test1", "--bucket=bucket", *KEYS],
            "Created new storage provider with id: spltautet072md4\n",
        ),
        (
            ["storageProviders", "update", "s3", "--id=spltautet072md4", "--name=test2"],
            "Updated storage provider\n",
        ),
        (["storageProviders", "delete", "--id=spltautet072md4"], "Deleted storage provider: spltautet072md4\n"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("key", [[], ["--apiKey", "secret"]], ids=["", "apiKey"])
def test_prints_what_the_original_printed(double, gradient, arguments, output, key) -> None:
    result = gradient(*arguments, *key)
    assert (result.code, result.out, result.err) == (0, output, "")


def test_commit_of_an_uncommitted_version(double, gradient) -> None:
    double.version = replace(VERSION, state=VersionState.UNCOMMITTED)
    assert gradient("datasets", "versions", "commit", REF).out == (
        "Committed dataset version: dsttn2y7j1ux882:1rn19s2\n"
    )


def test_create_with_source_paths_puts_and_commits(double, gradient, tmp_path) -> None:
    source = str(tmp_path) + "/"
    result = gradient("datasets", "versions", "create", ID, "--message", "m", "--source-path", source)
    assert result.out == (
        "Created dataset version: dsttn2y7j1ux882:1rn19s2\nCommitted dataset version: dsttn2y7j1ux882:1rn19s2\n"
    )
    assert double.calls == [
        ("create_version", ("dsttn2y7j1ux882",), {"message": "m", "start_from": None}),
        ("put_files", ("dsttn2y7j1ux882:1rn19s2", (source,), "/"), {}),
        ("commit_version", ("dsttn2y7j1ux882:1rn19s2",), {}),
        ("close", (), {}),
    ]


def test_source_paths_are_checked_before_anything_is_made(double, gradient, tmp_path) -> None:
    result = gradient("datasets", "versions", "create", ID, "--source-path", str(tmp_path / "nowhere"))
    assert (result.code, double.calls) == (2, [])
    assert result.err == (f"There is no file or folder {tmp_path / 'nowhere'}.\nCheck the path and try again.\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["datasets", "details", "--id=:v"], "is missing the dataset ID (ex: dsr8k5qzn401lb5)"),
        (["datasets", "details", "--id=ds:v"], "should not have a version/tag (ex: dsr8k5qzn401lb5)"),
        (["datasets", "tags", "list", "--id=ds:v"], "should not have a version/tag (ex: dsr8k5qzn401lb5)"),
        (["datasets", "versions", "create", "--id=ds:v"], "should not have a version/tag (ex: dsr8k5qzn401lb5)"),
        (["datasets", "versions", "commit", "--id=ds"], "is missing the version (ex: dsr8k5qzn401lb5:klfoyy9)"),
        (["datasets", "files", "list", "--id=ds:"], "is missing the version (ex: dsr8k5qzn401lb5:klfoyy9)"),
        (["datasets", "files", "list", "--id=:v"], "is missing the dataset ID (ex: dsr8k5qzn401lb5:klfoyy9)"),
        (["datasets", "tags", "delete", "--id=ds"], "is missing the tag (ex: dsr8k5qzn401lb5:prod)"),
        (["datasets", "tags", "set", "--id=ds", "--name=a"], "is missing the version (ex: dsr8k5qzn401lb5:klfoyy9)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_shapes_of_id_are_usage_errors(double, gradient, arguments, complaint) -> None:
    result = gradient(*arguments)
    assert (result.code, result.out, double.calls) == (2, "", [])
    assert f"Error: The '--id' option {complaint}\n" in result.err


@pytest.mark.parametrize(
    ("arguments", "prefix"),
    [
        (["datasets", "list"], "Failed to fetch data"),
        (["datasets", "details", ID], "Failed to fetch data"),
        (["datasets", "update", ID], "Failed to fetch data"),
        (["datasets", "create", "--name=a"], "Failed to create resource"),
        (["datasets", "delete", ID], "Failed to delete resource"),
        (["datasets", "versions", "create", ID], "Failed to create resource"),
        (["datasets", "versions", "commit", REF], "Failed to fetch data"),
        (["datasets", "versions", "delete", REF], "Failed to delete resource"),
        (["datasets", "tags", "set", REF, "--name=a"], "Failed to fetch data"),
        (["datasets", "tags", "delete", REF], "Failed to delete resource"),
        (["datasets", "files", "put", REF, "--source-path=x"], "Failed to fetch data"),
        (["storageProviders", "list"], "Failed to fetch data"),
        (["storageProviders", "delete", "--id=x"], "Failed to delete resource"),
        (["storageProviders", "create", "s3", "--name=a", "--bucket=b", *KEYS], "Failed to create resource"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_failures_begin_as_they_did_and_now_have_an_exit_code(double, gradient, arguments, prefix) -> None:
    double.error = ErrorKind.DATASET_NOT_FOUND(dataset="dsx")
    result = gradient(*arguments)
    assert (result.code, result.out) == (3, "")
    assert result.err == f"{prefix}: There is no dataset dsx.\n`gradient datasets list` shows what there is.\n"


def test_new_commands_have_no_prefix(double, gradient) -> None:
    double.error = ErrorKind.DATASET_NOT_FOUND(dataset="dsx")
    assert gradient("datasets", "verify", "dsx").err.startswith("There is no dataset dsx.\n")


@pytest.mark.parametrize("value", ["true", "false", "1", "0", "yes", "no"])
def test_is_committed(double, gradient, value) -> None:
    assert gradient("datasets", "versions", "list", ID, "--isCommitted", value).code == 0
    assert double.calls[0][2]["committed"] is (value in ("true", "1", "yes"))


def test_files_of_a_folder_are_named_relative_to_it(double, gradient) -> None:
    double.files = [FileInfo("src/lib/", 0, "", is_folder=True), FileInfo("src/a.txt", 5, "")]
    result = gradient("datasets", "files", "list", REF, "--path", "/src/", "--recursive", "false")
    assert [line.split() for line in result.out.splitlines()[3:5]] == [
        ["|", "lib/", "|", "|"],
        ["|", "a.txt", "|", "5", "|"],
    ]
    assert double.calls[0] == ("list_files", ("dsttn2y7j1ux882:1rn19s2", "/src/"), {"recursive": False})


def test_a_single_file_is_listed_by_its_name(double, gradient) -> None:
    double.files = [FileInfo("src/a.txt", 5, "")]
    assert "| a.txt | 5    |" in gradient("datasets", "files", "list", REF, "--path", "src/a.txt").out


def test_lists_without_items(double, gradient) -> None:
    double.datasets = []
    assert gradient("datasets", "list").out == "No data found\n"


def test_config_shows_five_lines_in_lists_and_all_in_details(double, gradient) -> None:
    config = S3Config("bucket", "AK", "https://s3.example.org", "eu", "v4", "path")
    double.providers = [replace(PROVIDER, s3=config, quota_bytes=10 * 1024**3)]
    cells = [line.split("|")[4].strip() for line in gradient("storageProviders", "list").out.splitlines()[3:-1]]
    assert cells == [
        "accessKey: AK",
        "addressing: path",
        "bucket: bucket",
        "endpoint: https://s3.example.org",
        "quota: 10.0 GiB",
        "...",
    ]
    details = gradient("storageProviders", "details", "--id=spltautet072md4").out
    assert "|        | secretAccessKey: ********        |\n|        | signatureVersion: v4             |" in details


def test_gradient_managed_appears_as_a_provider(double, gradient) -> None:
    double.providers = [MANAGED]
    assert (
        gradient("storageProviders", "list").out
        == """\
+------------------+-----------------+------+----------------+
| Name             | ID              | Type | Config         |
+------------------+-----------------+------+----------------+
| Gradient Managed | spmanaged000001 | s3   | managed: true  |
|                  |                 |      | quota: 5.0 GiB |
|                  |                 |      | used: 1.5 KiB  |
+------------------+-----------------+------+----------------+
"""
    )


def test_messages_of_several_lines_and_wide_characters_stay_aligned(double, gradient) -> None:
    double.versions = [replace(VERSION, message="first\nsecond"), replace(VERSION, message="数据集", tags=())]
    assert (
        gradient("datasets", "versions", "list", ID).out
        == """\
+-------------------------+---------+-------+
| ID                      | Message | Tags  |
+-------------------------+---------+-------+
| dsttn2y7j1ux882:1rn19s2 | first   | hello |
|                         | second  |       |
| dsttn2y7j1ux882:1rn19s2 | 数据集  |       |
+-------------------------+---------+-------+
"""
    )


def test_names_cannot_move_the_cursor_or_break_a_row(double, gradient) -> None:
    double.tags = [replace(TAG, name="\x1b[2Jred\nrow\u202e")]
    assert "| dsttn2y7j1ux882:1rn19s2 | \\x1b[2Jred\\nrow\\u202e |\n" in gradient("datasets", "tags", "list", ID).out


def test_options_file(double, gradient, tmp_path) -> None:
    file = tmp_path / "options.yaml"
    file.write_text("id: dsttn2y7j1ux882:1rn19s2\nsource-path: one\ntarget-path: /from/file\napiKey: null\nmore: 1\n")
    result = gradient("datasets", "files", "put", "--optionsFile", str(file), "--target-path", "/from/line")
    assert result.code == 0
    assert double.calls[0] == ("put_files", ("dsttn2y7j1ux882:1rn19s2", ("one",), "/from/line"), {})


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "\xff"])
def test_options_file_that_is_none(double, gradient, tmp_path, text) -> None:
    file = tmp_path / "options.yaml"
    file.write_bytes(text.encode("latin-1"))
    result = gradient("datasets", "list", "--optionsFile", str(file))
    assert result.code == 2
    assert f"{file} is not a YAML file of options" in result.err


def test_create_options_file_makes_a_template_that_works(double, gradient, tmp_path) -> None:
    file = tmp_path / "template.yaml"
    put = ["datasets", "files", "put"]
    result = gradient(*put, REF, "--source-path", "a", "--source-path", "b", "--createOptionsFile", str(file))
    assert (result.code, result.out, result.err, double.calls) == (0, "", "", [])
    assert file.stat().st_mode & 0o077 == 0
    assert gradient(*put, "--optionsFile", str(file)).code == 0
    assert double.calls[0] == ("put_files", ("dsttn2y7j1ux882:1rn19s2", ("a", "b"), "/"), {})


def test_create_options_file_needs_no_other_option(double, gradient, tmp_path) -> None:
    file = tmp_path / "template.yaml"
    assert gradient("datasets", "create", "--createOptionsFile", str(file)).code == 0
    assert file.read_text() == "apiKey: null\ndescription: null\nname: null\nstorageProviderId: null\n"


def test_dataset_without_a_provider(double, gradient) -> None:
    assert gradient("datasets", "create", "--name", DATASET.name).code == 0
    assert double.calls[0] == ("create_dataset", ("test1",), {"description": "", "provider": None})
