# Exceptions from other threads: see interruption.py.

cdef extern from "Python.h":
    int PyThreadState_SetAsyncExc(unsigned long thread, object exception)
    unsigned long PyThread_get_thread_ident()

cdef class Guard:
    cdef unsigned long thread
    cdef object outer
    cdef object caller
    cdef readonly bint running
    cdef readonly bint thrown
    cdef bint is_importing(self) except -1
    cdef int begin(self) except -1
    cdef int end(self) except -1
