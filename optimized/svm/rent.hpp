// Whether an account may be left as a transaction leaves it. Source: agave svm/src/rent_calculator.rs; SIMD-0392.

#ifndef SAMESTATE_SVM_RENT_HPP
#define SAMESTATE_SVM_RENT_HPP

#include "samestate/optimized/svm/block.hpp"

namespace samestate::svm {

// Accounts are gone, exempt from rent, or rent paying, which none may newly become.
inline bool may_become(const Environment& environment, const Account& before, const Account& after) {
    if (after.lamports == 0 || after.lamports >= minimum_balance(environment, after.length)) return true;
    const bool was_there = before.lamports != 0;
    if (environment.rules->keeps_exempt)
        return was_there && after.lamports >= before.lamports && after.owner == before.owner && after.length <= before.length;
    const bool was_paying = was_there && before.lamports < minimum_balance(environment, before.length);
    return was_paying && after.length == before.length && after.lamports <= before.lamports;
}

}  // namespace samestate::svm

#endif
