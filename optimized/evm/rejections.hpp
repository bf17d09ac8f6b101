// Why a transaction may not be in a block, or a block not in a chain: the codes of vectors/FORMAT.md, by name.
//
// Only the names are shared with others, as text; the numbers are this build's own.

#ifndef SAMESTATE_EVM_REJECTIONS_HPP
#define SAMESTATE_EVM_REJECTIONS_HPP

#include <cstdint>

namespace samestate::evm {

#define SAMESTATE_EVM_REJECTIONS(CODE)                                                                                \
    CODE(NONE)                                                                                                        \
    /* encoding */                                                                                                    \
    CODE(MALFORMED_BLOCK)                                                                                             \
    CODE(MALFORMED_TRANSACTION)                                                                                       \
    CODE(MALFORMED_ACCESS_LIST)                                                                                       \
    /* transaction */                                                                                                 \
    CODE(TYPE_NOT_SUPPORTED)                                                                                          \
    CODE(WRONG_CHAIN_ID)                                                                                              \
    CODE(INVALID_SIGNATURE)                                                                                           \
    CODE(NONCE_TOO_LOW)                                                                                               \
    CODE(NONCE_TOO_HIGH)                                                                                              \
    CODE(NONCE_IS_MAX)                                                                                                \
    CODE(SENDER_NOT_EOA)                                                                                              \
    CODE(INSUFFICIENT_FUNDS)                                                                                          \
    CODE(INTRINSIC_GAS_TOO_LOW)                                                                                       \
    CODE(FLOOR_GAS_TOO_LOW)                                                                                           \
    CODE(TRANSACTION_GAS_LIMIT_EXCEEDED)                                                                              \
    CODE(TOTAL_GAS_LIMIT_EXCEEDED)                                                                                    \
    CODE(INTRINSIC_GAS_OVER_LIMIT)                                                                                    \
    CODE(FLOOR_GAS_OVER_LIMIT)                                                                                        \
    CODE(GAS_ALLOWANCE_EXCEEDED)                                                                                      \
    CODE(STATE_GAS_ALLOWANCE_EXCEEDED)                                                                                \
    CODE(GAS_PRICE_PRODUCT_OVERFLOW)                                                                                  \
    CODE(MAX_FEE_BELOW_BASE_FEE)                                                                                      \
    CODE(PRIORITY_FEE_ABOVE_MAX_FEE)                                                                                  \
    CODE(INITCODE_TOO_LARGE)                                                                                          \
    CODE(BLOB_CREATION)                                                                                               \
    CODE(NO_BLOBS)                                                                                                    \
    CODE(TOO_MANY_BLOBS)                                                                                              \
    CODE(BLOB_VERSIONED_HASH)                                                                                         \
    CODE(MAX_FEE_PER_BLOB_GAS_TOO_LOW)                                                                                \
    CODE(BLOB_GAS_ALLOWANCE_EXCEEDED)                                                                                 \
    CODE(SET_CODE_CREATION)                                                                                           \
    CODE(NO_AUTHORIZATIONS)                                                                                           \
    /* header */                                                                                                      \
    CODE(UNKNOWN_PARENT)                                                                                              \
    CODE(WRONG_HEADER_FIELDS)                                                                                         \
    CODE(INVALID_BLOCK_NUMBER)                                                                                        \
    CODE(TIMESTAMP_NOT_AFTER_PARENT)                                                                                  \
    CODE(EXTRA_DATA_TOO_LONG)                                                                                         \
    CODE(INVALID_GAS_LIMIT)                                                                                           \
    CODE(GAS_LIMIT_TOO_LARGE)                                                                                         \
    CODE(GAS_USED_OVER_LIMIT)                                                                                         \
    CODE(INVALID_BASE_FEE)                                                                                            \
    CODE(INVALID_DIFFICULTY)                                                                                          \
    CODE(DIFFICULTY_NOT_ZERO)                                                                                         \
    CODE(NONCE_NOT_ZERO)                                                                                              \
    CODE(OMMERS_NOT_EMPTY)                                                                                            \
    CODE(INVALID_EXCESS_BLOB_GAS)                                                                                     \
    CODE(BLOB_BASE_FEE_OVERFLOW)                                                                                      \
    /* ommers */                                                                                                      \
    CODE(TOO_MANY_OMMERS)                                                                                             \
    CODE(OMMER_INCLUDED_BEFORE)                                                                                       \
    CODE(OMMER_IS_ANCESTOR)                                                                                           \
    CODE(OMMER_PARENT_UNKNOWN)                                                                                        \
    CODE(OMMER_PARENT_IS_PARENT)                                                                                      \
    CODE(OMMER_TOO_OLD)                                                                                               \
    /* body */                                                                                                        \
    CODE(BLOCK_TOO_LARGE)                                                                                             \
    CODE(INVALID_TRANSACTIONS_ROOT)                                                                                   \
    CODE(INVALID_OMMERS_HASH)                                                                                         \
    CODE(INVALID_WITHDRAWALS_ROOT)                                                                                    \
    CODE(INVALID_BLOB_GAS_USED)                                                                                       \
    /* execution */                                                                                                   \
    CODE(BALANCE_OVERFLOW)                                                                                            \
    CODE(SYSTEM_CONTRACT_MISSING)                                                                                     \
    CODE(SYSTEM_CONTRACT_FAILED)                                                                                      \
    CODE(INVALID_DEPOSIT_LAYOUT)                                                                                      \
    CODE(INVALID_GAS_USED)                                                                                            \
    CODE(INVALID_RECEIPTS_ROOT)                                                                                       \
    CODE(INVALID_LOGS_BLOOM)                                                                                          \
    CODE(INVALID_REQUESTS_HASH)                                                                                       \
    CODE(INVALID_STATE_ROOT)                                                                                          \
    CODE(INVALID_BAL_HASH)                                                                                            \
    CODE(INVALID_BLOCK_ACCESS_LIST)                                                                                   \
    CODE(ACCESS_LIST_TOO_LARGE)

#define SAMESTATE_EVM_CODE(name) name,
enum class Rejection : uint8_t { SAMESTATE_EVM_REJECTIONS(SAMESTATE_EVM_CODE) };
#undef SAMESTATE_EVM_CODE

// The name of a code, as vectors and results have it; "NONE" where nothing is rejected.
inline const char* rejection_name(Rejection code) {
#define SAMESTATE_EVM_CODE(name) #name,
    static const char* const names[] = {SAMESTATE_EVM_REJECTIONS(SAMESTATE_EVM_CODE)};
#undef SAMESTATE_EVM_CODE
    return names[static_cast<uint8_t>(code)];
}

}  // namespace samestate::evm

#endif
