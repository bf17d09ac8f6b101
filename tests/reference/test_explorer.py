"""The explorer on programs that have nothing to do with blocks: what it runs, finds, and gives again."""

from __future__ import annotations

import contextlib
import io
import textwrap
from collections.abc import Callable, Sequence
from math import factorial

import pytest

from samestate.reference import explorer
from samestate.reference.explorer import (
    CRASH,
    FINISHED,
    IDLE,
    LIVELOCK,
    LOST_WAKE_UP,
    OUT_OF_POINTS,
    RESULT,
    ExploredRun,
    Kind,
    Label,
    Limit,
    Point,
    RandomTurns,
    Schedule,
    Switch,
    Turns,
    Violation,
    Worker,
    explore,
    replay,
    run_once,
    sample,
)

READ = Label("read", Kind.LOOK)
WRITE = Label("write")
COMPUTE = Label("compute", Kind.OWN)


class Counting:
    """Workers that add one to a counter, in so many steps."""

    def __init__(self, workers: int = 2, own_steps: int = 0) -> None:
        self.workers = workers
        self.own_steps = own_steps
        self.count = 0

    def start(self, point: Point) -> Sequence[Worker]:
        self.count = 0

        def work() -> None:
            point(READ)
            count = self.count
            for _ in range(self.own_steps):
                point(COMPUTE)
            point(WRITE)
            self.count = count + 1

        return [work] * self.workers

    def inspect(self) -> None:
        if self.count > self.workers:
            raise Violation("never too many", str(self.count))

    def finish(self) -> None:
        if self.count != self.workers:
            raise Violation(RESULT, f"{self.count} of {self.workers}")


def test_without_preemption_one_worker_ends_before_the_next_begins() -> None:
    report = run_once(Counting(), Schedule(), keep_trace=True)
    assert report.violation is None
    assert [(passed.worker, passed.label) for passed in report.trace] == [(0, READ), (0, WRITE), (1, READ), (1, WRITE)]


def test_one_preemption_finds_the_lost_update_and_says_how_to_see_it_again() -> None:
    exploration = explore(Counting(), preemptions=1)
    assert exploration.first is not None
    assert exploration.first.schedule == (Switch(1, 1),)
    assert exploration.first.text().splitlines()[:2] == [
        "result: 1 of 2",
        "schedule: at point 1 worker 1 goes on",
    ]
    again = run_once(Counting(), Schedule(exploration.first.schedule), keep_trace=True)
    assert again.trace == exploration.first.trace
    assert str(again.violation) == "result: 1 of 2"


class Ordering:
    """Workers that do nothing but act, each so often. ``orders``: in which order they did so, for every run."""

    def __init__(self, workers: int, actions: int) -> None:
        self.workers = workers
        self.actions = actions
        self.orders: list[tuple[int, ...]] = []

    def start(self, point: Point) -> Sequence[Worker]:
        self.order: list[int] = []

        def worker(number: int) -> Worker:
            def work() -> None:
                for _ in range(self.actions):
                    point(WRITE)
                    self.order.append(number)

            return work

        return [worker(number) for number in range(self.workers)]

    def inspect(self) -> None: ...

    def finish(self) -> None:
        self.orders.append(tuple(self.order))


@pytest.mark.parametrize(("workers", "actions"), [(2, 3), (3, 1), (3, 2), (4, 1)])
def test_all_interleavings_are_run_once_each(workers: int, actions: int) -> None:
    """The orders of all actions, once preemptions are not bounded: in each, every worker's own are in order."""
    program = Ordering(workers, actions)
    exploration = explore(program, preemptions=workers * actions)
    assert exploration.complete
    assert len(set(program.orders)) == factorial(workers * actions) // factorial(actions) ** workers
    assert exploration.runs == len(program.orders) == len(set(program.orders))


def test_where_a_worker_has_finished_any_of_the_others_may_go_on() -> None:
    """That is a point with a number, unless one alone is left: so it can be preempted at, and given again."""
    report = run_once(Ordering(3, 1), Schedule([Switch(1, 2)]), keep_trace=True)
    assert [(passed.worker, passed.label) for passed in report.trace] == [
        (0, WRITE),
        (0, FINISHED),
        (2, WRITE),
        (1, WRITE),
    ]
    assert report.points == 4
    random = run_once(Ordering(3, 2), RandomTurns(3, 0.6))
    again = run_once(Ordering(3, 2), Schedule(random.schedule))
    assert (again.schedule, again.points) == (random.schedule, random.points)


def test_inspection_sees_the_moment_after_a_worker_has_finished() -> None:
    class Last(Ordering):
        def inspect(self) -> None:
            if self.order == [0]:
                raise Violation("never worker 0 alone", "")

    report = run_once(Last(3, 1), Schedule(), keep_trace=True)
    assert report.violation is not None
    assert report.trace[-1].label is FINISHED


def test_the_bound_is_on_preemptions_and_runs_with_fewer_come_first() -> None:
    reports: list[ExploredRun] = []
    exploration = explore(Counting(workers=1), preemptions=2, on_run=reports.append)
    assert (exploration.complete, exploration.runs) == (True, 1)
    reports.clear()
    exploration = explore(Ordering(2, 3), preemptions=2, on_run=reports.append)
    assert exploration.complete
    lengths = [len(report.schedule) for report in reports]
    assert lengths == sorted(lengths)
    assert max(lengths) == 2
    assert len({report.schedule for report in reports}) == len(reports) == exploration.runs


def test_what_goes_on_from_a_wrong_schedule_is_not_run_and_so_not_all_is() -> None:
    class AlwaysWrong(Ordering):
        def finish(self) -> None:
            raise Violation(RESULT, "whatever the order")

    exploration = explore(AlwaysWrong(2, 3), preemptions=2, stop_at=1000)
    assert (exploration.runs, len(exploration.violations)) == (1, 1)
    assert not exploration.complete


def test_steps_that_concern_nobody_else_add_no_schedules() -> None:
    short, long = Counting(), Counting(own_steps=50)
    assert explore(short, 2, stop_at=1000).runs == explore(long, 2, stop_at=1000).runs


def test_random_schedules_are_given_by_their_seed_and_replayed_by_their_switches() -> None:
    one, other = run_once(Counting(5), RandomTurns(7, 0.5)), run_once(Counting(5), RandomTurns(7, 0.5))
    assert one.schedule == other.schedule != ()
    again = run_once(Counting(5), Schedule(one.schedule), keep_trace=True)
    assert (again.schedule, str(again.violation)) == (one.schedule, str(one.violation))
    exploration = sample(Counting(3), range(50))
    assert exploration.first is not None and exploration.first.violation is not None


def test_workers_in_turns_are_replayed_too() -> None:
    report = run_once(Counting(3, own_steps=5), Turns(2))
    assert run_once(Counting(3, own_steps=5), Schedule(report.schedule)).points == report.points


class Waiting:
    """Worker 0 raises a flag for which worker 1 waits; ``careless`` workers look first, and sleep until woken later."""

    def __init__(self, careless: bool) -> None:
        self.careless = careless

    def start(self, point: Point) -> Sequence[Worker]:
        self.flag, self.asleep = False, False

        def raise_flag() -> None:
            point(WRITE)
            self.flag = True
            point(WRITE)
            self.asleep = False

        def wait() -> None:
            point(READ)
            if self.flag:
                return
            if self.careless:
                point(WRITE)
                self.asleep = True
                while self.asleep:
                    point(IDLE)
            while not self.flag:
                point(IDLE)

        return [wait, raise_flag]

    def inspect(self) -> None: ...

    def finish(self) -> None: ...


def test_a_lost_wake_up_is_found() -> None:
    """The flag goes up, and the sleeper is woken, between its look and its sleep."""
    assert explore(Waiting(careless=False), 2).violations == ()
    exploration = explore(Waiting(careless=True), 2)
    assert exploration.first is not None and exploration.first.violation is not None
    assert exploration.first.violation.name == LOST_WAKE_UP
    assert exploration.first.schedule == (Switch(1, 1),)


class Polite:
    """Two workers that each want to go after the other once both want to go; the polite ones for ever."""

    def __init__(self, stubborn: bool) -> None:
        self.stubborn = stubborn

    def start(self, point: Point) -> Sequence[Worker]:
        wants = [False, False]

        def worker(me: int) -> Worker:
            def work() -> None:
                while True:
                    point(WRITE)
                    wants[me] = True
                    point(READ)
                    if not wants[1 - me] or (self.stubborn and me == 0):
                        break
                    point(WRITE)
                    wants[me] = False
                point(WRITE)
                wants[me] = False

            return work

        return [worker(0), worker(1)]

    def inspect(self) -> None: ...

    def finish(self) -> None: ...


def test_a_livelock_is_found() -> None:
    """Neither is ever idle, so only the length of the run shows it; each has its turn, so it is no unfair schedule."""
    assert all(run_once(Polite(stubborn=True), RandomTurns(seed)).violation is None for seed in range(20))

    class EachInTurn:
        def decide(self, number: int, current: int, live: Sequence[int], default: int) -> int:
            return live[(number + 1) % len(live)]

    report = run_once(Polite(stubborn=False), EachInTurn(), limit=Limit(500, LIVELOCK))
    assert str(report.violation) == "livelock: not done after 500 points"


def test_a_run_that_was_given_too_few_points_is_not_called_a_livelock() -> None:
    exploration = explore(Ordering(2, 60), 0, limit=100)
    assert exploration.first is not None
    assert str(exploration.first.violation) == "out of points: not done after 100 points"
    assert not exploration.complete
    exploration = sample(Ordering(3, 60), range(1), limit=100)
    assert exploration.first is not None and exploration.first.violation is not None
    assert exploration.first.violation.name == OUT_OF_POINTS


def test_how_long_a_run_may_be_follows_from_the_one_that_is_not_disturbed() -> None:
    """Long work is no livelock, and short work that goes on for ever once it was disturbed is one."""

    class First(Ordering):
        """One more worker, which does not end where it was the first."""

        def start(self, point: Point) -> Sequence[Worker]:
            def insist() -> None:
                point(WRITE)
                first = not self.order
                while first:
                    point(WRITE)

            return [*super().start(point), insist]

    assert explore(Ordering(2, 60_000), 0).violations == ()
    assert explore(First(1, 3), 0).violations == ()
    exploration = explore(First(1, 3), 1)
    assert exploration.first is not None
    assert str(exploration.first.violation) == "livelock: not done after 1080 points"


@pytest.mark.parametrize("label", [WRITE, READ])
def test_a_worker_that_never_idles_does_not_starve_the_others(label: Label) -> None:
    class Spinning:
        def start(self, point: Point) -> Sequence[Worker]:
            self.done = False

            def spin() -> None:
                while not self.done:
                    point(label)

            def end() -> None:
                point(WRITE)
                self.done = True

            return [spin, end]

        def inspect(self) -> None: ...

        def finish(self) -> None: ...

    assert run_once(Spinning(), Schedule()).violation is None


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.unwound: list[str] = []

    def start(self, point: Point) -> Sequence[Worker]:
        def work() -> None:
            try:
                point(WRITE)
                point(WRITE)
            finally:
                point(WRITE)
                self.unwound.append("worker 0")

        return [work, raising(self.error)]

    def inspect(self) -> None: ...

    def finish(self) -> None:
        raise AssertionError("a run that failed has no result")


def test_a_crash_is_told_from_what_a_worker_says_of_itself_and_the_others_are_unwound() -> None:
    program = Failing(KeyError("x"))
    report = run_once(program, Schedule([Switch(1, 1)]))
    assert report.violation is not None
    assert (report.violation.name, report.violation.detail) == (CRASH, "worker 1: KeyError: 'x'")
    assert program.unwound == ["worker 0"]
    report = run_once(Failing(Violation("never", "it did")), Schedule([Switch(1, 1)]))
    assert str(report.violation) == "never: it did"


def test_inspection_sees_every_moment_between_actions() -> None:
    class Inspected(Counting):
        def inspect(self) -> None:
            if self.count == 1:
                raise Violation("never one", "the count is 1")

    report = run_once(Inspected(), Schedule(), keep_trace=True)
    assert str(report.violation) == "never one: the count is 1"
    assert len(report.trace) == 3


def test_inspection_sees_an_action_before_which_others_only_looked() -> None:
    """Worker 0 stands before its action while worker 1 looks, then acts: that is seen at worker 0's next point."""

    class Closing:
        def start(self, point: Point) -> Sequence[Worker]:
            self.done = False

            def act() -> None:
                point(WRITE)
                self.done = True
                point(READ)

            def look() -> None:
                point(READ)
                point(READ)

            return [act, look]

        def inspect(self) -> None:
            if self.done:
                raise Violation("never done", "it is")

        def finish(self) -> None:
            raise AssertionError("nothing was inspected after the action")

    report = run_once(Closing(), Schedule([Switch(0, 1), Switch(2, 0)]), keep_trace=True)
    assert str(report.violation) == "never done: it is"
    assert [passed.worker for passed in report.trace] == [0, 1, 1, 0]


def test_an_action_wakes_those_who_were_idle_before_it() -> None:
    """Worker 1 is idle while worker 0 stands before its action, and has not looked again since worker 0 acted."""

    class Waking:
        def start(self, point: Point) -> Sequence[Worker]:
            self.done = False

            def act() -> None:
                point(WRITE)
                self.done = True
                for _ in range(5):
                    point(IDLE)

            def wait() -> None:
                while not self.done:
                    point(IDLE)

            return [act, wait]

        def inspect(self) -> None: ...

        def finish(self) -> None: ...

    stay = [Switch(at, 1) for at in (0, 1, 2, 3)]
    back = [Switch(4, 0), *(Switch(at, 0) for at in range(5, 9))]
    report = run_once(Waking(), Schedule([*stay, *back]))
    assert report.violation is None, report.violation


def test_a_schedule_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="gives point 3 to worker 0, and only"):
        run_once(Counting(), Schedule([Switch(3, 0)]))
    with pytest.raises(ValueError, match="only once at a point"):
        Schedule([Switch(3, 0), Switch(3, 1)])


def test_a_schedule_of_another_run_is_refused() -> None:
    """A switch at a point that the run never comes to, unless it is cut short by what is wrong with it."""
    with pytest.raises(ValueError, match="gives point 999 to worker 1, and there are only 4 points"):
        run_once(Counting(), Schedule([Switch(999, 1)]))
    assert run_once(Counting(), Schedule([Switch(3, 1)])).points == 4
    with pytest.raises(ValueError, match="gives point 4 to worker 1"):
        run_once(Counting(), Schedule([Switch(4, 1)]))
    report = run_once(Failing(KeyError("x")), Schedule([Switch(1, 1), Switch(900, 0)]))
    assert report.violation is not None


def test_the_example_of_the_package_does_what_it_says() -> None:
    _, code, rest = (explorer.__doc__ or "").split("::\n\n", 2)
    code, shown = code.partition("\n\nThis program")[0], rest.partition("\n\nOnly one")[0]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(textwrap.dedent(code), {})
    assert printed.getvalue() == f"{textwrap.dedent(shown)}\n"


def test_a_program_that_behaves_differently_is_found_out() -> None:
    class Moody(Counting):
        def start(self, point: Point) -> Sequence[Worker]:
            self.own_steps += 1
            return super().start(point)

    report = run_once(Moody(), Schedule([Switch(1, 1)]))
    with pytest.raises(ValueError, match="does not behave alike"):
        replay(Moody(own_steps=3), report)
