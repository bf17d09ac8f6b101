// One worker of the EVM: its stacks and its view of state, and the steps of a block that it can be asked for.

#ifndef SAMESTATE_EVM_WORKER_HPP
#define SAMESTATE_EVM_WORKER_HPP

#include <new>
#include <string>
#include <utility>

#include <sys/mman.h>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/block_steps.hpp"
#include "samestate/optimized/evm/callbacks.hpp"
#include "samestate/optimized/evm/outcome_record.hpp"
#include "samestate/optimized/evm/settle.hpp"
#include "samestate/optimized/evm/tracing.hpp"
#include "samestate/optimized/evm/transaction_execution.hpp"

namespace samestate::evm {

// How a step ended for the strategy: the core's numbers (ExecutionResult in records.pxd), and two of this machine's own.
enum StepResult : int {
    STEP_DONE = 0,
    STEP_SUSPENDED = 1,
    STEP_STOPPED = 2,
    STEP_UNMERGED = 3,
    STEP_MISSING = 16,          // a witness lacks what the step asked for
    STEP_OUT_OF_MEMORY = 17,    // the worker's own memory does not suffice
    STEP_OVERFLOW = 18,         // what it has credited does not fit: only when the step ends (keep); before that it is a fault of the step
    STEP_UNPRICED = 19,         // it asks for a price of blob gas that does not fit; a fault of the step, too
};

inline StepResult result_of(Interruption why) {
    switch (why) {
        case Interruption::suspended: return STEP_SUSPENDED;
        case Interruption::unmerged: return STEP_UNMERGED;
        case Interruption::missing: return STEP_MISSING;
        case Interruption::out_of_memory: return STEP_OUT_OF_MEMORY;
        case Interruption::overflow: return STEP_OVERFLOW;
        case Interruption::unpriced: return STEP_UNPRICED;
        default: return STEP_STOPPED;
    }
}

// Address space of which only what is used takes memory.
class Region {
  public:
    Region() = default;
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    ~Region() {
        if (begin_) munmap(begin_, size_);
    }
    bool take(std::size_t size) {
        void* begin = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (begin == MAP_FAILED) return false;
        begin_ = begin;
        size_ = size;
        return true;
    }
    // Give back the memory beyond the first `kept` bytes: what a block of giants has left.
    void trim(std::size_t kept) {
        if (begin_ && size_ > kept) madvise(static_cast<char*>(begin_) + kept, size_ - kept, MADV_DONTNEED);
    }
    void* begin() const { return begin_; }

  private:
    void* begin_ = nullptr;
    std::size_t size_ = 0;
};

class Worker {
  public:
    static constexpr std::uint64_t MEMORY = std::uint64_t{1} << 32;     // of address space, for the memories of all frames
    static constexpr std::uint64_t MEMORY_KEPT = std::uint64_t{1} << 22;

    static constexpr std::uint64_t NO_TRANSACTION = UINT64_MAX;

    Executor executor{};
    CallbackSource source;
    BlockInput* input = nullptr;
    RecordOptions options{true, true};
    Buffer record;              // of the step at hand; when transactions run one after another, of all so far
    std::uint64_t missing_hash = 0;     // the block whose hash the last step that ended so was missing
    std::uint64_t running = 0;  // the transaction at hand and one more; stays where it was stopped
    std::uint64_t traced = NO_TRANSACTION;      // the transaction that `tracer` is to follow
    Tracer tracer;
    Profiler profiler;

    // False where there is no address space.
    bool prepare() {
        if (executor.stack) return true;
        if (!stack_.take(((DEPTH_LIMIT + 1) * STACK_LIMIT + STACK_SPARE) * sizeof(u256)) || !memory_.take(MEMORY)) return false;
        executor.stack = static_cast<u256*>(stack_.begin());
        executor.memory = static_cast<std::uint8_t*>(memory_.begin());
        executor.memory_limit = MEMORY;
        return true;
    }

    // Follow one transaction of the blocks to come, or none.
    void trace(std::uint64_t transaction, bool stack, bool memory, bool return_data) {
        traced = transaction;
        tracer.begin(stack, memory, return_data);
    }

    // Find out where the blocks to come spend their gas and their time, or do not.
    void profile(bool is_wanted) {
        tracer = Tracer();
        tracer.profiler = is_wanted ? &profiler : nullptr;
        if (is_wanted) profiler.begin_block();
    }

    // What has been found out, as lines.
    std::string profiled() const { return profiler.lines(*executor.rules, &Tracer::mnemonic); }

    // A new block, whose values from before its steps come from `asked`; where that is null, from this worker's own functions.
    void begin_block(const Rules* rules, BlockInput* block, CodeTable* codes, std::uint64_t seed, const std::uint64_t* stop, Source* asked = nullptr) {
        executor.rules = rules;
        executor.environment = &block->environment;
        executor.codes = codes;
        executor.stop = stop;
        executor.counted_in_lanes = block->in_lanes ? &block->signatures_in_lanes : nullptr;
        input = block;
        running = 0;
        record.clear();
        memory_.trim(MEMORY_KEPT);
        executor.state.begin_block(asked ? asked : &source, seed);
    }

    // What happens before the first transaction. Its record follows in `record`, here and below, whose figures say what is wrong.
    StepResult open_block() {
        return refused_for(guarded([&] {
            executor.state.begin_step();
            evm::open_block(executor);
            append(Rejection::NONE, nullptr, 0);
        }));
    }

    StepResult execute(std::uint64_t transaction) {
        running = transaction + 1;
        executor.tracer = transaction == traced || tracer.profiler ? &tracer : nullptr;
        if (tracer.profiler) profiler.begin_transaction();
        StepResult result = guarded([&] {
            executor.state.begin_step();
            static_cast<OutcomeFigures&>(outcome_) = OutcomeFigures{};
            outcome_.output.clear();
            const FoundSender sender = input->sender(transaction, recovery(input->in_lanes), scratch_);
            const bool is_signed = sender.rejection == Rejection::NONE;
            if (tracer.profiler) profiler.know_sender();
            execute_transaction(executor, input->transactions[transaction], is_signed ? &sender.address : nullptr, outcome_);
            if (executor.tracer && !executor.frames.empty()) executor.tracer->conclude(executor.frames[0]);
            OutcomeRecord head{};
            head.figures = outcome_;
            head.sender = sender.address;
            head.type = input->transactions[transaction].type;
            head.output_length = outcome_.output.size();
            place_ = append_record(record, executor.state, head, outcome_.output.data(), options);
        });
        if (tracer.profiler) profiler.end_transaction(transaction);
        executor.tracer = nullptr;
        result = refused_for(result);
        if (result != STEP_STOPPED) running = 0;
        return result;
    }

    // What happens after the last transaction. The output of its record is the requests, each after its length in 4 bytes.
    StepResult close_block(const Deposits& deposits) {
        const StepResult result = guarded([&] {
            Requests requests;
            executor.state.begin_step();
            const Rejection rejection = evm::close_block(executor, deposits, requests);
            Buffer output;
            std::uint64_t begin = 0;
            for (std::uint64_t end : requests.ends) {
                const std::uint32_t length = static_cast<std::uint32_t>(end - begin);
                output.append(&length, sizeof(length));
                output.append(requests.bytes.data() + begin, length);
                begin = end;
            }
            append(rejection, output.data(), output.size());
        });
        return refused_for(result);
    }

    // Where the last step's record begins in `record`.
    std::uint64_t place() const { return place_; }
    const OutcomeRecord* last() const { return reinterpret_cast<const OutcomeRecord*>(record.data() + place_); }

    // When transactions run one after another: what the step leaves is what the next one finds. A StepResult: what it credited may
    // not be had.
    StepResult keep() {
        return guarded([&] { executor.state.keep_step(); });
    }

  private:
    void append(Rejection rejection, const std::uint8_t* output, std::size_t length) {
        OutcomeRecord head{};
        head.figures.fault.code = rejection;
        head.figures.end = End::success;
        head.output_length = length;
        place_ = append_record(record, executor.state, head, output, options);
    }

    // A step that has met a balance of its own making, or a price, that 256 bits do not hold may not be in the block: it has done
    // nothing else. Gives what is to be said of one that ended so.
    StepResult refused_for(StepResult result) {
        if (result != STEP_OVERFLOW && result != STEP_UNPRICED) return result;
        return guarded([&] {
            executor.state.begin_step();
            append(result == STEP_OVERFLOW ? Rejection::BALANCE_OVERFLOW : Rejection::BLOB_BASE_FEE_OVERFLOW, nullptr, 0);
        });
    }

    template <typename Step>
    StepResult guarded(Step step) {
        try {
            step();
            return STEP_DONE;
        } catch (const Interrupted& interrupted) {
            missing_hash = interrupted.block;
            return result_of(interrupted.why);
        } catch (const std::bad_alloc&) {
            return STEP_OUT_OF_MEMORY;
        }
    }

    Outcome outcome_{};
    SenderScratch scratch_;
    std::uint64_t place_ = 0;
    Region stack_;
    Region memory_;
};

// Settling a block: its records in block order.
struct Settlement {
    Totals totals;
    Deposits deposits;
    Fault fault;                        // why the block is invalid, or none
    std::vector<std::uint64_t> places;  // of the records so far

    void begin() {
        totals = Totals{};
        deposits = Deposits{};
        fault = Fault{};
        places.clear();
    }

    // Add a transaction, whose record this is, or say in `fault` why the block may not have it. Whether it may.
    bool add(const Rules& rules, const BlockInput& input, std::uint64_t transaction, const OutcomeRecord& record) {
        fault = settle(rules, input.environment, input.transactions[transaction], record.figures, totals);
        if (fault) return false;
        collect_deposits(rules, input.environment, record.logs(), record.log_count, record.log_data(), deposits);
        return true;
    }

    // The record of one more step begins there.
    void note(std::uint64_t place) { places.push_back(place); }

    // A balance would not fit.
    void overflow() { fault = Fault{Rejection::BALANCE_OVERFLOW}; }

    // What the closing step has found wrong, if anything.
    void refuse(const OutcomeRecord& record) {
        fault = record.figures.fault;
        if (record.overflows) overflow();
    }

    std::uint8_t code() const { return static_cast<std::uint8_t>(fault.code); }

    // The numbers in the fault, for people; good until the next call.
    const char* detail() {
        detail_.clear();
        if (!fault.found.is_zero() || !fault.bound.is_zero()) detail_ = to_decimal(fault.found) + ", against " + to_decimal(fault.bound);
        return detail_.c_str();
    }

  private:
    static std::string to_decimal(u256 number) {
        std::string digits;
        do {
            digits.insert(digits.begin(), static_cast<char>('0' + modulo(number, u256(10)).w[0]));
            number = divide(number, u256(10));
        } while (!number.is_zero());
        return digits;
    }

    std::string detail_;
};

// Find senders out beforehand, beside whoever executes the block. Where there is no memory for it, nobody does.
inline void recover_senders(BlockInput& input) {
    try {
        input.recover_senders(recovery(input.in_lanes));
    } catch (const std::bad_alloc&) {
    }
}

inline void stop_recovering(BlockInput& input) { atomic_store(&input.no_more_senders, 1, "evm.senders.stop"); }

// Where this module finds native libraries: once, when it is imported.
inline void set_libraries(Libraries* libraries) { native_libraries = libraries; }

// Null where there is no memory, or no address space.
inline Worker* new_worker() {
    Worker* worker = new (std::nothrow) Worker();
    if (worker && !worker->prepare()) {
        delete worker;
        return nullptr;
    }
    return worker;
}

inline void delete_worker(Worker* worker) { delete worker; }

// Append bytes at the next multiple of 8. Gives where.
inline std::uint64_t append_bytes(Buffer& buffer, const void* bytes, std::uint64_t length) {
    buffer.align();
    const std::uint64_t place = buffer.size();
    buffer.append(bytes, length);
    return place;
}

}  // namespace samestate::evm

#endif
