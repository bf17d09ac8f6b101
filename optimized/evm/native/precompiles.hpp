// Precompiles: contracts at fixed addresses whose code is a native function.
//
// find_precompile and precompile_gas are in prices.hpp.

#ifndef SAMESTATE_EVM_NATIVE_PRECOMPILES_HPP
#define SAMESTATE_EVM_NATIVE_PRECOMPILES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/native/bls12_381.hpp"
#include "samestate/optimized/evm/native/bn254.hpp"
#include "samestate/optimized/evm/native/modular_exponentiation.hpp"
#include "samestate/optimized/evm/native/output.hpp"
#include "samestate/optimized/evm/native/p256.hpp"
#include "samestate/optimized/evm/native/point_evaluation.hpp"
#include "samestate/optimized/evm/native/prices.hpp"
#include "samestate/optimized/evm/native/recovery.hpp"
#include "samestate/optimized/words/blake2f.hpp"
#include "samestate/optimized/words/ripemd160.hpp"
#include "samestate/optimized/words/sha256.hpp"

namespace samestate::evm {

// EIP-152: rounds (big-endian), state, message and offset (little-endian), and whether the block is the last.
inline bool run_blake2f(const uint8_t* input, size_t length, Output& output) {
    if (length != 213 || input[212] > 1) return false;
    uint64_t state[8], message[16], offset[2];
    std::memcpy(state, input + 4, 64);
    std::memcpy(message, input + 68, 128);
    std::memcpy(offset, input + 196, 16);
    blake2f(static_cast<uint32_t>(load_be64(input) >> 32), state, message, offset, input[212] == 1);
    output.assign(reinterpret_cast<const uint8_t*>(state), 64);
    return true;
}

// Run a precompile whose price was paid. False: it failed, and consumes all the gas that it was given. Any thread may
// call it, without the interpreter lock; input and output do not overlap. Throws Interrupted where there is no memory.
inline bool run_precompile(Precompile precompile, const PrecompilePrices& prices, const uint8_t* input, size_t length,
                           Output& output) {
    const Libraries& library = *native_libraries;
    switch (precompile) {
        case Precompile::none:
            return false;
        case Precompile::signature_recovery:
            return run_signature_recovery(input, length, output);
        case Precompile::sha256:
            sha256(input, length, output.resize(32));
            return true;
        case Precompile::ripemd160:
            std::memset(output.resize(32), 0, 12);
            ripemd160(input, length, output.data + 12);
            return true;
        case Precompile::identity:
            output.assign(input, length);
            return true;
        case Precompile::modular_exponentiation:
            return run_modular_exponentiation(prices.modular_exponentiation, input, length, output);
        case Precompile::blake2f:
            return run_blake2f(input, length, output);
        case Precompile::p256_verify:
            return run_p256_verify(input, length, output);
        default:
            break;
    }
    if (precompile <= Precompile::bn254_pairing) {
        if (!bn254::ready(library)) return run_through_python(precompile, input, length, output);
        if (precompile == Precompile::bn254_add) return bn254::add(library, input, length, output);
        if (precompile == Precompile::bn254_multiply) return bn254::multiply(library, input, length, output);
        return bn254::pairing(library, input, length, output);
    }
    if (!library.has_blst) return run_through_python(precompile, input, length, output);
    using namespace bls12_381;
    switch (precompile) {
        case Precompile::point_evaluation:
            return run_point_evaluation(library, input, length, output);
        case Precompile::bls12_381_add_1:
            return add<First>(library, input, length, output);
        case Precompile::bls12_381_sum_1:
            return sum<First>(library, input, length, output);
        case Precompile::bls12_381_add_2:
            return add<Second>(library, input, length, output);
        case Precompile::bls12_381_sum_2:
            return sum<Second>(library, input, length, output);
        case Precompile::bls12_381_pairing:
            return pairing(library, input, length, output);
        case Precompile::bls12_381_map_1:
            return map<First>(library, input, length, output);
        case Precompile::bls12_381_map_2:
            return map<Second>(library, input, length, output);
        default:
            return false;
    }
}

}  // namespace samestate::evm

#endif
