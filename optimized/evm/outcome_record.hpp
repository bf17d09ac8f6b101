// What came of a step, in one piece of bytes: what a worker leaves of it until its turn in the block has come.
//
// The head, then its logs, the data of the logs, the output, and the effect (effects.hpp), one after another. Nothing in it points
// anywhere, so it can lie in the arena.

#ifndef SAMESTATE_EVM_OUTCOME_RECORD_HPP
#define SAMESTATE_EVM_OUTCOME_RECORD_HPP

#include <type_traits>

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/effects.hpp"
#include "samestate/optimized/evm/outcome.hpp"

namespace samestate::evm {

struct OutcomeRecord {
    OutcomeFigures figures;
    Address sender;
    std::uint8_t type;              // of the transaction
    std::uint64_t overflows;        // 1: what it has credited does not fit 256 bits, so that the block ends here if it has room for it
    std::uint64_t log_count;
    std::uint64_t log_data_length;
    std::uint64_t output_length;
    std::uint64_t effect_length;

    std::uint8_t fault_code() const { return static_cast<std::uint8_t>(figures.fault.code); }
    const Log* logs() const { return reinterpret_cast<const Log*>(this + 1); }
    const std::uint8_t* log_data() const { return reinterpret_cast<const std::uint8_t*>(logs() + log_count); }
    const std::uint8_t* output() const { return log_data() + log_data_length; }
    const std::uint8_t* effect() const { return output() + output_length; }
    std::uint64_t size() const { return sizeof(*this) + log_count * sizeof(Log) + log_data_length + output_length + effect_length; }
};

static_assert(std::is_trivially_copyable<OutcomeRecord>::value && alignof(OutcomeRecord) == 8, "records lie in plain memory");

// What is put into a record beside what its step did to the state.
struct RecordOptions {
    bool with_effect;   // what was set and credited
    bool with_reads;    // and what was read and touched
};

// Append the record of the step that `state` is in, at the next multiple of 8. Gives where it begins.
inline std::size_t append_record(Buffer& buffer, const State& state, const OutcomeRecord& head, const std::uint8_t* output, const RecordOptions& options) {
    buffer.align();
    const std::size_t begin = buffer.size();
    buffer.append(&head, sizeof(head));
    buffer.append(state.logs.data(), state.logs.size() * sizeof(Log));
    buffer.append(state.log_data.data(), state.log_data.size());
    buffer.append(output, head.output_length);
    const std::size_t effect = buffer.size();
    if (options.with_effect) write_effect(buffer, state, options.with_reads);
    OutcomeRecord& record = *reinterpret_cast<OutcomeRecord*>(buffer.data() + begin);
    record.log_count = state.logs.size();
    record.log_data_length = state.log_data.size();
    record.effect_length = buffer.size() - effect;
    return begin;
}

// The name of how an outermost frame ended.
inline const char* name_of_end(const OutcomeFigures* figures) { return end_name(figures->end); }

}  // namespace samestate::evm

#endif
