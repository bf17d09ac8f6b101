"""Every metric that is exported: its name, what it counts, and its labels.

Names follow Prometheus' conventions (https://prometheus.io/docs/practices/naming): the application first, then what is
counted, the base unit, and ``_total`` for what only grows. Durations are seconds, shares are ratios from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class MetricKind(Enum):
    """What a metric does: it only grows, it goes up and down, or it has a distribution."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """A metric. ``buckets``: the upper bounds of a histogram, without the last, which has none."""

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


ENGINE: Final = ("engine", "machine", "strategy")
"""Of an engine's blocks: its id, the machine, and the strategy that gave the result, which `adaptive` chooses."""

STATE: Final = ("state",)
"""Of a state: what `--state` calls it."""

SECONDS: Final = tuple(first * 10.0**power for power in range(-5, 2) for first in (1.0, 2.5, 5.0))
"""From ten microseconds, as a block of one transfer takes, to 50 s."""

RATIOS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LENGTHS: Final = tuple(float(2**power) for power in range(13))

_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM

DEFINITIONS: Final = (
    # What a run is about.
    MetricDefinition("samestate_build_info", _GAUGE, "Always 1; the label says which version runs.", ("version",)),
    MetricDefinition("samestate_run_info", _GAUGE, "Always 1; the label says which command runs.", ("command",)),
    MetricDefinition("samestate_run_start_time_seconds", _GAUGE, "When the command began, in seconds since 1970."),
    MetricDefinition("samestate_run_processes", _GAUGE, "Processes that share the work."),
    # `check`: cases.
    MetricDefinition("samestate_cases_total", _COUNTER, "Cases that have ended.", ("engine", "result")),
    MetricDefinition(
        "samestate_case_duration_seconds", _HISTOGRAM, "How long a case ran on an engine.", ("engine",), SECONDS
    ),
    MetricDefinition("samestate_input_read_bytes", _GAUGE, "Bytes of the input that are done."),
    MetricDefinition("samestate_input_size_bytes", _GAUGE, "Bytes of the whole input."),
    # `check --cache`: results of earlier runs.
    MetricDefinition(
        "samestate_cache_results_total",
        _COUNTER,
        "Results of a run with a cache: hit, taken from it, or miss, executed now.",
        ("engine", "found"),
    ),
    MetricDefinition("samestate_cache_damaged_entries_total", _COUNTER, "Entries of the cache that were damaged."),
    MetricDefinition("samestate_cache_evicted_entries_total", _COUNTER, "Entries of the cache that made room."),
    MetricDefinition("samestate_cache_size_bytes", _GAUGE, "Bytes that the entries of the cache take."),
    MetricDefinition("samestate_cache_limit_bytes", _GAUGE, "Bytes that the cache may take."),
    # `fuzz`: seeds.
    MetricDefinition("samestate_seeds_total", _COUNTER, "Seeds whose block is done.", ("fork",)),
    MetricDefinition("samestate_seed_transactions_total", _COUNTER, "Transactions of those blocks.", ("fork",)),
    MetricDefinition(
        "samestate_seed_answers_total",
        _COUNTER,
        "Answers of engines about the block of a seed: right, wrong, a known difference, or skipped.",
        ("engine", "answer"),
    ),
    # `bench`: rounds.
    MetricDefinition("samestate_rounds_total", _COUNTER, "Rounds that are over, in each of which every engine ran."),
    MetricDefinition("samestate_rounds_planned", _GAUGE, "Rounds that there will be."),
    # Blocks on engines of `optimized`, whatever the command.
    MetricDefinition("samestate_blocks_total", _COUNTER, "Blocks executed.", ENGINE),
    MetricDefinition("samestate_block_duration_seconds", _HISTOGRAM, "How long a block took.", ENGINE, SECONDS),
    MetricDefinition("samestate_transactions_total", _COUNTER, "Transactions of the blocks executed.", ENGINE),
    MetricDefinition("samestate_executions_total", _COUNTER, "Executions of transactions begun.", ENGINE),
    MetricDefinition("samestate_re_executions_total", _COUNTER, "Executions after a transaction's first.", ENGINE),
    MetricDefinition(
        "samestate_suspensions_total", _COUNTER, "Executions given up since a value was not known yet.", ENGINE
    ),
    MetricDefinition("samestate_aborts_total", _COUNTER, "Executions thrown away since a read did not hold.", ENGINE),
    MetricDefinition("samestate_validations_total", _COUNTER, "Validations of what executions have read.", ENGINE),
    MetricDefinition(
        "samestate_version_reads_total", _COUNTER, "Values read that an earlier step of the block wrote.", ENGINE
    ),
    MetricDefinition("samestate_base_reads_total", _COUNTER, "Values read of the state before the block.", ENGINE),
    MetricDefinition("samestate_waves_total", _COUNTER, "Waves, of the strategy of that name.", ENGINE),
    MetricDefinition("samestate_pieces_total", _COUNTER, "Pieces without versions that blocks were cut into.", ENGINE),
    MetricDefinition(
        "samestate_discarded_blocks_total", _COUNTER, "Blocks whose execution in pieces counted for nothing.", ENGINE
    ),
    MetricDefinition(
        "samestate_worker_busy_seconds_total",
        _COUNTER,
        "Seconds in which a worker executed or validated.",
        (*ENGINE, "worker"),
    ),
    MetricDefinition(
        "samestate_worker_executions_total", _COUNTER, "Executions begun by a worker.", (*ENGINE, "worker")
    ),
    MetricDefinition(
        "samestate_conflict_ratio",
        _HISTOGRAM,
        "Share of a block's transactions that read what an earlier one wrote.",
        ENGINE,
        RATIOS,
    ),
    MetricDefinition(
        "samestate_critical_path_transactions",
        _HISTOGRAM,
        "Transactions in a block's longest chain of reads of what an earlier one wrote.",
        ENGINE,
        LENGTHS,
    ),
    # Blocks on states, of `run --state` and `bench --state`.
    MetricDefinition(
        "samestate_state_block_duration_seconds",
        _HISTOGRAM,
        "How long a block took on a state, with its root and what it waited for its commit.",
        STATE,
        SECONDS,
    ),
    MetricDefinition(
        "samestate_state_reads_total",
        _COUNTER,
        "Questions to a state on disk: for a key, for a range of keys, or for a key ahead of the block.",
        (*STATE, "kind"),
    ),
    MetricDefinition(
        "samestate_state_met_ahead_total", _COUNTER, "Uses of what had been read of a state ahead of the block.", STATE
    ),
    MetricDefinition("samestate_state_read_bytes_total", _COUNTER, "Bytes that a state on disk answered with.", STATE),
    MetricDefinition(
        "samestate_state_read_seconds_total",
        _COUNTER,
        "Seconds until a state on disk had answered, of all threads together.",
        STATE,
    ),
    MetricDefinition(
        "samestate_state_trie_parts_total",
        _COUNTER,
        "Nodes and values of a state on disk that were read into tries.",
        (*STATE, "kind"),
    ),
    MetricDefinition("samestate_state_commits_total", _COUNTER, "Commits to a state on disk.", STATE),
    MetricDefinition("samestate_state_written_records_total", _COUNTER, "Records that commits put or removed.", STATE),
    MetricDefinition("samestate_state_written_bytes_total", _COUNTER, "Bytes of the records that commits put.", STATE),
    MetricDefinition(
        "samestate_state_commit_seconds_total",
        _COUNTER,
        "Seconds in which a block waited for a commit, its own or the one before.",
        STATE,
    ),
    MetricDefinition("samestate_state_size_bytes", _GAUGE, "Bytes that a state takes on disk.", STATE),
)

BY_NAME: Final = {definition.name: definition for definition in DEFINITIONS}
