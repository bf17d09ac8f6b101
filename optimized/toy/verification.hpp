// The signatures of a block: verified ahead of execution by any number of workers, and once more where the key came to be another.
//
// Ahead of execution a signature is verified by the key that its block would have given it if every registration before it had taken
// effect: the guess. Execution finds the key that it really is. Where that is the guess, the verdict stands; else the signature is
// verified there and then, and the verdict kept for the next incarnation. A proof of possession names its key itself: nothing to guess.

#ifndef SAMESTATE_TOY_VERIFICATION_HPP
#define SAMESTATE_TOY_VERIFICATION_HPP

#include <atomic>
#include <new>
#include <vector>

#include "samestate/optimized/signatures/ed25519_batch.hpp"
#include "samestate/optimized/signatures/ml_dsa.hpp"

namespace samestate::toy {

enum Scheme : uint32_t { NO_SCHEME = 0, ED25519 = 1, ML_DSA_44 = 2, ML_DSA_65 = 3, HYBRID = 4 };

inline constexpr size_t ED25519_KEY = 32, ED25519_SIGNATURE = 64;

// A public key that the state or a transaction has. They are numbered from 1; 0 is none.
struct PublicKey {
    uint32_t scheme;
    const uint8_t* bytes;
};

// One signature, of its scheme's length and well-formed: `scheme` is NO_SCHEME where it is not, or where there is none.
struct SignatureJob {
    uint32_t scheme;
    uint32_t guess;  // the number of a key, 0 = none
    const uint8_t* signature;
    const uint8_t* message;
    uint64_t length;  // of the message
};

inline size_t signature_length(uint32_t scheme) {
    using namespace signatures::ml_dsa;
    switch (scheme) {
        case ED25519: return ED25519_SIGNATURE;
        case ML_DSA_44: return SET_44.signature_bytes();
        case ML_DSA_65: return SET_65.signature_bytes();
        case HYBRID: return ED25519_SIGNATURE + SET_65.signature_bytes();
        default: return 0;
    }
}

inline size_t key_length(uint32_t scheme) {
    using namespace signatures::ml_dsa;
    switch (scheme) {
        case ED25519: return ED25519_KEY;
        case ML_DSA_44: return SET_44.key_bytes();
        case ML_DSA_65: return SET_65.key_bytes();
        case HYBRID: return ED25519_KEY + SET_65.key_bytes();
        default: return 0;
    }
}

// Whether bytes of the scheme's length encode a signature, by whatever key.
inline bool is_well_formed(uint32_t scheme, const uint8_t* signature) {
    using namespace signatures;
    const auto is_scalar = [](const uint8_t* of) { return scalar::is_below_order(scalar::load(of + 32)); };
    switch (scheme) {
        case ED25519: return is_scalar(signature);
        case ML_DSA_44: return ml_dsa::is_well_formed(ml_dsa::SET_44, signature);
        case ML_DSA_65: return ml_dsa::is_well_formed(ml_dsa::SET_65, signature);
        case HYBRID: return is_scalar(signature) && ml_dsa::is_well_formed(ml_dsa::SET_65, signature + ED25519_SIGNATURE);
        default: return false;
    }
}

inline bool has_ed25519(uint32_t scheme) { return scheme == ED25519 || scheme == HYBRID; }
inline bool has_ml_dsa(uint32_t scheme) { return scheme != ED25519 && scheme != NO_SCHEME; }

// The ML-DSA signature of a job by a key of its scheme; of a hybrid the second half.
inline bool verify_ml_dsa(const SignatureJob& job, const PublicKey& key) {
    using namespace signatures::ml_dsa;
    const size_t ahead = job.scheme == HYBRID ? ED25519_SIGNATURE : 0, before = job.scheme == HYBRID ? ED25519_KEY : 0;
    return verify(job.scheme == ML_DSA_44 ? SET_44 : SET_65, job.signature + ahead, key.bytes + before, job.message, job.length);
}

// All of a job by a key, whatever its scheme.
inline bool verify_job(const SignatureJob& job, const PublicKey& key) {
    if (key.scheme != job.scheme) return false;
    if (has_ed25519(job.scheme) && !signatures::ed25519::verify(job.signature, key.bytes, job.message, job.length)) return false;
    return !has_ml_dsa(job.scheme) || verify_ml_dsa(job, key);
}

// The jobs of one block, two a transaction: its signature, and the proof of possession. What they point to must stay.
class Verification {
  public:
    // A block without verdicts.
    void begin(const SignatureJob* jobs, size_t count, const PublicKey* keys, bool batches) {
        jobs_ = jobs;
        keys_ = keys;
        batches_ = batches;
        verdicts_ = std::vector<Verdict>(count);
        curve_.clear();
        lattice_.clear();
        next_ = 0;
        ahead_ = again_ = 0;
        for (size_t number = 0; number < count; ++number) {
            const SignatureJob& job = jobs[number];
            if (job.scheme == NO_SCHEME || job.guess == 0 || keys[job.guess].scheme != job.scheme) continue;
            if (has_ed25519(job.scheme)) curve_.push_back(static_cast<uint32_t>(number));
            if (has_ml_dsa(job.scheme)) lattice_.push_back(static_cast<uint32_t>(number));
        }
    }

    // Take the next few signatures and verify them by what is guessed. False where none is left. Any worker may call it.
    bool verify_some() {
        const size_t place = next_.fetch_add(1, std::memory_order_relaxed);
        // ML-DSA takes longest, and so goes first.
        if (place < lattice_.size()) {
            const uint32_t number = lattice_[place];
            const SignatureJob& job = jobs_[number];
            verdicts_[number].lattice = verify_ml_dsa(job, keys_[job.guess]) ? VALID : INVALID;
            if (!has_ed25519(job.scheme)) ahead_.fetch_add(1, std::memory_order_relaxed);
            return true;
        }
        const size_t together = batches_ ? TOGETHER : 1;
        const size_t first = (place - lattice_.size()) * together;
        if (first >= curve_.size()) return false;
        const size_t count = curve_.size() - first < together ? curve_.size() - first : together;
        signatures::SignatureView items[TOGETHER];
        bool verdicts[TOGETHER];
        for (size_t i = 0; i < count; ++i) {
            const SignatureJob& job = jobs_[curve_[first + i]];
            items[i] = {job.signature, keys_[job.guess].bytes, job.message, static_cast<size_t>(job.length)};
        }
        signatures::ed25519::verify_batch(items, count, verdicts,
                                          batches_ ? signatures::ed25519::best_way() : signatures::ed25519::Way::ALONE);
        for (size_t i = 0; i < count; ++i) verdicts_[curve_[first + i]].curve = verdicts[i] ? VALID : INVALID;
        ahead_.fetch_add(count, std::memory_order_relaxed);
        return true;
    }

    // Whether a job's signature is valid by the key of that number. By the guess it is known once all workers have left
    // `verify_some`, which they have before anybody asks. Any worker may ask, at any time after.
    bool is_valid(size_t number, uint32_t key) {
        const SignatureJob& job = jobs_[number];
        if (job.scheme == NO_SCHEME) return false;
        Verdict& verdict = verdicts_[number];
        if (key == job.guess && is_known(job.scheme, verdict))
            return verdict.curve != INVALID && verdict.lattice != INVALID;
        const uint64_t kept = verdict.again.load(std::memory_order_relaxed);
        if (kept >> 2 == key) return (kept & 3) == VALID;
        again_.fetch_add(1, std::memory_order_relaxed);
        const bool is_right = verify_job(job, keys_[key]);
        verdict.again.store(uint64_t{key} << 2 | (is_right ? VALID : INVALID), std::memory_order_relaxed);
        return is_right;
    }

    uint64_t ahead() const { return ahead_.load(std::memory_order_relaxed); }
    uint64_t again() const { return again_.load(std::memory_order_relaxed); }

  private:
    enum Known : uint8_t { UNKNOWN = 0, VALID = 1, INVALID = 2 };
    static constexpr size_t TOGETHER = 16;  // two rows of lanes

    struct Verdict {
        uint8_t curve = UNKNOWN, lattice = UNKNOWN;  // by the guess
        std::atomic<uint64_t> again{0};              // by another key: its number, and the verdict in the lowest two bits

        Verdict() = default;
        Verdict(const Verdict&) {}
    };

    static bool is_known(uint32_t scheme, const Verdict& verdict) {
        return (!has_ed25519(scheme) || verdict.curve != UNKNOWN) && (!has_ml_dsa(scheme) || verdict.lattice != UNKNOWN);
    }

    const SignatureJob* jobs_ = nullptr;
    const PublicKey* keys_ = nullptr;
    bool batches_ = true;
    std::vector<Verdict> verdicts_;
    std::vector<uint32_t> curve_, lattice_;
    std::atomic<size_t> next_{0};
    std::atomic<uint64_t> ahead_{0}, again_{0};
};

}  // namespace samestate::toy

#endif
