"""Why a file is not taken. The reasons are codes; `careshare.files.rules` has the words."""

from typing import Final, Literal, get_args

Reason = Literal["damaged", "password", "active", "macros", "bomb", "other_type", "too_many_pixels"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


class CannotClean(Exception):
    """The file is refused; `reason` is the code."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
