// Everything that one worker executes with: rules, block, state, and its stacks, which all frames share.

#ifndef SAMESTATE_EVM_EXECUTOR_HPP
#define SAMESTATE_EVM_EXECUTOR_HPP

#include <cstdint>
#include <vector>

#include "samestate/optimized/evm/analysis.hpp"
#include "samestate/optimized/evm/environment.hpp"
#include "samestate/optimized/evm/frame.hpp"
#include "samestate/optimized/evm/hash_cache.hpp"
#include "samestate/optimized/evm/native/output.hpp"
#include "samestate/optimized/evm/rules.hpp"
#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

class CodeTable;    // code_table.hpp
struct Tracer;      // tracing.hpp; null unless somebody wants lines

// What the transaction at hand tells every frame.
struct TransactionContext {
    Address origin;
    u256 gas_price;
    const Hash* blob_hashes;
    std::uint64_t blob_hash_count;
};

// Who signed an authorization (EIP-7702), if anybody did.
struct RecoveredAuthority {
    Address address;
    bool is_signed;
};

// The initialization codes that run, by depth: codes in no table, since each runs once. Their bytes lie with whoever creates.
class Initcode {
  public:
    Initcode() = default;
    Initcode(const Initcode&) = delete;
    Initcode& operator=(const Initcode&) = delete;
    ~Initcode() {
        for (const Code& code : codes_) forget_analysis(code);
    }

    // The code of a frame of this depth. It stays where it is until that ends.
    const Code& make(std::uint32_t depth, const std::uint8_t* bytes, std::uint64_t size) {
        if (codes_.empty()) codes_.resize(DEPTH_LIMIT + 1);
        forget(depth);  // one that was interrupted
        Code& code = codes_[depth];
        code.bytes = bytes;
        code.size = size;
        return code;
    }

    void forget(std::uint32_t depth) {
        if (depth < codes_.size()) forget_analysis(codes_[depth]);
    }

  private:
    std::vector<Code> codes_;
};

struct Executor {
    const Rules* rules;
    const Environment* environment;
    CodeTable* codes;
    State state;
    TransactionContext transaction;

    // Frames by depth: frames[0] is the outermost. `frame_count` of them are alive.
    std::vector<Frame> frames;
    std::uint64_t frame_count;

    // Regions of address space of which only what is used takes memory, so nothing in them ever moves.
    u256* stack;                        // STACK_LIMIT × (DEPTH_LIMIT + 1) + STACK_SPARE items
    std::uint8_t* memory;
    std::uint64_t memory_limit;         // bytes for all frames together; beyond it: Interruption::out_of_memory

    // What the last call of the running frame returned.
    std::vector<std::uint8_t> return_data;

    Initcode initcode;

    HashCache hashes;

    // Who signed the transaction's authorizations, where many were found out at once.
    std::vector<RecoveredAuthority> authorities;
    std::uint64_t* counted_in_lanes;    // shared: how many signers were found out so; null where none are to be

    // What the last precompile returned.
    Output precompile_output;

    // Whether the transaction has called 0x03, which stays touched though the call is undone (yellow paper, appendix K.1).
    bool ripemd160_touched;

    // Polled by what may run for long; a StopReason (core), 0 while nobody asks. May be null.
    const std::uint64_t* stop;

    // Called now and then by what runs for long: looks at the clock and for signals. Whether to stop. May be null.
    int (*poll)(void* itself);
    void* poll_itself;
    std::uint32_t looks;                // at `stop`, since `poll` was called

    Tracer* tracer;
};

// What an instruction that may start another frame says to the interpreter.
enum class Next : std::uint8_t {
    proceed,    // with the next instruction: the result is on the stack
    enter,      // a frame was pushed: leave this one, and come back to it when that has ended
    end,        // frame.end says how
};

}  // namespace samestate::evm

#endif
