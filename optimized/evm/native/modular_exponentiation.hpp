// MODEXP: a power modulo a number, of operands of any size (EIP-198), by GMP.

#ifndef SAMESTATE_EVM_NATIVE_MODULAR_EXPONENTIATION_HPP
#define SAMESTATE_EVM_NATIVE_MODULAR_EXPONENTIATION_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "samestate/optimized/evm/native/input.hpp"
#include "samestate/optimized/evm/native/libraries.hpp"
#include "samestate/optimized/evm/native/prices.hpp"

namespace samestate::evm {

// An operand: bytes of the input, zeros after its end, as limbs for GMP. Throws Interrupted where there is no memory.
class ModularExponentiationOperand {
public:
    ModularExponentiationOperand(const uint8_t* input, size_t length, size_t start, size_t count) {
        const size_t limbs = (count + 7) / 8;
        uint64_t* target = kept;
        if (limbs > sizeof kept / 8) {
            target = allocated = static_cast<uint64_t*>(std::malloc(8 * limbs));
            if (allocated == nullptr) throw Interrupted{Interruption::out_of_memory};
        }
        // From the last eight bytes, which are the lowest limb, to the first, of which there may be fewer.
        for (size_t i = 0; i < limbs; ++i) {
            uint8_t bytes[8] = {};
            const size_t end = count - 8 * i;
            const size_t size = end < 8 ? end : 8;
            copy_padded(bytes + 8 - size, size, input, length, start + end - size);
            target[i] = load_be64(bytes);
        }
        size_t significant = limbs;
        while (significant > 0 && target[significant - 1] == 0) --significant;
        number = {static_cast<int>(limbs), static_cast<int>(significant), target};
    }
    ModularExponentiationOperand(const ModularExponentiationOperand&) = delete;
    ModularExponentiationOperand& operator=(const ModularExponentiationOperand&) = delete;
    ~ModularExponentiationOperand() { std::free(allocated); }

    GmpNumber number;

private:
    uint64_t kept[32];  // enough for 256 bytes
    uint64_t* allocated = nullptr;
};

// Called once the price was paid, which bounds the lengths by the gas. False: an operand is too long (EIP-7823).
inline bool run_modular_exponentiation(const ModularExponentiationPrices& prices, const uint8_t* input, size_t length,
                                       Output& output) {
    const u256 lengths[3] = {padded_word(input, length, 0), padded_word(input, length, 32), padded_word(input, length, 64)};
    if (prices.length_limit != UINT64_MAX)
        for (const u256& each : lengths)
            if (each > u256{prices.length_limit}) return false;
    output.clear();
    // Without a modulus there is no output, and where base and modulus are empty an exponent of any length is cheap: it
    // must not be read.
    if (lengths[2].is_zero()) return true;
    // More than GMP's numbers can have, which is more than any gas pays for.
    for (const u256& each : lengths)
        if (each > u256{uint64_t{1} << 33}) throw Interrupted{Interruption::out_of_memory};
    const size_t base_length = lengths[0].low64();
    const size_t exponent_length = lengths[1].low64();
    const size_t modulus_length = lengths[2].low64();

    ModularExponentiationOperand modulus(input, length, 96 + base_length + exponent_length, modulus_length);
    uint8_t* target = output.resize(modulus_length);
    std::memset(target, 0, modulus_length);
    if (modulus.number.size == 0) return true;  // modulo zero the result is zero
    const Libraries& library = *native_libraries;
    if (!library.has_gmp) return run_through_python(Precompile::modular_exponentiation, input, length, output);
    ModularExponentiationOperand base(input, length, 96, base_length);
    ModularExponentiationOperand exponent(input, length, 96 + base_length, exponent_length);
    GmpNumber result;
    library.__gmpz_init(&result);
    library.__gmpz_powm(&result, &base.number, &exponent.number, &modulus.number);
    // Below the modulus, so it has no more bytes than the output.
    for (size_t i = 0; i < static_cast<size_t>(result.size); ++i) {
        uint8_t bytes[8];
        store_be64(bytes, result.limbs[i]);
        const size_t end = modulus_length - 8 * i;
        const size_t size = end < 8 ? end : 8;
        std::memcpy(target + end - size, bytes + 8 - size, size);
    }
    library.__gmpz_clear(&result);
    return true;
}

}  // namespace samestate::evm

#endif
