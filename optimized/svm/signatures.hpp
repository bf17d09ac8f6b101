// Many signatures, by any number of workers.

#ifndef SAMESTATE_SVM_SIGNATURES_HPP
#define SAMESTATE_SVM_SIGNATURES_HPP

#include <atomic>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/signatures/ed25519_batch.hpp"
#include "samestate/optimized/svm/stop.hpp"

namespace samestate::svm {

using namespace signatures;

// The verification of signatures by any number of workers, each of which calls `work` once.
class SignatureCheck {
  public:
    // All must stay where it is until the work is done.
    SignatureCheck(const SignatureView* items, size_t count, bool* verdicts, ed25519::Way way = ed25519::best_way())
        : items_(items), count_(count), verdicts_(verdicts), way_(way) {}

    // Takes batches until none is left, or the work is to stop.
    void work(size_t worker, const Stop& stop) {
        for (;;) {
            const size_t first = next_.fetch_add(ed25519::TOGETHER, std::memory_order_relaxed);
            if (first >= count_ || stopped_.load(std::memory_order_relaxed)) return;
            const size_t left = count_ - first;
            const size_t now = left < ed25519::TOGETHER ? left : ed25519::TOGETHER;
            valid_.fetch_add(ed25519::verify_batch(items_ + first, now, verdicts_ + first, way_),
                             std::memory_order_relaxed);
            if (stop(worker)) stopped_.store(true, std::memory_order_relaxed);
        }
    }

    // Once all workers are done: whether they were stopped, and else how many signatures are valid.
    bool was_stopped() const { return stopped_.load(std::memory_order_relaxed); }
    size_t valid() const { return valid_.load(std::memory_order_relaxed); }

  private:
    const SignatureView* items_;
    size_t count_;
    bool* verdicts_;
    ed25519::Way way_;
    std::atomic<size_t> next_{0};
    std::atomic<size_t> valid_{0};
    std::atomic<bool> stopped_{false};
};

// Says of each signature whether it is valid, on so many threads, of which this is worker 0. False where stopped, and then
// verdicts may be missing.
inline bool verify_signatures(const SignatureView* items, size_t count, bool* verdicts, size_t workers,
                              ed25519::Way way, const Stop& stop) {
    SignatureCheck check(items, count, verdicts, way);
    in_parallel(workers, workers < count ? workers : count, 1,
                [&](size_t, size_t, size_t worker) { check.work(worker, stop); });
    return !check.was_stopped();
}

}  // namespace samestate::svm

#endif
