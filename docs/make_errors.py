"""Writes docs/errors.md from `jupyter_gradient_data.errors`; a test fails when it is out of date."""

from __future__ import annotations

import re
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

PAGE = Path(__file__).parent / "errors.md"

_HEAD = """\
# Errors

<!-- Written by docs/make_errors.py: run `make docs` after a change of errors.py. -->

Every error says in one sentence what happened, naming the thing, and in one more what to do next. The command prints
both to standard error and ends with the exit code below; the Python library raises a subclass of `GradientDataError`
with `kind`, `message`, `hint` and `details`. The code in the first column never changes, so a script can match on it:

```python
from jupyter_gradient_data.errors import ErrorKind, NotFound

try:
    service.get_dataset("flowers")
except NotFound as error:
    print(error.kind.code)  # dataset_not_found
```

Words in capitals stand for what the sentence is about.
"""


def render() -> str:
    """The text of the page."""
    classes = list(dict.fromkeys(kind.error_class for kind in ErrorKind))
    return "\n".join([_HEAD, *(_section(error_class) for error_class in sorted(classes, key=lambda c: c.exit_code))])


def _section(error_class: type[GradientDataError]) -> str:
    about = (error_class.__doc__ or "").splitlines()[0]
    rows = [_row(kind) for kind in ErrorKind if kind.error_class is error_class]
    status = f"Exit code {error_class.exit_code}, HTTP status {error_class.http_status}."
    table = ["| Code | What happened | What to do next |", "| --- | --- | --- |", *rows]
    return "\n".join([f"## {error_class.__name__}", "", f"{about} {status}", "", *table, ""])


def _row(kind: ErrorKind) -> str:
    return f"| `{kind.code}` | {_readable(kind.sentence)} | {_readable(kind.next_step)} |"


def _readable(sentence: str) -> str:
    """A template as a person reads it: ``{dataset!r}`` becomes ``DATASET``."""
    words = re.sub(r"\{(\w+)[^}]*\}", lambda match: match[1].upper(), sentence)
    parts = words.split("`")  # what stands in backticks needs no escape
    parts[::2] = [re.sub(r"([<>*_|])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
