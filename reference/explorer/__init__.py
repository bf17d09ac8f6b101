"""The explorer: a program of several workers, run under every schedule that is worth a try.

It knows nothing of what the workers do. A program (:class:`Program`) gives fresh workers, callables, each time it is
started; a worker calls the point that it was started with before each of its actions::

    from samestate.reference.explorer import Kind, Label, explore

    LOOK = Label("look for a task", Kind.LOOK)
    TAKE = Label("take a task")

    class MyProgram:
        def start(self, point):             # -> the workers, as callables without arguments
            tasks = [1, 2, 3]
            def work():
                while True:
                    point(LOOK)
                    if not tasks:
                        return
                    point(TAKE)
                    tasks.pop()
            return [work, work]
        def inspect(self): ...              # after every ACT; raise Violation("name of the invariant", "detail")
        def finish(self): ...               # at the end; raise Violation(RESULT, "the first difference")

    exploration = explore(MyProgram(), preemptions=2)
    print(exploration.runs, exploration.first and exploration.first.text(4))

This program has a bug, which one preemption shows: a worker looks for a task and takes one in two actions, and somebody
else may have taken the last in between. It prints::

    3 crash: worker 0: IndexError: pop from empty list
    schedule: at point 1 worker 1 goes on
        5  worker 1  take a task
        6  worker 1  look for a task
        7  worker 1  take a task
        8  worker 1  look for a task

Only one worker runs at a time, in a greenlet of the calling thread, and it runs from one of its points to the next
without interruption. Workers that are compiled call the point too: from C++ through a hook that gets a number, and
translates it to a :class:`Label` made once at import. Rules for workers:

- A point stands right *before* each action that others can notice. :attr:`Kind.LOOK` says that the action changes
  nothing, :attr:`Kind.OWN` that nobody else could notice it; every other action is an :attr:`Kind.ACT`.
- A worker that found nothing to do calls ``point(IDLE)`` once each time round, and never waits in any other way: it
  must hold no lock of the operating system and not sleep. Where every worker is idle several times in a row and no
  ACT was passed in between, nobody can wake them any more: a lost wake-up.
- A worker that took something and found nothing in it is not idle: an idle point says that going round again would be
  just the same. (The explorer does not stop a worker that is idle, so a point too many would hide schedules.)
- ``point`` returns when it is the worker's turn. It may raise (also ``GreenletExit``) where the run is over: the worker
  lets that pass, and gives up. A compiled worker unwinds, at the latest at its next point. Points of a run that is over
  return at once.
- Where a worker has finished and several others are left, that is a point as well: any of them may go on.
- Nothing may depend on time, addresses, or the order of sets: the same schedule has to give the same run.
- An ordinary exception that leaves a worker is reported as a "crash"; a worker that knows what is wrong raises
  :class:`Violation`.
"""

from samestate.reference.explorer.document import MOST_WORKERS, ScheduleDocument, read_schedule
from samestate.reference.explorer.driver import Choice, Driver, Limit, Passed, Progress, Worker
from samestate.reference.explorer.exploring import (
    Exploration,
    ExploredRun,
    Program,
    describe,
    explore,
    limit_after,
    replay,
    run_once,
    sample,
)
from samestate.reference.explorer.points import FINISHED, IDLE, Kind, Label, Point, pass_by
from samestate.reference.explorer.policy import Policy, RandomTurns, Schedule, Switch, Turns
from samestate.reference.explorer.violation import CRASH, LIVELOCK, LOST_WAKE_UP, OUT_OF_POINTS, RESULT, Violation

__all__ = [
    "CRASH",
    "FINISHED",
    "IDLE",
    "LIVELOCK",
    "LOST_WAKE_UP",
    "MOST_WORKERS",
    "OUT_OF_POINTS",
    "RESULT",
    "Choice",
    "Driver",
    "Exploration",
    "ExploredRun",
    "Kind",
    "Label",
    "Limit",
    "Passed",
    "Point",
    "Policy",
    "Program",
    "Progress",
    "RandomTurns",
    "Schedule",
    "ScheduleDocument",
    "Switch",
    "Turns",
    "Violation",
    "Worker",
    "describe",
    "explore",
    "limit_after",
    "pass_by",
    "read_schedule",
    "replay",
    "run_once",
    "sample",
]
