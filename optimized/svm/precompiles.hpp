// Programs that verify signatures, in C++ whatever runs them: they take no units and log nothing.
// Source: agave precompiles/src/{ed25519,secp256k1,secp256r1}.rs.

#ifndef SAMESTATE_SVM_PRECOMPILES_HPP
#define SAMESTATE_SVM_PRECOMPILES_HPP

#include "samestate/optimized/svm/invocation.hpp"
#include "samestate/optimized/svm/verification.hpp"

namespace samestate::svm {

// PrecompileError.
enum : uint32_t {
    INVALID_PUBLIC_KEY = 0,
    INVALID_RECOVERY_ID = 1,
    INVALID_SIGNATURE = 2,
    INVALID_DATA_OFFSETS = 3,
    INVALID_INSTRUCTION_DATA_SIZE = 4,
};

namespace precompiles {

struct Slice {
    const uint8_t* data;
    size_t length;
};

// Bytes of an instruction of the same message; 0xFFFF is the one at hand. Null where there are none such.
inline const uint8_t* find(const Message& message, const Instruction& own, uint32_t index, uint32_t offset, size_t length,
                           uint32_t own_index = 0xFFFF) {
    if (index != own_index && index >= message.instruction_count) return nullptr;
    const Instruction& instruction = index == own_index ? own : message.instructions[index];
    return size_t{offset} + length <= instruction.data_length ? instruction.data + offset : nullptr;
}

inline uint32_t number(const uint8_t* bytes) { return bytes[0] | bytes[1] << 8; }

inline Ending run_ed25519(const Message& message, const Instruction& own) {
    const uint8_t* data = own.data;
    if (own.data_length < 2) return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
    const size_t count = data[0];
    if ((count == 0 && own.data_length > 2) || own.data_length < 2 + 14 * count)
        return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
    for (size_t place = 0; place < count; ++place) {
        const uint8_t* at = data + 2 + 14 * place;
        const uint8_t* signature = find(message, own, number(at + 2), number(at), 64);
        if (signature == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        // A second half that is no scalar whatever its lower bits are is seen before the key is looked for.
        if (signature[63] >= 0x20) return fail_with(INVALID_SIGNATURE);
        const uint8_t* key = find(message, own, number(at + 6), number(at + 4), 32);
        if (key == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        if (!is_public_key(key)) return fail_with(INVALID_PUBLIC_KEY);
        const uint8_t* text = find(message, own, number(at + 12), number(at + 8), number(at + 10));
        if (text == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        if (!is_signed(signature, text, number(at + 10), key)) return fail_with(INVALID_SIGNATURE);
    }
    return SUCCESS;
}

// What is verified by libraries that only Python reaches: 0 where the signature is good, else a PrecompileError and one more. Each module
// that executes sets them (foreign.py).
inline int (*recovers_address)(const uint8_t* signature, int recovery, const uint8_t* address, const uint8_t* message,
                               size_t length) = nullptr;
inline int (*verifies_secp256r1)(const uint8_t* signature, const uint8_t* key, const uint8_t* message,
                                 size_t length) = nullptr;

inline Ending ending_of(int answer) { return answer ? fail_with(static_cast<uint32_t>(answer - 1)) : SUCCESS; }

// Whether a number of 32 bytes, big-endian, is less than another.
inline bool is_below(const uint8_t* number, const uint8_t* bound) { return std::memcmp(number, bound, 32) < 0; }

// Who signed is an Ethereum address. Instructions are named by one byte, and none of them is the one at hand by a name of its own.
inline Ending run_secp256k1(const Message& message, const Instruction& own) {
    static constexpr uint8_t ORDER[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
                                          0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41};
    const size_t count = own.data_length ? own.data[0] : 0;
    if (own.data_length == 0 || (count == 0 && own.data_length > 1) || own.data_length < 1 + 11 * count)
        return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
    const auto take = [&](uint32_t index, uint32_t offset, size_t length, const uint8_t*& found) -> Ending {
        if (index >= message.instruction_count) return fail_with(INVALID_DATA_OFFSETS);
        const Instruction& instruction = message.instructions[index];
        if (size_t{offset} + length > instruction.data_length) return fail_with(INVALID_SIGNATURE);
        found = instruction.data + offset;
        return SUCCESS;
    };
    for (size_t place = 0; place < count; ++place) {
        const uint8_t* at = own.data + 1 + 11 * place;
        if (at[2] >= message.instruction_count) return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
        const Instruction& signed_in = message.instructions[at[2]];
        if (number(at) + 64 >= signed_in.data_length) return fail_with(INVALID_SIGNATURE);
        const uint8_t* signature = signed_in.data + number(at);
        if (!is_below(signature, ORDER) || !is_below(signature + 32, ORDER)) return fail_with(INVALID_SIGNATURE);
        if (signature[64] > 3) return fail_with(INVALID_RECOVERY_ID);
        const uint8_t* address = nullptr;
        const uint8_t* text = nullptr;
        if (const Ending ending = take(at[5], number(at + 3), 20, address)) return ending;
        if (const Ending ending = take(at[10], number(at + 6), number(at + 8), text)) return ending;
        if (const Ending ending = ending_of(recovers_address(signature, signature[64], address, text, number(at + 8))))
            return ending;
    }
    return SUCCESS;
}

// ECDSA on P-256 with a compressed key, and s in the lower half (SIMD-0075).
inline Ending run_secp256r1(const Message& message, const Instruction& own) {
    static constexpr uint8_t ORDER[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                          0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
    static constexpr uint8_t ABOVE_HALF[32] = {0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF,
                                               0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B,
                                               0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA9};
    static constexpr uint8_t ZERO[32] = {};
    const size_t count = own.data_length >= 2 ? own.data[0] : 0;
    if (count < 1 || count > 8 || own.data_length < 2 + 14 * count) return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
    for (size_t place = 0; place < count; ++place) {
        const uint8_t* at = own.data + 2 + 14 * place;
        const uint8_t* signature = find(message, own, number(at + 2), number(at), 64);
        const uint8_t* key = find(message, own, number(at + 6), number(at + 4), 33);
        const uint8_t* text = find(message, own, number(at + 12), number(at + 8), number(at + 10));
        if (signature == nullptr || key == nullptr || text == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        const uint8_t* s = signature + 32;
        if (!is_below(signature, ORDER) || !is_below(s, ABOVE_HALF) || std::memcmp(signature, ZERO, 32) == 0 ||
            std::memcmp(s, ZERO, 32) == 0)
            return fail_with(INVALID_SIGNATURE);
        if (const Ending ending = ending_of(verifies_secp256r1(signature, key, text, number(at + 10)))) return ending;
    }
    return SUCCESS;
}

}  // namespace precompiles

inline Ending run_precompile(Known program, const Message& message, const Instruction& instruction) {
    switch (program) {
        case Known::ED25519: return precompiles::run_ed25519(message, instruction);
        case Known::SECP256K1: return precompiles::run_secp256k1(message, instruction);
        default: return precompiles::run_secp256r1(message, instruction);
    }
}

}  // namespace samestate::svm

#endif
