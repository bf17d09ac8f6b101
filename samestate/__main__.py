"""`python -m samestate` is the command `samestate`."""

from samestate.conformance.command import main

main()
