// An executor over a state that is made up, for the test of both paths: no block, no transaction, only frames.

#ifndef MACHINE_HPP
#define MACHINE_HPP

#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "rules_of_forks.hpp"  // written by the test from forks.py
#include "samestate/optimized/evm/execution.hpp"

using namespace samestate;
using namespace samestate::evm;

inline Address address_of_number(std::uint64_t number) { return address_of(u256(number)); }

// Every account has the same balance and nonce; codes and slots are those that were put there.
struct MadeUpState final : Source {
    const CodeTable* codes;
    std::map<std::string, const Code*> code;
    std::map<std::string, u256> slots;

    static std::string name(const Address& address) { return std::string(reinterpret_cast<const char*>(address.bytes), 20); }
    static std::string name(const Address& address, const u256& key) {
        return name(address) + std::string(reinterpret_cast<const char*>(key.w), sizeof(key.w));
    }

    void load(Account& account, Part part) override {
        const auto found = code.find(name(account.address));
        if (part == BALANCE) account.balance_before = u256(1'000'000);
        else if (part == NONCE) account.nonce_before = 1;
        else if (part == CODE) account.code_before = found == code.end() ? &codes->empty() : found->second;
        else account.existence_before = NOT_HELD;
    }
    void load(Slot& slot) override {
        const auto found = slots.find(name(slot.owner->address, slot.key));
        slot.before = found == slots.end() ? u256(0) : found->second;
    }
    bool has_storage_alone(Account&) override { return false; }
    bool keeps_values() const override { return false; }
};

struct Machine {
    static constexpr std::uint64_t MEMORY = std::uint64_t{1} << 32;
    static constexpr std::uint64_t STACK = ((DEPTH_LIMIT + 1) * STACK_LIMIT + STACK_SPARE) * sizeof(u256);

    Rules rules;
    Environment environment{};
    MadeUpState source;
    Executor executor{};
    CodeTable codes{7};
    std::vector<Hash> hashes{256};
    bool known[256];

    ~Machine() {
        munmap(executor.stack, STACK);
        munmap(executor.memory, MEMORY);
    }

    explicit Machine(const std::string& fork) : rules(rules_of(fork)) {
        source.codes = &codes;
        for (std::size_t number = 0; number < hashes.size(); ++number) std::memset(hashes[number].bytes, static_cast<int>(number), 32);
        std::memset(known, true, sizeof(known));
        environment.chain_id = 1;
        environment.number = 1000;
        environment.timestamp = 1'700'000'000;
        environment.gas_limit = 30'000'000;
        environment.slot_number = 77;
        environment.base_fee = u256(7);
        environment.blob_base_fee = u256(1);
        environment.difficulty = u256(0x20000);
        environment.block_hashes = hashes.data();
        environment.block_hash_known = known;
        environment.block_hash_count = hashes.size();
        executor.rules = &rules;
        executor.environment = &environment;
        executor.codes = &codes;
        executor.stack = static_cast<u256*>(region(STACK));
        executor.memory = static_cast<std::uint8_t*>(region(MEMORY));
        executor.memory_limit = MEMORY;
        executor.transaction.gas_price = u256(9);
        executor.transaction.blob_hashes = hashes.data();
        executor.transaction.blob_hash_count = 2;
        codes.begin_block(rules, UINT64_MAX);
    }

    static void* region(std::size_t size) {
        return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    void deploy(std::uint64_t address, const std::vector<std::uint8_t>& code) {
        source.code[MadeUpState::name(address_of_number(address))] = &codes.intern(code.data(), code.size());
    }

    // Run the code of an account as the outermost frame, on the state as it was put there.
    void run(std::uint64_t address, std::int64_t gas, std::int64_t reservoir, bool is_static, const std::vector<std::uint8_t>& input) {
        State& state = executor.state;
        state.begin_block(&source, 1);
        state.begin_step();
        Frame& frame = begin_outermost_frame(executor, gas, rules.has_state_gas ? reservoir : 0);
        frame.self = &state.account(address_of_number(address));
        state.mark(*frame.self, WARM);
        frame.code = &state.code(*frame.self);
        frame.caller = address_of_number(5);
        frame.input = input.data();
        frame.input_length = input.size();
        frame.is_static = is_static;
        frame.checkpoint = state.checkpoint();
        run_frames(executor);
    }

    const Frame& frame() const { return executor.frames[0]; }

    // All that shows of the run.
    std::string description() {
        const Frame& ended = frame();
        State& state = executor.state;
        std::string text;
        const auto add = [&](const char* name, std::int64_t number) { text += std::string(name) + " " + std::to_string(number) + "\n"; };
        const auto bytes = [&](const void* begin, std::size_t length) {
            char digits[3];
            for (std::size_t place = 0; place < length; ++place) {
                std::snprintf(digits, sizeof(digits), "%02x", static_cast<const std::uint8_t*>(begin)[place]);
                text += digits;
            }
            text += '\n';
        };
        const auto word = [&](const u256& number) { bytes(number.w, sizeof(number.w)); };
        add("end", static_cast<int>(ended.end));
        add("gas", ended.gas);
        add("reservoir", ended.reservoir);
        add("refund", state.refund);
        bytes(ended.output, ended.output_length);
        bytes(ended.memory, ended.memory_size);
        bytes(executor.return_data.data(), executor.return_data.size());
        for (const Account* account : state.accounts) {
            bytes(account->address.bytes, 20);
            add("observed", account->observed);
            add("set", account->set);
            add("accessed", account->accessed);
            add("marks", account->scope == state.scope() ? account->marks : 0);
            add("wipes", account->wipes);
            if (account->set & bit(NONCE)) add("nonce", static_cast<std::int64_t>(account->nonce));
            if (account->set & bit(BALANCE)) word(account->balance);
            if (account->credited) word(account->credit);
            if (account->set & bit(CODE)) bytes(account->code->hash.bytes, 32);
        }
        for (const Slot* slot : state.slots) {
            word(slot->key);
            add("observed", slot->observed);
            add("marks", slot->scope == state.scope() ? slot->marks : 0);
            if (slot->set) word(slot->value);
            if (slot->scope == state.scope()) word(slot->transient);
        }
        for (const Log& log : state.logs) {
            bytes(log.address.bytes, 20);
            for (std::uint32_t topic = 0; topic < log.topic_count; ++topic) word(log.topics[topic]);
            bytes(state.log_data.data() + log.data, log.data_length);
        }
        return text;
    }
};

#endif
