// Running frames to their end: one after another, without recursion, whatever the depth of the calls.

#ifndef SAMESTATE_EVM_EXECUTION_HPP
#define SAMESTATE_EVM_EXECUTION_HPP

#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/interpreter.hpp"

namespace samestate::evm {

// Have room for all frames that there can be, so that none moves while others run.
inline void prepare_frames(Executor& executor) {
    if (executor.frames.size() < DEPTH_LIMIT + 1) executor.frames.resize(DEPTH_LIMIT + 1);
    executor.frame_count = 0;
}

// Begin the outermost frame. What it runs, with what and for whom is not said yet.
inline Frame& begin_outermost_frame(Executor& executor, std::int64_t gas, std::int64_t reservoir) {
    prepare_frames(executor);
    Frame& frame = executor.frames[0];
    frame = Frame();
    frame.stack = frame.top = executor.stack;
    frame.memory = executor.memory;
    frame.gas = gas;
    begin_with_reservoir(frame, reservoir);
    executor.return_data.clear();
    executor.frame_count = 1;
    return frame;
}

// A frame has halted: nothing that it did holds, and its gas is gone. What it read stays on record.
inline void fail(Executor& executor, Frame& frame, End end) {
    executor.state.rollback(frame.checkpoint);
    undo_state_gas(frame);
    frame.gas = 0;
    frame.output_length = 0;
    frame.end = end;
}

// A frame has stopped: deploy what a creation returned, and take back what a failed frame did.
inline void conclude(Executor& executor, Frame& frame) {
    if (frame.end == End::success) {
        if (!frame.is_creation) return;
        const End deployed = deploy(executor, frame);
        if (deployed != End::success) fail(executor, frame, deployed);
    } else if (frame.end == End::revert) {
        executor.state.rollback(frame.checkpoint);
        undo_state_gas(frame);
    } else {
        fail(executor, frame, frame.end);
    }
}

// The topmost frame is over: its caller takes back gas and state gas, gets output and result, and is the topmost one.
inline void return_to_caller(Executor& executor) {
    Frame& ended = executor.frames[executor.frame_count - 1];
    Frame& caller = executor.frames[executor.frame_count - 2];
    const bool succeeded = ended.end == End::success;
    caller.gas += ended.gas;
    take_reservoir_back(executor, caller, ended, succeeded);
    if (ended.is_creation) {
        // Only what a creation reverts with is return data (EIP-211).
        executor.return_data.assign(ended.output, ended.output + ended.output_length);
        answer(caller, succeeded ? word_of(ended.self->address) : u256(0));
        executor.initcode.forget(ended.depth);
    } else {
        take_output(executor, caller, ended.output, ended.output_length);
        answer(caller, succeeded ? 1 : 0);
    }
    --executor.frame_count;
}

// Run the outermost frame and all that it calls, to its end. Its `end`, gas and output say what came of it.
inline void run_frames(Executor& executor) {
    for (;;) {
        Frame& frame = executor.frames[executor.frame_count - 1];
        if (frame.precompile != Precompile::none) {
            std::uint64_t gas = static_cast<std::uint64_t>(frame.gas);
            frame.end = run_precompile_for(executor, frame.precompile, frame.input, frame.input_length, gas);
            frame.gas = static_cast<std::int64_t>(gas);
            frame.output = executor.precompile_output.data;
            frame.output_length = executor.precompile_output.length;
        } else if (run(executor, frame) == Next::enter) {
            continue;
        }
        conclude(executor, frame);
        if (executor.frame_count == 1) return;
        return_to_caller(executor);
    }
}

}  // namespace samestate::evm

#endif
