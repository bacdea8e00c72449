"""What must not travel with a file is taken out of it: who wrote it, where a picture was taken, and programs.

    cleaned = await clean("pdf", content)

Files come from anywhere, so they are opened in a process of their own, with little memory, little time, none of our
settings and nothing else to do. What kills that process is refused as damaged and hurts nobody else.
"""

from careshare.cleaning.refusing import CannotClean
from careshare.cleaning.running import clean

__all__ = ["CannotClean", "clean"]
