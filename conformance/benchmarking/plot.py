"""A plot of speed-ups: a bar for each strategy and number of workers, and the ceiling of the machine above them."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, SPEC
from samestate.conformance.benchmarking.measuring import Measured
from samestate.conformance.benchmarking.report import Report
from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import check_file, write_whole

FORMATS: Final = (".png", ".svg")
COLOURS: Final = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
WIDTH_OF_A_GROUP: Final = 0.8
WIDTH_OF_TITLE: Final = 90


def check_target(target: Path) -> None:
    """Raise InputError where a plot cannot be drawn or written there: before anything is measured."""
    if find_spec("matplotlib") is None:
        raise InputError("--plot: needs matplotlib, which is not installed: pip install 'samestate[plot]'")
    if target.suffix not in FORMATS:
        raise InputError(f"--plot {target}: must end with {' or '.join(FORMATS)}")
    check_file("--plot", target)


def plot(report: Report, target: Path) -> None:
    """Draw the report into a file. Raises InputError where that cannot be written."""
    from matplotlib.figure import Figure  # it takes a second to import, and few want a plot

    shown = [each for each in report.comparison.measured if each.engine.strategy not in (SEQUENTIAL, SPEC)]
    groups = list(dict.fromkeys(label(each) for each in shown))
    counts = sorted({each.engine.workers for each in shown})
    figure = Figure(figsize=(max(7.0, 1.6 * len(groups) + 2.5), 5.0), layout="constrained")
    axes = figure.subplots()
    sequential = report.comparison.sequential.milliseconds
    width = WIDTH_OF_A_GROUP / max(1, len(counts))
    for place, count in enumerate(counts):
        colour = COLOURS[place % len(COLOURS)]
        bars = [(groups.index(label(each)), each) for each in shown if each.engine.workers == count]
        xs = [group - WIDTH_OF_A_GROUP / 2 + width * (place + 0.5) for group, _ in bars]
        heights = [sequential / each.milliseconds for _, each in bars]
        drawn = axes.bar(xs, heights, width * 0.92, color=colour, label=workers(count))
        axes.bar_label(drawn, fmt="%.2f", fontsize=8, padding=2)
        ceiling = report.comparison.ceilings.get(count)
        if ceiling is not None:
            label_ = f"ceiling: {count} unrelated copies, {ceiling:.2f}"
            axes.axhline(ceiling, color=colour, linestyle="--", linewidth=1.2, label=label_)
    axes.axhline(1.0, color="black", linewidth=0.8, label=f"sequential, {sequential:.2f} ms")
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel("speed-up over sequential")
    axes.set_title("\n".join(wrap(report.setting.sentence(), WIDTH_OF_TITLE)), fontsize=9)
    figure.suptitle(f"{report.prepared.name}: {report.prepared.transactions} transactions", fontsize=12)
    axes.margins(y=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    save(figure, target)


def save(figure: Any, target: Path) -> None:
    """Write the figure. Raises InputError."""
    drawn = BytesIO()
    figure.savefig(drawn, format=target.suffix[1:], dpi=150)
    write_whole("--plot", target, drawn.getvalue())


def label(measured: Measured) -> str:
    """What the bars of a strategy stand above."""
    engine = measured.engine
    return engine.strategy + (f"\n{engine.kind}" if engine.kind == "processes" else "")


def workers(count: int) -> str:
    """So many workers, in words."""
    return "1 worker" if count == 1 else f"{count} workers"
