"""What the files room gives the service that mounts it: jobs, and when files are deleted. It has no pages."""

from typing import Final

from careshare.files.kept import KEPT

__all__ = ["JOBS", "KEPT"]

JOBS: Final = ("careshare.files.jobs",)
