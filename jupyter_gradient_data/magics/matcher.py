"""Tab in a cell: IPython asks this for every line, so a line that is not ours must cost nothing."""

from __future__ import annotations

import re
from typing import cast

from IPython.core.completer import CompletionContext, SimpleMatcherResult, context_matcher

_LINE = re.compile(r"\s*(?:[\w.,\s*\[\]\"']+=\s*)?%%?dataset\s(?P<words>.*)")


@context_matcher(identifier="gradient.dataset", priority=10)  # type: ignore[untyped-decorator]
def match_dataset_line(context: CompletionContext) -> SimpleMatcherResult:
    """What may follow on a line of ``%dataset`` or ``%%dataset``, also in ``d = %dataset …``."""
    found = _LINE.fullmatch(context.text_until_cursor)
    if found is None:
        return cast(SimpleMatcherResult, {"completions": []})  # a new one: IPython writes into it
    from .completion import complete  # here: most people never press Tab on such a line

    return complete(found["words"])
