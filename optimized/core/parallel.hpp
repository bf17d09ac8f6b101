// Work that can be done in any order, on a few threads. None of them knows anything of the interpreter.

#ifndef SAMESTATE_CORE_PARALLEL_HPP
#define SAMESTATE_CORE_PARALLEL_HPP

#include <atomic>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace samestate {

// Calls `task(first, last, worker)` for stretches of at most `stretch` numbers that together are 0 up to `count`, on at
// most `workers` threads, this one included; `worker` is below `workers`. What a task throws is thrown here, once all
// threads have ended. Where the system gives no more threads, those that there are do the work.
template <class Task>
void in_parallel(size_t workers, size_t count, size_t stretch, Task task) {
    const size_t stretches = (count + stretch - 1) / stretch;
    if (workers > stretches) workers = stretches;
    std::atomic<size_t> next{0};
    std::vector<std::exception_ptr> thrown(workers + 1);
    const auto work = [&](size_t worker) {
        try {
            for (size_t taken = next++; taken < stretches; taken = next++) {
                const size_t first = taken * stretch;
                task(first, count - first < stretch ? count : first + stretch, worker);
            }
        } catch (...) {
            thrown[worker] = std::current_exception();
            next = stretches;
        }
    };
    std::vector<std::thread> threads;
    threads.reserve(workers);
    for (size_t worker = 1; worker < workers; worker++) {
        try {
            threads.emplace_back(work, worker);
        } catch (const std::system_error&) {
            break;
        }
    }
    work(0);
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& problem : thrown)
        if (problem) std::rethrow_exception(problem);
}

}  // namespace samestate

#endif
