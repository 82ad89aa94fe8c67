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
        What ``x = %dataset …`` gives.
    view : object, optional
        What is shown instead of it, when the value would say less.
    """

    value: object
    view: object = None

    def give(self, fate: Fate, *, is_silent: bool) -> object:
        """What the magic returns; what Python would throw away is shown first, unless that was asked for."""
        shown = self.value if self.view is None else self.view
        if fate is Fate.USED:
            return self.value
        if fate is Fate.SHOWN and type(self) is Answer and not is_silent:
            return shown
        if not is_silent:
            self._show(shown)
        return None

    def _show(self, shown: object) -> None:
        from IPython.display import display

        display(shown)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Text(Answer):
    """The end of a verb that shows text, as it is."""

    def _show(self, shown: object) -> None:
        print(shown, end="" if str(shown).endswith("\n") else "\n")


@dataclass(frozen=True)
class Done(Answer):
    """The end of a verb that has done something and said so: nothing more is shown."""

    def give(self, fate: Fate, *, is_silent: bool) -> object:
        """The value, for whoever asks for it."""
        return self.value if fate is Fate.USED else None
