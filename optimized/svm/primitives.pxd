# What Solana's machine is made of, for Python. What each part does is said in the headers.

from libc.stdint cimport uint8_t, uint16_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "Python.h":
    int PyErr_CheckSignals()    # what a handler has raised stays, for whoever raises it later

cdef extern from *:
    """
    #include "samestate/optimized/svm/history.hpp"
    #include "samestate/optimized/svm/lattice.hpp"
    #include "samestate/optimized/svm/signatures.hpp"
    #include "samestate/optimized/words/sha512.hpp"

    // The widest compression for 0.
    static const samestate::blake3_lanes::Wide* samestate_wide(size_t lanes) {
        return lanes == 0 ? samestate::blake3_lanes::best : samestate::blake3_lanes::wide_of(lanes);
    }

    static void samestate_blake3(const samestate::Piece* pieces, size_t count, size_t lanes, uint8_t* output, size_t length) {
        samestate::Blake3Tree(pieces, count, samestate_wide(lanes)).root().output(output, length);
    }

    // The digests of messages of one piece each, 32 bytes after 32.
    static void samestate_blake3_many(const samestate::Piece* messages, size_t count, size_t lanes, uint8_t* digests) {
        samestate::Blake3Batch batch(samestate_wide(lanes));
        for (size_t i = 0; i < count; ++i) batch.add(messages + i, 1, digests + 32 * i);
        batch.flush();
    }

    static void samestate_checksum(const uint16_t* elements, uint8_t* digest) {
        samestate::svm::Lattice lattice;
        std::memcpy(lattice.element, elements, sizeof(lattice.element));
        lattice.checksum(digest);
    }

    // Adds a sum of terms to 1,024 elements.
    static bool samestate_add_terms(uint16_t* elements, const samestate::svm::LatticeTerm* terms, size_t count,
                                    size_t workers, size_t lanes, const samestate::svm::Stop& stop) {
        samestate::svm::Lattice lattice;
        std::memcpy(lattice.element, elements, sizeof(lattice.element));
        if (!samestate::svm::add_terms(lattice, terms, count, workers, stop, samestate_wide(lanes))) return false;
        std::memcpy(elements, lattice.element, sizeof(lattice.element));
        return true;
    }

    static bool samestate_verify_signatures(const samestate::svm::SignatureView* items, size_t count, uint8_t* verdicts,
                                            size_t workers, int way, const samestate::svm::Stop& stop) {
        return samestate::svm::verify_signatures(items, count, reinterpret_cast<bool*>(verdicts), workers,
                                                 static_cast<samestate::svm::ed25519::Way>(way), stop);
    }
    static bool samestate_is_possible(int way) {
        return samestate::svm::ed25519::is_possible(static_cast<samestate::svm::ed25519::Way>(way));
    }
    """
    const void* samestate_wide(size_t lanes) noexcept nogil
    void samestate_blake3(const Piece* pieces, size_t count, size_t lanes, uint8_t* output, size_t length) noexcept nogil
    void samestate_blake3_many(const Piece* messages, size_t count, size_t lanes, uint8_t* digests) except + nogil
    void samestate_checksum(const uint16_t* elements, uint8_t* digest) noexcept nogil
    cbool samestate_add_terms(
        uint16_t* elements, const LatticeTerm* terms, size_t count, size_t workers, size_t lanes, const Stop& stop
    ) except + nogil
    cbool samestate_verify_signatures(
        const SignatureView* items, size_t count, uint8_t* verdicts, size_t workers, int way, const Stop& stop
    ) except + nogil
    cbool samestate_is_possible(int way) noexcept nogil

cdef extern from "samestate/optimized/words/sha512.hpp" namespace "samestate" nogil:
    void header_sha512 "samestate::sha512"(const uint8_t* data, size_t length, uint8_t* digest) noexcept

cdef extern from "samestate/optimized/words/blake3.hpp" namespace "samestate" nogil:
    cppclass Piece:
        const uint8_t* data
        size_t length

cdef extern from "samestate/optimized/svm/stop.hpp" namespace "samestate::svm" nogil:
    cppclass Stop:
        cbool (*asked)(void* context, size_t worker) noexcept nogil
        void* context

cdef extern from "samestate/optimized/svm/history.hpp" namespace "samestate::svm" nogil:
    cppclass HistoryEntry:
        uint64_t hashes
        const uint8_t* hash
        const uint8_t* const* signatures
        size_t signature_count
        cbool is_tick
    void header_mix_in "samestate::svm::mix_in"(const uint8_t* const* signatures, size_t count, uint8_t* root) noexcept
    size_t header_verify_history "samestate::svm::verify_history"(
        const uint8_t* start, const HistoryEntry* entries, size_t count, size_t workers, const Stop& stop, cbool& was_stopped
    ) except +

cdef extern from "samestate/optimized/svm/lattice.hpp" namespace "samestate::svm" nogil:
    cppclass AccountView:
        uint64_t lamports
        const uint8_t* data
        size_t length
        cbool executable
        const uint8_t* owner
        const uint8_t* address
    cppclass LatticeTerm:
        AccountView account
        cbool is_subtracted

cdef extern from "samestate/optimized/svm/signatures.hpp" namespace "samestate::svm" nogil:
    cppclass SignatureView:
        const uint8_t* signature
        const uint8_t* key
        const uint8_t* message
        size_t length

cdef struct Waited:
    # When to stop: by the clock, or because a handler of a signal has raised.
    uint64_t until
    uint64_t looked
    bint has_raised

cdef class LatticeTerms:
    cdef vector[LatticeTerm] terms
    cdef object kept                # whose bytes the terms point to

cdef cbool is_over(void* context, size_t worker) noexcept nogil
cdef bint signalled() noexcept with gil
cdef int begin(Waited* waited, Stop* stop, object seconds) except -1
cdef int stopped(Waited* waited) except -1
cdef const uint8_t* start_of(bytes data) noexcept
cdef const uint8_t* sized(bytes data, Py_ssize_t length, str what) except NULL
cdef size_t thread_count(object workers) except 0
cdef int check_lanes(object lanes) except -1
cdef void to_pieces(list pieces, vector[Piece]* target) except *
