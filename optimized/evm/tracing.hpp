// Lines of a trace (EIP-3155), from the exact path alone and from an instantiation of its own, so that whoever wants none pays nothing.

#ifndef SAMESTATE_EVM_TRACING_HPP
#define SAMESTATE_EVM_TRACING_HPP

#include <cstdint>

#include "samestate/optimized/evm/executor.hpp"

namespace samestate::evm {

// Who wants lines.
struct Tracer {
    virtual ~Tracer() = default;
    // An instruction is about to be executed: nothing of it is checked or paid yet.
    virtual void step(const Executor& executor, const Frame& frame, std::uint8_t opcode) = 0;
    // The frame's last instruction has ended it (frame.end).
    virtual void end(const Executor& executor, const Frame& frame) = 0;
};

inline void trace_step(Executor& executor, const Frame& frame, std::uint8_t opcode) { executor.tracer->step(executor, frame, opcode); }
inline void trace_end(Executor& executor, const Frame& frame) { executor.tracer->end(executor, frame); }

}  // namespace samestate::evm

#endif
