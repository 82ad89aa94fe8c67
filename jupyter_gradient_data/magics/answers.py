"""What a verb answers with: a value for Python, and what a person sees of it."""

from __future__ import annotations

from dataclasses import dataclass

from .statement import Fate


@dataclass(frozen=True)
class Answer:
    """The end of a verb that shows something.

    Parameters
    ----------
    value : object
        What ``x = %dataset …`` gives, and afterwards ``_``.
    view : object, optional
        What is shown instead of it, where the value by itself would say less.
    """

    value: object
    view: object = None

    def give(self, fate: Fate, *, is_silent: bool) -> object:
        """What the magic returns; what Python would throw away is shown first, unless that was asked for."""
        if fate is Fate.USED:
            return self.value
        if fate is Fate.SHOWN and self._shows_itself() and not is_silent:
            return self.value
        if not is_silent:
            self._show()
        if fate is Fate.SHOWN:
            _keep_as_last_result(self.value)
        return None

    def _shows_itself(self) -> bool:
        """Whether it is all right when IPython shows the value."""
        return self.view is None

    def _show(self) -> None:
        from IPython.display import display

        display(self.value if self.view is None else self.view)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Text(Answer):
    """The end of a verb that shows text, as it is."""

    def _shows_itself(self) -> bool:
        return False

    def _show(self) -> None:
        text = str(self.value if self.view is None else self.view)
        print(text, end="" if text.endswith("\n") else "\n")


@dataclass(frozen=True)
class Done(Answer):
    """The end of a verb that has done something and said so: nothing more is shown."""

    def _shows_itself(self) -> bool:
        return False

    def _show(self) -> None:
        """It was said."""


def _keep_as_last_result(value: object) -> None:
    """Make a value what ``_`` and ``Out`` give, as if IPython had shown it."""
    from IPython import get_ipython

    shell = get_ipython()
    if value is not None and shell is not None:
        shell.displayhook.update_user_ns(value)
