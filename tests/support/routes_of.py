"""Prints what a Jupyter server with all its extensions serves below ``/gradient``, one JSON object for each handler.

To be run as a program, so that the server it makes is the only one of its process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jupyter_server.serverapp import ServerApp
from tornado.routing import RuleRouter

from jupyter_gradient_data.server.operations import operation_of

VERBS = ("get", "head", "post", "put", "patch", "delete")


def describe(pattern: str, handler: Any) -> dict[str, Any]:
    """A route as JSON."""
    verbs = {}
    for verb in VERBS:
        method = getattr(handler, verb, None)
        answers = method is not None and "_unimplemented_method" not in repr(method)
        operation = operation_of(handler, verb)
        if answers and not (verb == "head" and verbs.get("get") is None):
            verbs[verb] = operation and {
                "action": operation.action,
                "resource": operation.resource,
                "signed": operation.signed,
                "wrapped": method is not operation.function,
            }
    return {"pattern": pattern, "handler": f"{handler.__module__}.{handler.__name__}", "verbs": verbs}


def walk(router: RuleRouter) -> list[tuple[str, Any]]:
    """All patterns and what answers there."""
    found = []
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            found += walk(rule.target)
        elif hasattr(rule.matcher, "regex"):
            found.append((rule.matcher.regex.pattern, rule.target))
    return found


def main() -> None:
    """Make a server that serves nobody, and look."""
    app = ServerApp()
    app.initialize([f"--ServerApp.root_dir={sys.argv[1]}", "--ServerApp.base_url=/hub/"], new_httpserver=False)
    for pattern, handler in walk(app.web_app.default_router):
        if "gradient" in pattern or "gradient" in getattr(handler, "__module__", ""):
            print(json.dumps(describe(pattern, handler)))


if __name__ == "__main__":
    main()
