"""A team, as a value that cannot be wrong."""

from dataclasses import dataclass

from ftlserver.domain.user import REAL_NAME_RULE, USER_ID_RULE, is_real_name, is_user_id
from ftlserver.errors import InvalidTeamError


@dataclass(frozen=True, slots=True)
class Team:
    """A team; its id and its name are as those of users. Raise InvalidTeamError."""

    id: str
    name: str

    def __post_init__(self) -> None:
        if not is_user_id(self.id):
            raise InvalidTeamError(f"id: {USER_ID_RULE}")
        if not is_real_name(self.name):
            raise InvalidTeamError(f"name: {REAL_NAME_RULE}")
