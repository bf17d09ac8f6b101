// How long work is told to stop.

#ifndef SAMESTATE_SVM_STOP_HPP
#define SAMESTATE_SVM_STOP_HPP

#include <cstddef>

namespace samestate::svm {

// Asked by each worker at least every millisecond or so; once it has said yes, the work ends as soon as all have asked.
struct Stop {
    bool (*asked)(void* context, size_t worker) = nullptr;
    void* context = nullptr;

    bool operator()(size_t worker) const { return asked != nullptr && asked(context, worker); }
};

}  // namespace samestate::svm

#endif
