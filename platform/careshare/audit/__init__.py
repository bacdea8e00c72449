"""The audit record: what was read and changed, by whom, for which authority, for what purpose.

Insert-only for every role. Entries are sealed in batches into a hash chain whose head is published outside the
database; `careshare audit verify` finds a changed, missing or added entry.
"""

from careshare.audit.record import Shown, erase, record, record_shown

__all__ = ["Shown", "erase", "record", "record_shown"]
