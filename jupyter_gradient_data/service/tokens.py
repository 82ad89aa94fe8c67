"""API tokens: made for a job or a kernel, limited in what they allow, revoked at any time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timezone

from jupyter_gradient_data.datasets import catalog
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import check_name
from jupyter_gradient_data.models import Access, ApiToken, NewToken, Page
from jupyter_gradient_data.stores import tokens

from .lifetimes import checked_days

_DAY = 24 * 3600 * 1000  # milliseconds


class TokenRegistry:
    """The API tokens of one team; every server on the same database knows the same.

    Parameters
    ----------
    repository : Repository
        The team's data.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def identify(self, secret: str) -> ApiToken:
        """The token that a secret belongs to.

        Asked of the database each time, which takes less than a millisecond, so that a deleted token ends at once on
        every server.

        Raises
        ------
        Unauthenticated
            There is none, or it has expired.
        """
        token = tokens.find(self._repository.database, self._repository.team, secret)
        if token is None:
            raise ErrorKind.NOT_AUTHENTICATED(reason="the API token given is not one of this server, or was deleted")
        if token.expires is not None and token.expires <= datetime.now(timezone.utc):
            raise ErrorKind.NOT_AUTHENTICATED(reason=f"the API token {token.name!r} has expired")
        with contextlib.suppress(GradientDataError):  # when it was used is worth no refusal
            tokens.note_use(self._repository.database, token)
        return token

    def create(self, name: str, access: Access, datasets: Sequence[str], days: float | None) -> NewToken:
        """Make a token.

        Raises
        ------
        NotFound
            One of the datasets does not exist.
        Invalid
            The name or the number of days cannot be, or an ``admin`` token is limited to datasets.
        """
        name = check_name(name, "API token")
        if access is Access.ADMIN and datasets:
            raise ErrorKind.INVALID_OPTION(
                option="access",
                value=access.value,
                reason="what it allows, storage providers, tokens and upkeep, belongs to no dataset",
                hint="Leave the datasets out, or make the token for reading or writing.",
            )
        days = checked_days(days)
        lifetime = None if days is None else round(days * _DAY)
        ids = dict.fromkeys(catalog.get(self._repository, dataset).id for dataset in datasets)
        return tokens.create(self._repository.database, self._repository.team, name, access, list(ids), lifetime)

    def page(self, limit: int, after: str | None) -> Page[ApiToken]:
        """Tokens by id, also those that have expired."""
        return tokens.page(self._repository.database, self._repository.team, limit, after)

    def delete(self, token: str) -> None:
        """Revoke a token.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        if not tokens.remove(self._repository.database, self._repository.team, token):
            raise ErrorKind.TOKEN_NOT_FOUND(token=token)
