# Memory that is given back all at once: each piece knows the one before it. No Python object is involved, so that it can be
# given back whatever the garbage collector has done to its owner.

from libc.stdlib cimport calloc, free, malloc

cdef inline void* chain_allocate(void** chain, size_t count, size_t size, bint zeroed) noexcept nogil:
    """Room for so many things of that size, 16-aligned, or NULL."""
    cdef size_t length = count * size + 16
    if size and count > (<size_t>1 << 62) // size:
        return NULL
    cdef void* piece = calloc(1, length) if zeroed else malloc(length)
    if piece == NULL:
        return NULL
    (<void**>piece)[0] = chain[0]
    chain[0] = piece
    return <char*>piece + 16


cdef inline void chain_free(void** chain) noexcept nogil:
    """Give back all that was allocated."""
    cdef void* piece
    while chain[0] != NULL:
        piece = chain[0]
        chain[0] = (<void**>piece)[0]
        free(piece)
