"""What this build was made from. Compiled last of all, so that a build which broke off never carries the new digest."""

import cython

SOURCES = SAMESTATE_SOURCES.decode() if cython.compiled else ""
