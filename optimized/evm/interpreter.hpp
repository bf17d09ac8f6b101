// Running a frame.

#ifndef SAMESTATE_EVM_INTERPRETER_HPP
#define SAMESTATE_EVM_INTERPRETER_HPP

#include "samestate/optimized/evm/exact_path.hpp"
#include "samestate/optimized/evm/executor.hpp"

namespace samestate::evm {

// Run a frame, from its beginning or from where it has entered another one, until it has ended (`end`: frame.end says how, and output
// is set if it succeeded or reverted) or enters another frame (`enter`). A frame that halted has its gas still in `gas`: burning it is
// the caller's, as all that the end of a frame means to others.
inline Next run(Executor& executor, Frame& frame) {
    if (executor.tracer) return run_exact<true>(executor, frame, false);
    return run_exact<false>(executor, frame, false);
}

}  // namespace samestate::evm

#endif
