// A fork as plain data. The pages of forks (forks.py) fill it in; nothing in this room compares forks.

#ifndef SAMESTATE_EVM_RULES_HPP
#define SAMESTATE_EVM_RULES_HPP

#include <cstdint>
#include <cstring>

namespace samestate::evm {

// Numbers and flags (0 or 1) by name. What is no limit on a fork is UINT64_MAX. Who needs one more adds it here, with its
// meaning, and in the page of the fork that brings it; 0 is what a fork has that says nothing.
#define SAMESTATE_EVM_NUMBERS(NUMBER)                                                                                  \
    /* transactions */                                                                                                 \
    NUMBER(transaction_types)            /* how many types there are: 2 = legacy and access list */                    \
    NUMBER(transaction_gas_limit)        /* EIP-7825: the cap; since EIP-8037 of execution gas */                       \
    NUMBER(transaction_total_gas_limit)  /* EIP-8037: the cap of execution and state gas together */                   \
    NUMBER(transaction_base_gas)         /* 21,000; since EIP-2780 12,000 */                                           \
    NUMBER(creation_gas)                 /* what a creation pays on top */                                             \
    NUMBER(initcode_limit)               /* EIP-3860 */                                                                \
    NUMBER(initcode_word_gas)            /* EIP-3860 */                                                                \
    NUMBER(code_limit)                   /* EIP-170, EIP-7954 */                                                       \
    NUMBER(access_list_address_gas)      /* EIP-2930 */                                                                \
    NUMBER(access_list_slot_gas)         /* EIP-2930 */                                                                \
    NUMBER(authorization_gas)            /* EIP-7702: intrinsic, each */                                               \
    NUMBER(authorization_refund)         /* EIP-7702: for an authority that exists */                                  \
    NUMBER(floor_token_gas)              /* EIP-7623: 0 = there is no floor */                                         \
    NUMBER(floor_byte_tokens)            /* EIP-7976: tokens of each byte in the floor; 0 = zero bytes 1, others 4 */   \
    NUMBER(access_list_data_address_gas) /* EIP-7981 */                                                                \
    NUMBER(access_list_data_slot_gas)    /* EIP-7981 */                                                                \
    NUMBER(refund_quotient)              /* EIP-3529 */                                                                \
    NUMBER(has_base_fee)                 /* EIP-1559 */                                                                \
    NUMBER(blob_limit_of_transaction)    /* EIP-7594 */                                                                \
    NUMBER(blob_maximum)                 /* EIP-4844, EIP-7892: of a block */                                          \
    NUMBER(blob_update_fraction)         /* EIP-4844, EIP-7892 */                                                      \
    NUMBER(warms_coinbase)               /* EIP-3651 */                                                                \
    /* instructions */                                                                                                 \
    NUMBER(cold_account_gas)             /* EIP-2929, EIP-8038 */                                                      \
    NUMBER(warm_gas)                                                                                                   \
    NUMBER(cold_slot_gas)                                                                                              \
    NUMBER(slot_set_gas)                 /* EIP-2200: from zero */                                                     \
    NUMBER(slot_change_gas)              /* EIP-2200 less EIP-2929's cold part */                                      \
    NUMBER(slot_unchanged_gas)           /* EIP-2200: a value that stays, or that the transaction has changed before */ \
    NUMBER(slot_warm_gas)                /* EIP-8038: on top for a warm slot; cold it is cold_slot_gas on every fork */ \
    NUMBER(slot_clear_refund)            /* EIP-3529 */                                                                \
    NUMBER(call_value_gas)                                                                                             \
    NUMBER(new_account_gas)              /* execution gas for a call or a destruction that makes an account */         \
    NUMBER(create_gas)                                                                                                 \
    NUMBER(code_byte_gas)                /* 200; since EIP-8037 it is state gas */                                      \
    NUMBER(code_word_gas)                /* EIP-8037: 6 */                                                             \
    NUMBER(destroy_gas)                                                                                                \
    NUMBER(destroy_refund)               /* Berlin: 24,000 */                                                          \
    NUMBER(account_write_gas)            /* EIP-2780, EIP-8038 */                                                      \
    NUMBER(code_access_gas)              /* EIP-8038: EXTCODESIZE and EXTCODECOPY on top */                            \
    NUMBER(rejects_ef)                   /* EIP-3541 */                                                                \
    NUMBER(destroys_only_created)        /* EIP-6780 */                                                                \
    NUMBER(keeps_balance_of_destroyed)   /* EIP-8246 */                                                                \
    NUMBER(storage_alone_collides)       /* EIP-7610 */                                                                \
    NUMBER(delegates)                    /* EIP-7702 */                                                                \
    NUMBER(logs_transfers)               /* EIP-7708 */                                                                \
    NUMBER(prevrandao)                   /* opcode 0x44 gives prev_randao */                                           \
    /* state gas (EIP-8037); 0 on forks without */                                                                     \
    NUMBER(has_state_gas)                                                                                              \
    NUMBER(state_gas_slot)               /* 64 bytes */                                                                \
    NUMBER(state_gas_account)            /* 120 bytes */                                                               \
    NUMBER(state_gas_authorization)      /* 23 bytes */                                                                \
    NUMBER(state_gas_code_byte)                                                                                        \
    NUMBER(recipient_access_gas)         /* EIP-2780: a recipient that is not the sender */                            \
    NUMBER(recipient_value_gas)          /* EIP-2780: and gets value */                                                \
    /* block */                                                                                                        \
    NUMBER(header_fields)                /* how many a header has */                                                   \
    NUMBER(block_reward)                 /* wei; before Paris */                                                       \
    NUMBER(has_beacon_root_call)         /* EIP-4788 */                                                                \
    NUMBER(has_history_call)             /* EIP-2935 */                                                                \
    NUMBER(has_requests)                 /* EIP-7685: deposits, withdrawals, consolidations */                         \
    NUMBER(has_builder_requests)         /* EIP-8282 */                                                                \
    NUMBER(reads_deposits_by_length)     /* no fork's: go-ethereum's reading of EIP-6110, for cases that it has filled */ \
    NUMBER(has_access_list)              /* EIP-7928 */                                                                \
    NUMBER(block_access_list_item_gas)   /* EIP-7928: 2,000 */                                                         \
    /* precompiles */                                                                                                  \
    NUMBER(precompile_count)             /* 0x01 to this */                                                            \
    NUMBER(has_p256)                     /* EIP-7951: 0x100 */                                                         \
    NUMBER(modexp_since_osaka)           /* EIP-7823, EIP-7883 */

struct Rules {
#define SAMESTATE_EVM_DECLARE(name) std::uint64_t name;
    SAMESTATE_EVM_NUMBERS(SAMESTATE_EVM_DECLARE)
#undef SAMESTATE_EVM_DECLARE
    std::uint8_t defined[256];          // by opcode: whether the fork has the instruction
    std::uint32_t gas[256];             // by opcode: what it costs whatever its operands are
};

// Give a number its value by name. Whether there is one of that name.
inline bool set_number(Rules& rules, const char* name, std::uint64_t value) {
#define SAMESTATE_EVM_SET(number)               \
    if (std::strcmp(name, #number) == 0) {      \
        rules.number = value;                   \
        return true;                            \
    }
    SAMESTATE_EVM_NUMBERS(SAMESTATE_EVM_SET)
#undef SAMESTATE_EVM_SET
    return false;
}

}  // namespace samestate::evm

#endif
