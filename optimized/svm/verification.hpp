// Signatures of transactions, and of the ed25519 program: strictly verified.

#ifndef SAMESTATE_SVM_VERIFICATION_HPP
#define SAMESTATE_SVM_VERIFICATION_HPP

#include "samestate/optimized/svm/signatures.hpp"

namespace samestate::svm {

inline bool is_public_key(const uint8_t* key) {
    Point decoded;
    return point::decode(key, decoded);
}

inline bool is_signed(const uint8_t* signature, const uint8_t* message, size_t length, const uint8_t* key) {
    return ed25519::verify(signature, key, message, length);
}

}  // namespace samestate::svm

#endif
