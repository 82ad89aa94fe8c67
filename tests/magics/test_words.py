"""From a line to words: values of Python never break a word."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import Invalid
from jupyter_gradient_data.magics.words import words_of

NAMES = {
    "path": "my photos/a.jpg",
    "quote": 'it\'s "so"',
    "table": {"a b": "x y"},
    "run": SimpleNamespace(name="first run"),
    "count": 3,
    "name": "flowers",
}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("put flowers ./photos/ --to raw", ["put", "flowers", "./photos/", "--to", "raw"]),
        ("", []),
        ("put $name $path", ["put", "flowers", "my photos/a.jpg"]),
        ("put $name:v1/{path}", ["put", "flowers:v1/my photos/a.jpg"]),
        ("-m $quote", ["-m", 'it\'s "so"']),
        ('-m "run {count + 1} of {len(name)}"', ["-m", "run 4 of 7"]),
        ("-m {table['a b']}", ["-m", "x y"]),
        ('-m {table["a b"]}', ["-m", "x y"]),
        ("-m $run.name", ["-m", "first run"]),
        ("-m {name!r}", ["-m", "'flowers'"]),
        ("{name[0:3]}", ["flo"]),
        ("-m '$name'", ["-m", "$name"]),
        ("-m $$name", ["-m", "$name"]),
        ("-m {{name}}", ["-m", "{name}"]),
        ("-m $nobody", ["-m", "$nobody"]),
        ("-m {nobody} $name", ["-m", "{nobody}", "flowers"]),
        ("-m {1/0}", ["-m", "{1/0}"]),
        ("-m 'a { b' $name", ["-m", "a { b", "flowers"]),
        ('$name -m "it\'s {count}"', ["flowers", "-m", "it's 3"]),
        ("-m '{name}'", ["-m", "{name}"]),
        ("$name.csv {name}.csv", ["flowers.csv", "flowers.csv"]),
        ("{ {'}': 'x y'}['}'] }", ["x y"]),
        ("costs 5$ or $5", ["costs", "5$", "or", "$5"]),
        ('-m "it\'s done"', ["-m", "it's done"]),
        (r"my\ photos", ["my photos"]),
    ],
)
def test_words(line, words) -> None:
    assert words_of(line, NAMES) == words


def test_a_quotation_mark_without_a_partner_is_said() -> None:
    with pytest.raises(Invalid, match="quotation mark") as caught:
        words_of("commit -m it's", NAMES)
    assert "double quotes" in caught.value.hint


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co"]), min_size=1))
def test_any_value_is_one_word(value) -> None:
    assert words_of('put $value {value} "{value}"', {"value": value}) == ["put", value, value, value]


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("ab '\"\\#:/*?"), min_size=1)))
def test_quotes_are_those_of_a_shell(words) -> None:
    assert words_of(shlex.join(words), {}) == words


@pytest.mark.parametrize(
    "word", ["flowers:v1/a.csv", "my data", "it's", 'a"b', "a$name", "{name}", "it's $name", "a\\b", "a;", ""]
)
def test_what_is_advised_can_be_typed(word: str) -> None:
    assert words_of(f"info {quoted(word)} x", NAMES) == ["info", word, "x"]
    assert "'\"'\"'" not in quoted("it's")
