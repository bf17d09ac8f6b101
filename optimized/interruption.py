"""Exceptions that one thread throws into another, and that cannot come too late.

Python delivers such an exception between two steps of its interpreter, whenever that is. It must never reach code that
it was not meant for. This module is compiled because compiled code has no such steps: neither an exception of another
thread nor Ctrl-C can come in between where a guarded call ends and where throwing is put to an end.
"""

import sys

import cython

WAITING = compile("for _ in range(1000): pass", __name__, "exec")
"""Some steps of the interpreter, in which what was thrown arrives."""


IMPORTING = "<frozen importlib._bootstrap>"
"""Where the code of the import statement is."""

_guards = {}
"""By thread, the guard of the innermost call."""


class Recalled(BaseException):
    """Stands in for an exception that came too late."""


class Insistent(BaseException):
    """Thrown again as soon as it is caught, as long as the guarded call goes on: for who swallows all the others.

    The interpreter makes the instance when it comes to a handler. The next one is then on its way, and arrives in the
    handler. Cleaning up fares no better, so first throw something that can be handled.
    """

    def __init__(self):
        guard = _guards.get(PyThread_get_thread_ident())
        if guard is not None:
            guard.throw(type(self))


@cython.cclass
class Guard:
    """One call at a time, into which other threads may throw. ``thrown``: whether one has, since the call began."""

    def __cinit__(self):
        self.running = False
        self.thrown = False

    def call(self, body):
        """Call ``body`` in this thread, and give what it gives."""
        self.begin()
        try:
            return body()
        finally:
            self.end()

    def throw(self, kind, spare_imports: bool = False) -> bool:
        """Raise an exception of the kind in the midst of the call. False, and nothing, where there is none.

        ``spare_imports``: not while the call imports a module, which might not be importable any more.
        """
        if not self.running:
            return False
        if spare_imports and self.is_importing():
            return True
        self.thrown = True
        PyThreadState_SetAsyncExc(self.thread, kind)
        return True

    def is_importing(self) -> cython.bint:
        """Say whether the call is within an import statement."""
        frame = sys._current_frames().get(self.thread)
        while frame is not None and frame is not self.caller:
            if frame.f_code.co_filename == IMPORTING:
                return True
            frame = frame.f_back
        return False

    def begin(self) -> cython.int:
        """Let other threads interrupt this one.

        From here on others may throw.
        """
        self.thread = PyThread_get_thread_ident()
        self.outer = _guards.get(self.thread)
        _guards[self.thread] = self
        self.caller = sys._getframe()
        self.thrown = False
        self.running = True
        return 0

    def end(self) -> cython.int:
        """End that others may interrupt this thread.

        Nobody throws any more, and nothing is on its way. Ctrl-C that comes meanwhile is raised.

        Setting no exception in place of one that is on its way would not do: the interpreter would go on looking for
        it at every step, and Python 3.11 never gets beyond the first line of a function that is being traced meanwhile.
        So another one is sent, and caught; and sent again if a finalizer was run meanwhile, and swallowed it.
        """
        self.running = False
        self.caller = None
        if self.outer is None:
            del _guards[self.thread]
        else:
            _guards[self.thread] = self.outer
        interruption = None
        while self.thrown:
            PyThreadState_SetAsyncExc(self.thread, Recalled)
            try:
                exec(WAITING, {})
            except Recalled:
                break
            except BaseException as error:
                interruption = error
        if interruption is not None:
            raise interruption
        return 0
