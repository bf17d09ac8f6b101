"""What Solana's machine is made of, for Python: hashes, histories, lattice hashes and signatures.

Whatever may take long is done on any number of threads, without the interpreter lock, and can be interrupted: by Ctrl-C
where it was called from the main thread, or by a limit of seconds, which raises TimeoutError.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint16_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp import bool as cbool
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds

NO_LIMIT = float("inf")
MOST_WORKERS = 256
WAYS = {"alone": 0, "lanes": 1}
"""How signatures are verified (signatures.hpp)."""
BETWEEN_SIGNALS = cython.declare(uint64_t, 20_000_000)  # nanoseconds


def is_over(context: cython.p_void, worker: cython.size_t) -> cbool:
    """Whether to stop: the time is up, or, on the thread that called, a signal's handler has raised."""
    waited: cython.pointer(Waited) = cython.cast(cython.pointer(Waited), context)
    now: uint64_t = now_nanoseconds()
    if now > waited.until:
        return True
    if worker == 0 and now - waited.looked > BETWEEN_SIGNALS:
        waited.looked = now
        waited.has_raised = signalled()
        return waited.has_raised
    return False


def signalled() -> cython.bint:
    """Let Python handle signals, and say whether a handler raised: what it raised is then on its way."""
    return PyErr_CheckSignals() != 0


def begin(waited: cython.pointer(Waited), stop: cython.pointer(Stop), seconds: object) -> cython.int:
    """From now on work has so many seconds."""
    if not seconds >= 0:
        raise ValueError(f"seconds must not be {seconds}")
    waited.looked = now_nanoseconds()
    waited.until = waited.looked + cython.cast(uint64_t, int(min(seconds * 1e9, 9e18)))
    waited.has_raised = False
    stop.asked = is_over
    stop.context = waited
    return 0


def stopped(waited: cython.pointer(Waited)) -> cython.int:
    """Raises what work was stopped for."""
    if waited.has_raised:
        return -1  # as PyErr_CheckSignals has left it
    raise TimeoutError("the time is up")


def start_of(data: bytes) -> cython.pointer(cython.const[uint8_t]):
    """Where bytes begin. They must be kept."""
    return cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data))


def sized(data: bytes, length: cython.Py_ssize_t, what: str) -> cython.pointer(cython.const[uint8_t]):
    """Where bytes begin that must be so many."""
    if len(data) != length:
        raise ValueError(f"{what} must be {length} bytes, not {len(data)}")
    return start_of(data)


def thread_count(workers: object) -> cython.size_t:
    """The number of workers, as it was asked for. Raises ValueError unless it can be had."""
    if not 1 <= workers <= MOST_WORKERS:
        raise ValueError(f"workers must be 1 to {MOST_WORKERS}, not {workers}")
    return workers


def check_lanes(lanes: object) -> cython.int:
    """Raises ValueError unless there are vectors of so many lanes."""
    if lanes != 0 and lanes not in blake3_widths():
        raise ValueError(f"there is no BLAKE3 with {lanes} lanes here")
    return 0


def blake3_widths() -> list:
    """With how many lanes BLAKE3 can be had here, beginning with the widest."""
    return [lanes for lanes in (16, 8, 4) if samestate_wide(lanes) != cython.NULL]


def sha512(data: bytes) -> bytes:
    """The digest of some bytes."""
    digest: uint8_t[64]
    header_sha512(start_of(data), len(data), digest)
    return cython.cast(cython.p_char, digest)[:64]


def to_pieces(pieces: list, target: cython.pointer(vector[Piece])) -> cython.void:
    """Appends where each of some bytes lies."""
    part: Piece
    piece: bytes
    for piece in pieces:
        part.data = start_of(piece)
        part.length = len(piece)
        target.push_back(part)


def blake3(pieces: list, length: int = 32, lanes: int = 0) -> bytes:
    """So many bytes of the hash of a message in pieces, with vectors of so many lanes, or the widest that there are."""
    parts: vector[Piece]
    output: vector[uint8_t]
    width: cython.size_t = lanes
    check_lanes(lanes)
    to_pieces(pieces, cython.address(parts))
    output.resize(length)
    with cython.nogil:
        samestate_blake3(parts.data(), parts.size(), width, output.data(), output.size())
    return cython.cast(cython.p_char, output.data())[: output.size()]


def blake3_many(messages: list, lanes: int = 0) -> list:
    """The digests of many messages, several hashed at once."""
    parts: vector[Piece]
    digests: vector[uint8_t]
    width: cython.size_t = lanes
    check_lanes(lanes)
    to_pieces(messages, cython.address(parts))
    digests.resize(32 * parts.size())
    with cython.nogil:
        samestate_blake3_many(parts.data(), parts.size(), width, digests.data())
    joined: bytes = cython.cast(cython.p_char, digests.data())[: digests.size()]
    return [joined[place : place + 32] for place in range(0, len(joined), 32)]


@cython.cclass
class LatticeTerms:
    """Accounts that are to be added to lattice hashes, and others that are to be taken out of them.

    An account is (lamports, data, executable, owner, address).
    """

    def __cinit__(self, added: list, subtracted: list):
        term: LatticeTerm
        data: bytes
        self.kept = added, subtracted
        for is_subtracted, accounts in enumerate(self.kept):
            term.is_subtracted = is_subtracted
            for account in accounts:
                term.account.lamports, data, term.account.executable = account[:3]
                term.account.data = start_of(data)
                term.account.length = len(data)
                term.account.owner = sized(account[3], 32, "an owner")
                term.account.address = sized(account[4], 32, "an address")
                self.terms.push_back(term)

    def add_to(self, lattice: bytes, workers: int = 1, lanes: int = 0, seconds: float = NO_LIMIT) -> bytes:
        """The lattice hash, 2,048 bytes, with the ones more and without the others."""
        elements: uint16_t[1024]
        waited: Waited
        stop: Stop
        threads: cython.size_t = thread_count(workers)
        width: cython.size_t = lanes
        is_done: cbool
        check_lanes(lanes)
        memcpy(elements, sized(lattice, 2048, "a lattice hash"), 2048)
        begin(cython.address(waited), cython.address(stop), seconds)
        with cython.nogil:
            is_done = samestate_add_terms(elements, self.terms.data(), self.terms.size(), threads, width, stop)
        if not is_done:
            stopped(cython.address(waited))
        return cython.cast(cython.p_char, elements)[:2048]


def lattice_checksum(lattice: bytes) -> bytes:
    """The 32 bytes that stand for a lattice hash where it is printed."""
    elements: uint16_t[1024]
    digest: uint8_t[32]
    memcpy(elements, sized(lattice, 2048, "a lattice hash"), 2048)
    samestate_checksum(elements, digest)
    return cython.cast(cython.p_char, digest)[:32]


def mix_in(signatures: list) -> bytes:
    """What an entry with transactions takes in: the root of the tree over their signatures, of which there is one."""
    places: vector[cython.pointer(cython.const[uint8_t])]
    root: uint8_t[32]
    if not signatures:
        raise ValueError("an entry without transactions takes nothing in")
    for signature in signatures:
        places.push_back(sized(signature, 64, "a signature"))
    header_mix_in(places.data(), places.size(), root)
    return cython.cast(cython.p_char, root)[:32]


def verify_history(start: bytes, entries: list, workers: int = 1, seconds: float = NO_LIMIT) -> object:
    """The number of the first entry that does not follow from the one before it, or None where all do.

    An entry is (number of hashes, the last of them, list of signatures).
    """
    rows: vector[HistoryEntry]
    places: vector[cython.pointer(cython.const[uint8_t])]
    row: HistoryEntry
    waited: Waited
    stop: Stop
    threads: cython.size_t = thread_count(workers)
    was_stopped: cbool = False
    wrong: cython.size_t
    first: cython.pointer(cython.const[uint8_t]) = sized(start, 32, "a hash")
    place: cython.size_t = 0
    for entry in entries:
        for signature in entry[2]:
            places.push_back(sized(signature, 64, "a signature"))
    for entry in entries:
        row.hashes = entry[0]
        row.hash = sized(entry[1], 32, "a hash")
        row.signatures = places.data() + place
        row.signature_count = len(entry[2])
        row.is_tick = row.signature_count == 0
        place += row.signature_count
        rows.push_back(row)
    begin(cython.address(waited), cython.address(stop), seconds)
    with cython.nogil:
        wrong = header_verify_history(first, rows.data(), rows.size(), threads, stop, was_stopped)
    if was_stopped:
        stopped(cython.address(waited))
    return wrong if wrong < rows.size() else None


def ways() -> list:
    """How signatures can be verified here, beginning with the fastest way."""
    return [name for name, way in reversed(WAYS.items()) if samestate_is_possible(way)]


def verify_signatures(items: list, workers: int = 1, way: str = "", seconds: float = NO_LIMIT) -> list:
    """Whether each of many signatures is valid by the strict rules: (signature, key, message).

    ``way``: one of WAYS; the fastest if not said.
    """
    rows: vector[SignatureView]
    row: SignatureView
    verdicts: vector[uint8_t]
    waited: Waited
    stop: Stop
    threads: cython.size_t = thread_count(workers)
    number: cython.int = WAYS[way or ways()[0]]
    is_done: cbool
    message: bytes
    if not samestate_is_possible(number):
        raise ValueError(f"signatures cannot be verified {way} here")
    for item in items:
        row.signature = sized(item[0], 64, "a signature")
        row.key = sized(item[1], 32, "a key")
        message = item[2]
        row.message = start_of(message)
        row.length = len(message)
        rows.push_back(row)
    verdicts.resize(rows.size())
    begin(cython.address(waited), cython.address(stop), seconds)
    with cython.nogil:
        is_done = samestate_verify_signatures(rows.data(), rows.size(), verdicts.data(), threads, number, stop)
    if not is_done:
        stopped(cython.address(waited))
    return [verdict != 0 for verdict in cython.cast(cython.p_char, verdicts.data())[: verdicts.size()]]
