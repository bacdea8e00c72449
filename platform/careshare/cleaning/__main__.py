"""The process that opens one file: `python -m careshare.cleaning TYPE < file > cleaned`.

Ends with status 0 and the cleaned file, or with 3 and a reason. Limits are set before a byte is looked at.
"""

import resource
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from careshare.cleaning.refusing import CannotClean
from careshare.cleaning.running import REFUSED

MEMORY: Final = 1536 * 1024**2
"""Bytes of address space."""
CPU_SECONDS: Final = 60

CLEANERS: Final = {
    "pdf": "careshare.cleaning.pdf",
    "docx": "careshare.cleaning.office",
    "xlsx": "careshare.cleaning.office",
    "jpeg": "careshare.cleaning.picture",
    "png": "careshare.cleaning.picture",
    "txt": "careshare.cleaning.plain",
}
"""The module of each type; its `clean(kind, content)` answers the cleaned file or raises CannotClean."""


def limit() -> None:
    """Little memory, little time, no new files and no core dump with a child's papers in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> int:
    """Clean what comes in."""
    limit()
    sys.dont_write_bytecode = True
    kind = sys.argv[1]
    cleaner: Callable[[str, bytes], bytes] = import_module(CLEANERS[kind]).clean
    try:
        cleaned = cleaner(kind, sys.stdin.buffer.read())
    except CannotClean as refusal:
        sys.stderr.write(refusal.reason)
        return REFUSED
    except MemoryError:
        sys.stderr.write("bomb")
        return REFUSED
    except Exception:  # noqa: BLE001  # a file can break a reader in any way; its text may quote the file, so none is said
        sys.stderr.write("damaged")
        return REFUSED
    sys.stdout.buffer.write(cleaned)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
