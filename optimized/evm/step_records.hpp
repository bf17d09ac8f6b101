// The records of a block's steps, in the order of the block, and the memory that they lie in: that of one worker, or of several.

#ifndef SAMESTATE_EVM_STEP_RECORDS_HPP
#define SAMESTATE_EVM_STEP_RECORDS_HPP

#include <vector>

#include "samestate/optimized/evm/outcome_record.hpp"

namespace samestate::evm {

class StepRecords {
  public:
    std::vector<const OutcomeRecord*> steps;    // open, the transactions, close; as many as there are

    StepRecords() = default;
    StepRecords(const StepRecords&) = delete;
    StepRecords& operator=(const StepRecords&) = delete;

    // Take over bytes with records. Gives where they are from now on; nothing is copied.
    const std::uint8_t* take(Buffer& bytes) {
        bytes_.emplace_back();
        bytes_.back().swap(bytes);
        return bytes_.back().data();
    }

    // The same, of bytes that have the records of the next steps one after another, at these places.
    void take(Buffer& bytes, const std::vector<std::uint64_t>& places) {
        const std::uint8_t* begin = take(bytes);
        steps.reserve(steps.size() + places.size());
        for (const std::uint64_t place : places) steps.push_back(reinterpret_cast<const OutcomeRecord*>(begin + place));
    }

  private:
    std::vector<Buffer> bytes_;
};

}  // namespace samestate::evm

#endif
