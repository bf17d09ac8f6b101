// Running a frame.

#ifndef SAMESTATE_EVM_INTERPRETER_HPP
#define SAMESTATE_EVM_INTERPRETER_HPP

#include <cstdint>
#include <cstdlib>

#include "samestate/optimized/evm/block_path.hpp"
#include "samestate/optimized/evm/exact_path.hpp"
#include "samestate/optimized/evm/executor.hpp"

namespace samestate::evm {

// Whether code is translated as it runs. Counts that it is entered, or has jumped.
inline bool is_hot(Analysis& analysis, const AnalysisList& analyses) {
    if (analysis.published_blocks()) return true;
    const std::uint64_t heat = __atomic_load_n(&analysis.heat, __ATOMIC_RELAXED) + 1;
    __atomic_store_n(&analysis.heat, heat, __ATOMIC_RELAXED);
    if (heat <= analyses.hot_after) return false;
    auto** made = static_cast<BasicBlock**>(std::calloc(analysis.size + 1, sizeof(BasicBlock*)));
    if (made == nullptr) throw Interrupted{Interruption::out_of_memory};
    BasicBlock** found = nullptr;
    if (__atomic_compare_exchange_n(&analysis.blocks, &found, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&analysis.bytes, (analysis.size + 1) * sizeof(BasicBlock*), __ATOMIC_RELAXED);
    } else {
        std::free(made);
    }
    return true;
}

// Run a frame, from its beginning or from where it has entered another one, until it has ended (`end`: frame.end says how, and output
// is set if it succeeded or reverted) or enters another frame (`enter`). A frame that halted has its gas still in `gas`: burning it is
// the caller's, as all that the end of a frame means to others.
inline Next run(Executor& executor, Frame& frame) {
    heed_stop(executor);
    if (executor.tracer) return run_exact<true>(executor, frame, false);
    AnalysisList& analyses = executor.codes->analyses();
    // Code in a table is likely to be run again. Of other code nothing is found out until it jumps.
    Analysis* analysis = frame.code->is_shared ? &analysis_of(*frame.code, analyses) : find_analysis(*frame.code);
    if (analysis && frame.code->is_shared && __atomic_load_n(&analysis->used_in, __ATOMIC_RELAXED) != analyses.block) {
        __atomic_store_n(&analysis->used_in, analyses.block, __ATOMIC_RELAXED);
    }
    for (;;) {
        if (analysis && !frame.is_exact && is_hot(*analysis, analyses)) {
            const Next next = run_blocks(executor, frame, *analysis);
            if (next != Next::proceed) return next;
        }
        const Next next = run_exact<false>(executor, frame, !frame.is_exact);
        if (next != Next::proceed) return next;
        analysis = find_analysis(*frame.code);
    }
}

}  // namespace samestate::evm

#endif
