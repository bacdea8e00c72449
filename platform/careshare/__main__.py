"""`python -m careshare` is the same as `careshare`."""

from careshare.cli import main

main()
