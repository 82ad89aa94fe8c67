"""What all handles have in common."""

from __future__ import annotations

from typing import Any

from jupyter_gradient_data.service.api import DataService

from .service import current_service


class Handle:
    """Knows the service and the facts that it saw last.

    It can be sent to another process, as ``multiprocessing``, joblib and Dask do; there it works on the service of that
    process, since no connection can be sent.
    """

    _service: DataService

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_service"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _service=current_service())
