"""Memory of a worker's own for the step at hand: pieces in a chain, each as large as two of the one before.

Nothing moves while the step lasts, so pointers into it stay good. When the step is over only the largest piece is kept,
if it is not huge: after a few steps a worker asks the system for nothing any more.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.samestate.optimized.core.arena import stop
from cython.cimports.samestate.optimized.core.records import OUT_OF_MEMORY

FIRST_PIECE = cython.declare(uint64_t, 1 << 12)
LARGEST_KEPT = cython.declare(uint64_t, 1 << 20)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def newest_piece(task: cython.pointer(Task)) -> cython.pointer(Piece):
    """NULL where there is none."""
    return cython.cast(cython.pointer(Piece), task.room)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def use_piece(task: cython.pointer(Task), piece: cython.pointer(Piece)) -> cython.void:
    """Take from its start on."""
    task.room = cython.cast(cython.p_char, piece)
    task.room_next = task.room + cython.sizeof(Piece)
    task.room_end = task.room_next + piece.size


def take_room(task: cython.pointer(Task), length: uint64_t) -> cython.p_void:
    """Give ``length`` bytes, 16-aligned, not zeroed, that last until the step ends. NULL where there is no memory.

    What is left of a piece too small is given up.
    """
    rounded: uint64_t = (length + 15) & ~cython.cast(uint64_t, 15)
    newest: cython.pointer(Piece) = newest_piece(task)
    if newest == cython.NULL or rounded > cython.cast(uint64_t, task.room_end - task.room_next) or rounded < length:
        size: uint64_t = FIRST_PIECE if newest == cython.NULL else min(2 * newest.size, LARGEST_KEPT)
        size = max(size, rounded)
        piece: cython.pointer(Piece) = cython.NULL
        if rounded >= length and size < cython.cast(uint64_t, 1) << 60:
            piece = cython.cast(cython.pointer(Piece), malloc(cython.sizeof(Piece) + size))
        if piece == cython.NULL:
            stop(task.session.arena, OUT_OF_MEMORY)
            return cython.NULL
        piece.previous = newest
        piece.size = size
        use_piece(task, piece)
    taken: cython.p_char = task.room_next
    task.room_next += rounded
    return taken


def mark_room(task: cython.pointer(Task)) -> RoomMark:
    """Give where the room is now: the newest piece, and what of it is taken."""
    mark: RoomMark
    mark.room = task.room
    mark.next = task.room_next
    return mark


def release_room(task: cython.pointer(Task), mark: RoomMark) -> cython.void:
    """Give back what was taken since the mark.

    Newer pieces are freed. Where there was none yet, all are emptied.
    """
    if mark.room == cython.NULL:
        empty_room(task)
        return
    while task.room != mark.room:
        piece: cython.pointer(Piece) = newest_piece(task)
        task.room = cython.cast(cython.p_char, piece.previous)
        free(piece)
    use_piece(task, newest_piece(task))
    task.room_next = mark.next


def empty_room(task: cython.pointer(Task)) -> cython.void:
    """Give back all that was taken, as a new step begins.

    The largest piece that may be kept is the newest that is not too large.
    """
    piece: cython.pointer(Piece) = newest_piece(task)
    kept: cython.pointer(Piece) = cython.NULL
    while piece != cython.NULL:
        previous: cython.pointer(Piece) = piece.previous
        if kept == cython.NULL and piece.size <= LARGEST_KEPT:
            kept = piece
            kept.previous = cython.NULL
        else:
            free(piece)
        piece = previous
    task.room = cython.NULL
    task.room_next = cython.NULL
    task.room_end = cython.NULL
    if kept != cython.NULL:
        use_piece(task, kept)


def free_room(task: cython.pointer(Task)) -> cython.void:
    """Give back all memory for good.

    May be called twice.
    """
    piece: cython.pointer(Piece) = newest_piece(task)
    while piece != cython.NULL:
        previous: cython.pointer(Piece) = piece.previous
        free(piece)
        piece = previous
    task.room = cython.NULL
    task.room_next = cython.NULL
    task.room_end = cython.NULL
