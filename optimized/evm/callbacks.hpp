// The Source as functions, for sources that are made of the core: the state before the block, or versioned memory.

#ifndef SAMESTATE_EVM_CALLBACKS_HPP
#define SAMESTATE_EVM_CALLBACKS_HPP

#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

// What a function answers that is asked for a value; 0 = it is in the record.
inline void interrupt_unless_had(int answer) {
    if (answer) throw Interrupted{static_cast<Interruption>(answer - 1)};
}

// The answer that says what a result of the core's says (records.pxd): DONE, SUSPENDED, STOPPED, UNMERGED.
constexpr int answer_of(int result) {
    switch (result) {
        case 0: return 0;
        case 1: return static_cast<int>(Interruption::suspended) + 1;
        case 3: return static_cast<int>(Interruption::unmerged) + 1;
        default: return static_cast<int>(Interruption::stopped) + 1;
    }
}

// The answer that a value is not known: a witness lacks it.
constexpr int MISSING_ANSWER = static_cast<int>(Interruption::missing) + 1;

using LoadAccount = int (*)(void* itself, Account* account, int part);
using LoadSlot = int (*)(void* itself, Slot* slot);
using AskStorageAlone = int (*)(void* itself, Account* account);

class CallbackSource : public Source {
  public:
    void* itself = nullptr;
    LoadAccount load_account = nullptr;
    LoadSlot load_slot = nullptr;
    AskStorageAlone storage_alone = nullptr;    // 1, 0; or below that, less an answer as above
    bool keeps = false;

    void load(Account& account, Part part) override { interrupt_unless_had(load_account(itself, &account, part)); }
    void load(Slot& slot) override { interrupt_unless_had(load_slot(itself, &slot)); }
    bool has_storage_alone(Account& account) override {
        int answer = storage_alone(itself, &account);
        if (answer < 0) interrupt_unless_had(-answer);
        return answer == 1;
    }
    bool keeps_values() const override { return keeps; }
};

}  // namespace samestate::evm

#endif
