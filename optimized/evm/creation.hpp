// CREATE and CREATE2: what is paid, whether the address is free, the frame of the initialization code, and the code that it deploys.

#ifndef SAMESTATE_EVM_CREATION_HPP
#define SAMESTATE_EVM_CREATION_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/calls.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// The last nonce: it has no successor, so its account sends and creates nothing more (EIP-2681).
constexpr std::uint64_t LAST_NONCE = UINT64_MAX;

// What hashing a word costs: KECCAK256's price, which CREATE2 pays for its initialization code (EIP-1014).
constexpr std::uint64_t HASH_WORD_GAS = 6;

// The address in a hash: its last 20 bytes.
inline Address address_in(const std::uint8_t* hash) {
    Address address;
    std::memcpy(address.bytes, hash + 12, 20);
    return address;
}

// The address that a creation by this account with this nonce makes (yellow paper, section 7).
inline Address created_address(const Address& creator, std::uint64_t nonce) {
    std::uint8_t encoded[64];   // 31 at most are used, but a compiler that looks into keccak256 takes 64 for possible
    std::uint8_t hash[32];
    std::uint8_t* place = rlp::write_list_prefix(encoded, 21 + rlp::size_of_number(nonce));
    place = rlp::write_bytes(place, creator.bytes, 20);
    place = rlp::write_number(place, nonce);
    keccak256(encoded, static_cast<std::size_t>(place - encoded), hash);
    return address_in(hash);
}

// The address that CREATE2 makes (EIP-1014).
inline Address created_address(const Address& creator, const u256& salt, const std::uint8_t* initcode, std::uint64_t length) {
    std::uint8_t encoded[85];
    std::uint8_t hash[32];
    encoded[0] = 0xff;
    std::memcpy(encoded + 1, creator.bytes, 20);
    salt.store_be(encoded + 21);
    keccak256(initcode, length, encoded + 53);
    keccak256(encoded, sizeof(encoded), hash);
    return address_in(hash);
}

// Whether a creation there collides: with a nonce, with code (EIP-684), or with storage (EIP-7610, until Amsterdam). Observes nonce
// and code, always both, and more only where there was storage alone before the block.
inline bool is_taken(Executor& executor, Account& account) {
    State& state = executor.state;
    const bool has_nonce = state.nonce(account) != 0;
    const bool has_code = state.code(account).size != 0;
    const bool has_storage = executor.rules->storage_alone_collides && state.holds_storage_alone(account);
    return (has_nonce || has_code || has_storage) && !MUTANT(COLLISION_OVERLOOKED);
}

// What the initialization code runs on: a free address, which it makes an account of.
inline void begin_account(Executor& executor, Account& creator, Account& created, const u256& value) {
    State& state = executor.state;
    state.mark(created, CREATED);
    // Storage that lies there alone goes (yellow paper, section 7: that of a new account is empty). Until Amsterdam it has collided.
    if (state.held_storage_alone(created) && state.holds_storage_alone(created)) state.wipe(created);
    state.set_nonce(created, 1);  // EIP-161, a
    move_value(executor, creator, created, value);
}

// Make the frame's output the code of its account. A creation that fails here has halted.
inline End deploy(Executor& executor, Frame& frame) {
    const Rules& rules = *executor.rules;
    const std::uint64_t length = frame.output_length;
    if (rules.rejects_ef && length > 0 && frame.output[0] == 0xef) return End::invalid_code;  // EIP-3541
    // Gas is asked for before the size up to Osaka, since EIP-8037 after it: all of it is gone either way.
    if (rules.has_state_gas && length > rules.code_limit) return End::code_too_large;
    // A byte has a price (yellow paper, section 7) or, since EIP-8037, a word has that of its hash and a byte one in state gas.
    if (!charge(frame, rules.code_byte_gas * length + rules.code_word_gas * word_count(length))) return End::out_of_gas;
    if (length > rules.code_limit) return End::code_too_large;  // EIP-170
    if (!charge_state_gas(executor, frame, rules.state_gas_code_byte * length)) return End::out_of_gas;
    executor.state.set_code(*frame.self, executor.codes->intern(frame.output, length));
    frame.output_length = 0;
    return End::success;
}

// Start a creation: its operands are on the frame's stack, and nothing is paid yet.
inline Next start_creation(Executor& executor, Frame& frame, std::uint8_t opcode) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;

    // Operands, from the top: value, where the initialization code is and how long, perhaps salt.
    const bool is_salted = opcode == CREATE2;
    u256* const top = frame.top;
    const u256 value = top[-1], offset = top[-2], size = top[-3];
    const u256 salt = is_salted ? top[-4] : u256(0);
    frame.top = top - (is_salted ? 4 : 3);

    if (frame.is_static) return halt(frame, End::static_violation);  // EIP-214

    Growth growth = no_growth(frame);
    if (!reach(frame, offset, size, growth)) return halt(frame, End::out_of_gas);
    const std::uint64_t length = size.w[0];
    const std::uint64_t word_gas = rules.initcode_word_gas + (is_salted ? HASH_WORD_GAS : 0);
    if (!charge(frame, rules.create_gas + growth.gas + word_gas * word_count(length))) return halt(frame, End::out_of_gas);
    if (length > rules.initcode_limit) return halt(frame, End::initcode_too_large);  // EIP-3860
    grow(executor, frame, growth);
    executor.return_data.clear();

    // Nonce and means are looked at whatever the depth is: what a creation reads hangs on nothing else.
    Account& creator = *frame.self;
    const std::uint64_t nonce = state.nonce(creator);
    const bool has_means = value.is_zero() || state.balance(creator) >= value;
    if (!has_means || nonce == LAST_NONCE || frame.depth + 1 > DEPTH_LIMIT) return answer(frame, 0);

    const std::uint8_t* const initcode = length == 0 ? frame.memory : frame.memory + offset.w[0];
    const Address address = is_salted ? created_address(creator.address, salt, initcode, length) : created_address(creator.address, nonce);
    Account& created = state.account(address);
    access(executor, created);  // EIP-2929: warm, though the creation fails

    // EIP-8037: before gas is withheld for the creation, and not where the address is an account already.
    frame.grant = 0;
    if (rules.has_state_gas && state.is_empty(created)) {
        if (!charge_state_gas(executor, frame, rules.state_gas_account)) return halt(frame, End::out_of_gas);
        frame.grant = static_cast<std::int64_t>(rules.state_gas_account);
    }
    const std::int64_t gas = static_cast<std::int64_t>(gas_to_forward(frame));
    frame.gas -= gas;

    const bool collides = is_taken(executor, created);
    if (!MUTANT(CREATOR_NONCE_STAYS)) state.set_nonce(creator, nonce + 1);
    if (collides) return answer(frame, 0);  // EIP-684: the gas of the creation is gone

    Frame& child = push_frame(executor, frame);
    child.precompile = Precompile::none;
    child.code = &executor.initcode.make(child.depth, initcode, length);
    child.self = &created;
    child.caller = creator.address;
    child.value = value;
    child.input = nullptr;
    child.input_length = 0;
    child.is_static = false;
    child.is_creation = true;
    child.gas = gas;
    begin_account(executor, creator, created, value);
    return Next::enter;
}

}  // namespace samestate::evm

#endif
