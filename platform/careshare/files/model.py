"""What the room answers with."""

from datetime import datetime
from uuid import UUID

import msgspec

from careshare.files.rules import REASONS, State, types


class FileRef(msgspec.Struct, frozen=True):
    """Names one file: its authority and its id, the key that a service's tables point to."""

    authority_id: UUID
    id: UUID


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file without its bytes. `size` in bytes; `sha256` of what is kept, in hexadecimal."""

    authority_id: UUID
    id: UUID
    name: str
    type: str
    size: int
    sha256: str
    state: State
    reason: str | None
    created_at: datetime
    created_by: UUID
    scanned_at: datetime | None

    @property
    def ref(self) -> FileRef:
        return FileRef(self.authority_id, self.id)

    @property
    def label(self) -> str:
        """Its type in words: "PDF"."""
        return types()[self.type].label

    @property
    def why(self) -> str:
        """Why it was refused and what would help, in words; empty where it was not."""
        return "" if self.reason is None else REASONS[self.reason]

    @property
    def notice(self) -> str:
        """What somebody should know before they open it; empty where there is nothing to say."""
        return "No virus scanner has seen this file." if self.state == "not_scanned" else ""

    def may_open(self, *, unscanned: bool) -> bool:
        """Whether it may be opened; `unscanned` where the settings allow what no scanner has seen."""
        return self.state == "clean" or (unscanned and self.state == "not_scanned")
