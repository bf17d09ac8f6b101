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
        const uint8_t* key = find(message, own, number(at + 6), number(at + 4), 32);
        if (key == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        if (!is_public_key(key)) return fail_with(INVALID_PUBLIC_KEY);
        const uint8_t* text = find(message, own, number(at + 12), number(at + 8), number(at + 10));
        if (text == nullptr) return fail_with(INVALID_DATA_OFFSETS);
        if (!is_signed(signature, text, number(at + 10), key)) return fail_with(INVALID_SIGNATURE);
    }
    return SUCCESS;
}

}  // namespace precompiles

inline Ending run_precompile(Known program, const Message& message, const Instruction& instruction) {
    switch (program) {
        case Known::ED25519: return precompiles::run_ed25519(message, instruction);
        default: return fail_with(INVALID_INSTRUCTION_DATA_SIZE);
    }
}

}  // namespace samestate::svm

#endif
