// Which precompiles there are, and what each costs.

#ifndef SAMESTATE_EVM_NATIVE_PRICES_HPP
#define SAMESTATE_EVM_NATIVE_PRICES_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/native/input.hpp"

namespace samestate::evm {

// By address, but for the last, which is at 0x100.
enum class Precompile : uint8_t {
    none,
    signature_recovery,      // 0x01
    sha256,                  // 0x02
    ripemd160,               // 0x03
    identity,                // 0x04
    modular_exponentiation,  // 0x05, EIP-198
    bn254_add,               // 0x06, EIP-196
    bn254_multiply,          // 0x07, EIP-196
    bn254_pairing,           // 0x08, EIP-197
    blake2f,                 // 0x09, EIP-152
    point_evaluation,        // 0x0a, EIP-4844
    bls12_381_add_1,         // 0x0b, EIP-2537
    bls12_381_sum_1,         // 0x0c
    bls12_381_add_2,         // 0x0d
    bls12_381_sum_2,         // 0x0e
    bls12_381_pairing,       // 0x0f
    bls12_381_map_1,         // 0x10
    bls12_381_map_2,         // 0x11
    p256_verify,             // 0x100, EIP-7951
};

// What an input costs that nobody can pay.
inline constexpr uint64_t UNAFFORDABLE = UINT64_MAX;

// The price of modular exponentiation: complexity times iterations over the divisor, no less than the minimum.
struct ModularExponentiationPrices {
    uint64_t minimum;
    uint64_t divisor;
    uint64_t word_factor;         // complexity is this times the words of the longer of base and modulus, squared
    uint64_t short_complexity;    // what it is instead where both have at most 32 bytes; 0: no such rule
    uint64_t exponent_byte;       // iterations of each byte of the exponent after its 32nd
    uint64_t length_limit;        // bytes that each of the three may have (EIP-7823)
};
inline constexpr ModularExponentiationPrices EIP_2565{200, 3, 1, 0, 8, UINT64_MAX};
inline constexpr ModularExponentiationPrices EIP_7883{500, 1, 2, 16, 16, 1024};

// What is different from fork to fork.
struct PrecompilePrices {
    uint64_t count = 9;           // those from 0x01 to this exist
    bool has_p256 = false;
    ModularExponentiationPrices modular_exponentiation = EIP_2565;
};

// The same from the numbers of a fork's page.
inline PrecompilePrices precompile_prices(uint64_t count, bool has_p256, bool modular_exponentiation_since_osaka) {
    return {count, has_p256, modular_exponentiation_since_osaka ? EIP_7883 : EIP_2565};
}

// The precompile at an address, or none.
inline Precompile find_precompile(const PrecompilePrices& prices, const Address& address) {
    for (int i = 0; i < 18; ++i)
        if (address.bytes[i] != 0) return Precompile::none;
    const unsigned number = static_cast<unsigned>(address.bytes[18]) << 8 | address.bytes[19];
    if (number <= prices.count) return static_cast<Precompile>(number);
    if (number == 0x100 && prices.has_p256) return Precompile::p256_verify;
    return Precompile::none;
}

// What one of n multiplications costs in a sum of n, in thousandths of its price alone; from n = 1 on, and the last
// number for all longer sums (EIP-2537, discounts).
inline constexpr uint16_t BLS12_381_DISCOUNTS_1[128] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,  //
    673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,   //
    625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,   //
    596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,   //
    575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,   //
    558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,   //
    543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,   //
    530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
};
inline constexpr uint16_t BLS12_381_DISCOUNTS_2[128] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,  //
    711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,    //
    643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,    //
    606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,    //
    580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,    //
    561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,    //
    546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,    //
    534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
};

inline uint64_t sum_gas(uint64_t terms, uint64_t price, const uint16_t* discounts) {
    if (terms == 0) return 0;
    return terms * price * discounts[(terms < 128 ? terms : 128) - 1] / 1000;
}

// EIP-2565, EIP-7883. Lengths may be any numbers of 256 bits, so they are looked at before anything is read.
inline uint64_t modular_exponentiation_gas(const ModularExponentiationPrices& prices, const uint8_t* input,
                                           size_t length) {
    const u256 base_length = padded_word(input, length, 0);
    const u256 exponent_length = padded_word(input, length, 32);
    const u256 modulus_length = padded_word(input, length, 64);
    const u256 longer = base_length < modulus_length ? modulus_length : base_length;
    // From here on the complexity alone is more than three times 2^64.
    if (longer > u256{uint64_t{1} << 40}) return UNAFFORDABLE;
    const uint64_t words = (longer.low64() + 7) / 8;
    u256 complexity = u256{prices.word_factor} * u256{words} * u256{words};
    if (prices.short_complexity != 0 && longer.low64() <= 32) complexity = prices.short_complexity;

    const size_t head_length = exponent_length < u256{32} ? exponent_length.low64() : 32;
    uint8_t head_bytes[32] = {};
    copy_padded(head_bytes + 32 - head_length, head_length, input, length, 96 + base_length.low64());
    const int head_bits = 256 - count_leading_zeros(u256::load_be(head_bytes));
    // Beyond 2^120 bytes the sum counts as that: it can't be paid, but if the complexity is zero.
    constexpr u256 most{0, uint64_t{1} << 56, 0, 0};
    const u256 after_head = (exponent_length < most ? exponent_length : most) - u256{head_length};
    u256 iterations = u256{prices.exponent_byte} * after_head + u256{head_bits > 0 ? head_bits - 1u : 0u};
    if (iterations.is_zero()) iterations = 1;
    const u256 gas = divide(complexity * iterations, prices.divisor);
    return gas < u256{prices.minimum} ? prices.minimum : gas.saturated64();
}

// What running the precompile on an input costs, UNAFFORDABLE if that is 2^64 - 1 or more. An input that will fail is
// priced all the same.
inline uint64_t precompile_gas(Precompile precompile, const PrecompilePrices& prices, const uint8_t* input, size_t length) {
    const uint64_t words = (static_cast<uint64_t>(length) + 31) / 32;
    switch (precompile) {
        case Precompile::none:
            return UNAFFORDABLE;
        case Precompile::signature_recovery:  // yellow paper, appendix E, here and for the next three
            return 3000;
        case Precompile::sha256:
            return 60 + 12 * words;
        case Precompile::ripemd160:
            return 600 + 120 * words;
        case Precompile::identity:
            return 15 + 3 * words;
        case Precompile::modular_exponentiation:
            return modular_exponentiation_gas(prices.modular_exponentiation, input, length);
        case Precompile::bn254_add:  // EIP-1108, here and for the next two
            return 150;
        case Precompile::bn254_multiply:
            return 6000;
        case Precompile::bn254_pairing:
            return 45000 + 34000 * (length / 192);
        case Precompile::blake2f:  // EIP-152: one a round; of an input of another length, which will fail, nothing
            return length == 213 ? load_be64(input) >> 32 : 0;
        case Precompile::point_evaluation:  // EIP-4844
            return 50000;
        case Precompile::bls12_381_add_1:  // EIP-2537, here and for the next six
            return 375;
        case Precompile::bls12_381_sum_1:
            return sum_gas(length / 160, 12000, BLS12_381_DISCOUNTS_1);
        case Precompile::bls12_381_add_2:
            return 600;
        case Precompile::bls12_381_sum_2:
            return sum_gas(length / 288, 22500, BLS12_381_DISCOUNTS_2);
        case Precompile::bls12_381_pairing:
            return 37700 + 32600 * (length / 384);
        case Precompile::bls12_381_map_1:
            return 5500;
        case Precompile::bls12_381_map_2:
            return 23800;
        case Precompile::p256_verify:  // EIP-7951
            return 6900;
    }
    return UNAFFORDABLE;
}

}  // namespace samestate::evm

#endif
