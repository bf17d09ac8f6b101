// What is found out about a code once, for all who run it: where it can be jumped to, and its basic blocks, each translated when
// code that has turned out to run often first comes to it (translation.hpp).
//
// Two workers may find the same out at the same time. The first to publish wins, by one atomic exchange; the other throws its work
// away. Nothing of what is computed depends on who was first, so these are no points for an explorer of schedules.

#ifndef SAMESTATE_EVM_ANALYSIS_HPP
#define SAMESTATE_EVM_ANALYSIS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/code.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/rules.hpp"

namespace samestate::evm {

struct BasicBlock;  // translation.hpp: a translated basic block; lies in one piece of std::malloc

// What is shared by one code's runs. All that changes once it is published is atomic.
struct Analysis {
    std::unique_ptr<std::uint64_t[]> destinations;  // by position a bit: an instruction begins there, and it is JUMPDEST
    std::uint64_t size;         // of the code
    std::uint64_t bytes;        // that all this takes; atomic
    std::uint64_t heat;         // how often the code was entered or has jumped before it was hot; a guess where several count at once
    BasicBlock** blocks;        // once it is hot: by position the block that begins there, or how often it was come to before

    // In the list of those that a table may evict.
    const Code* code;
    Analysis* next;
    std::uint64_t used_in;      // the number of the last block of transactions that ran it; atomic

    // `blocks`, null until the code is hot. Only one is ever put there, but somebody may still try to put another.
    BasicBlock** published_blocks() const { return __atomic_load_n(&blocks, __ATOMIC_ACQUIRE); }

    bool can_jump_to(std::uint64_t position) const {
        return position < size && (destinations[position / 64] >> (position % 64) & 1);
    }
};

// Whether a block is there, and not a number.
inline bool is_translated(const BasicBlock* block) { return reinterpret_cast<std::uintptr_t>(block) > 4096; }

// The analyses that exist, one linked to the next; the number of the block that is executed; how often code is entered or jumps
// before its blocks are counted, and a block is come to before it is translated; and the prices that translated blocks rest on, which are those of one fork at a time.
struct AnalysisList {
    Analysis* first = nullptr;  // atomic
    std::uint64_t block = 0;
    std::uint64_t hot_after = SAMESTATE_IS_EXPLORED ? 0 : 4;
    std::uint8_t defined[256] = {};
    std::uint32_t gas[256] = {};
};

inline Analysis* make_analysis(const Code& code) {
    auto* analysis = new Analysis{};
    const std::uint64_t words = code.size / 64 + 1;
    analysis->destinations.reset(new std::uint64_t[words]());
    analysis->size = code.size;
    analysis->code = &code;
    analysis->bytes = sizeof(Analysis) + words * 8;
    for (std::uint64_t position = 0; position < code.size; ++position) {
        const std::uint8_t opcode = code.bytes[position];
        if (opcode == JUMPDEST) analysis->destinations[position / 64] |= std::uint64_t{1} << (position % 64);
        else position += immediate_length(opcode);
    }
    return analysis;
}

inline void free_analysis(Analysis* analysis) {
    if (analysis->blocks) {
        for (std::uint64_t position = 0; position <= analysis->size; ++position) {
            if (is_translated(analysis->blocks[position])) std::free(analysis->blocks[position]);
        }
        std::free(analysis->blocks);
    }
    delete analysis;
}

// Give back what was found out about a code that nobody runs any more.
inline void forget_analysis(const Code& code) {
    if (code.analysis == nullptr) return;
    free_analysis(code.analysis);
    code.analysis = nullptr;
}

// The analysis of a code, if there is one.
inline Analysis* find_analysis(const Code& code) { return __atomic_load_n(&code.analysis, __ATOMIC_ACQUIRE); }

// The analysis of a code: the one that is there, or a new one. `list` takes it up if the code lies in a table.
inline Analysis& analysis_of(const Code& code, AnalysisList& list) {
    Analysis* found = find_analysis(code);
    if (found) return *found;
    Analysis* made = make_analysis(code);
    made->used_in = list.block;
    if (!__atomic_compare_exchange_n(&code.analysis, &found, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        free_analysis(made);
        return *found;
    }
    if (code.is_shared) {
        made->next = __atomic_load_n(&list.first, __ATOMIC_ACQUIRE);
        while (!__atomic_compare_exchange_n(&list.first, &made->next, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        }
    }
    return *made;
}

// CodeTable::begin_block: nobody else looks at the list or runs anything meanwhile.
inline std::uint64_t begin_block_with(AnalysisList& list, const Rules& rules, std::uint64_t limit) {
    ++list.block;
    if (std::memcmp(list.defined, rules.defined, sizeof(list.defined)) != 0 || std::memcmp(list.gas, rules.gas, sizeof(list.gas)) != 0) {
        limit = 0;  // another fork
        std::memcpy(list.defined, rules.defined, sizeof(list.defined));
        std::memcpy(list.gas, rules.gas, sizeof(list.gas));
    }
    std::uint64_t total = 0;
    for (Analysis* analysis = list.first; analysis; analysis = analysis->next) total += analysis->bytes;
    if (total <= limit) return total;
    std::vector<Analysis*> oldest_first;
    for (Analysis* analysis = list.first; analysis; analysis = analysis->next) oldest_first.push_back(analysis);
    std::stable_sort(oldest_first.begin(), oldest_first.end(),
                     [](const Analysis* one, const Analysis* other) { return one->used_in < other->used_in; });
    list.first = nullptr;
    for (Analysis* analysis : oldest_first) {
        if (total > limit) {
            total -= analysis->bytes;
            forget_analysis(*analysis->code);
        } else {
            analysis->next = list.first;
            list.first = analysis;
        }
    }
    return total;
}

}  // namespace samestate::evm

#endif
