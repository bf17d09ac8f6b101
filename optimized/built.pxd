# What the compiler was told on its command line (setup.py).

cdef extern from *:
    const char* SAMESTATE_SOURCES
