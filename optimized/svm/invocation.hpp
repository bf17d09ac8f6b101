// One instruction on its way: its accounts with what a program may do to them, its compute units, its log.
// Source of the setters' checks and their order: agave transaction-context/src/instruction_accounts.rs.

#ifndef SAMESTATE_SVM_INVOCATION_HPP
#define SAMESTATE_SVM_INVOCATION_HPP

#include "samestate/optimized/svm/block.hpp"

namespace samestate::svm {

// What a transaction logs: lines, and no more than 10,000 bytes of them. Source: agave svm-log-collector.
class Log {
  public:
    void begin() {
        text_.clear();
        kept_ = 0;
        is_cut_ = false;
    }

    void add(const char* line, size_t length) {
        if (kept_ + length < MOST) {
            kept_ += length;
        } else if (is_cut_) {
            return;
        } else {
            is_cut_ = true;
            line = "Log truncated";
            length = std::strlen(line);
        }
        if (!text_.empty()) text_.push_back('\n');
        text_.append(line, length);
    }
    void add(const std::string& line) { add(line.data(), line.size()); }
    void add(const char* line) { add(line, std::strlen(line)); }

    const std::string& text() const { return text_; }

  private:
    static constexpr size_t MOST = 10000;

    std::string text_;
    size_t kept_ = 0;
    bool is_cut_ = false;
};

// What is the transaction's while its instructions run.
struct Run {
    const Environment* environment;
    const Transaction* transaction;
    Account* accounts;          // as the transaction has left them so far, by key
    Room* room;
    Log* log;
    uint64_t units_left;
    int64_t allocated;          // by how many bytes data has grown
};

inline constexpr int64_t MOST_ALLOCATED = 20 << 20;     // MAX_PERMITTED_ACCOUNTS_DATA_ALLOCATIONS_PER_TRANSACTION

// Whether an instruction has succeeded, or how it has failed.
struct [[nodiscard]] Ending {
    bool has_failed;
    Failure failure;

    explicit operator bool() const { return has_failed; }
};

inline constexpr Ending SUCCESS{false, {InstructionError::GENERIC_ERROR, 0}};
inline Ending fail(InstructionError error) { return {true, {error, 0}}; }
inline Ending fail_with(uint32_t custom) { return {true, {InstructionError::CUSTOM, custom}}; }

// An instruction's accounts are places in it, which name keys of the message.
class Invocation {
  public:
    Invocation(Run& run, const Instruction& instruction) : run_(run), instruction_(instruction) {}

    Run& run() const { return run_; }
    const Environment& environment() const { return *run_.environment; }
    const uint8_t* data() const { return instruction_.data; }
    size_t data_length() const { return instruction_.data_length; }

    bool has(size_t accounts) const { return instruction_.account_count >= accounts; }
    const Key& key(size_t place) const { return run_.transaction->keys[instruction_.accounts[place]]; }
    const Address& address(size_t place) const { return key(place).record->address; }
    const Account& account(size_t place) const { return run_.accounts[instruction_.accounts[place]]; }
    bool is_writable(size_t place) const { return key(place).is_writable; }
    bool is_signer(size_t place) const { return key(place).is_signer; }

    // Whether the address is one of the instruction's accounts and signs.
    bool has_signed(const Address& address) const {
        for (size_t place = 0; place < instruction_.account_count; ++place)
            if (key(place).is_signer && this->address(place) == address) return true;
        return false;
    }

    void log(const std::string& line) { run_.log->add(line); }

    const Address& program() const { return run_.transaction->keys[instruction_.program].record->address; }
    bool owns(size_t place) const { return account(place).owner == program(); }

    Ending set_lamports(size_t place, uint64_t lamports) {
        Account& account = account_at(place);
        if (lamports < account.lamports && !owns(place)) return fail(InstructionError::EXTERNAL_ACCOUNT_LAMPORT_SPEND);
        if (!is_writable(place)) return fail(InstructionError::READONLY_LAMPORT_CHANGE);
        account.lamports = lamports;
        return SUCCESS;
    }

    Ending add_lamports(size_t place, uint64_t lamports) {
        const uint64_t sum = account(place).lamports + lamports;
        if (sum < lamports) return fail(InstructionError::ARITHMETIC_OVERFLOW);
        return set_lamports(place, sum);
    }

    // There are so many.
    Ending take_lamports(size_t place, uint64_t lamports) { return set_lamports(place, account(place).lamports - lamports); }

    Ending set_owner(size_t place, const Address& owner) {
        Account& account = account_at(place);
        if (!owns(place) || !is_writable(place) || !is_zeroed(account)) return fail(InstructionError::MODIFIED_PROGRAM_ID);
        account.owner = owner;
        return SUCCESS;
    }

    // The data of an account that has none becomes so many zeros.
    Ending set_length(size_t place, uint64_t length) {
        Account& account = account_at(place);
        if (length > LONGEST_DATA) return fail(InstructionError::INVALID_REALLOC);
        const int64_t growth = static_cast<int64_t>(length) - static_cast<int64_t>(account.length);
        if (run_.allocated + growth > MOST_ALLOCATED) return fail(InstructionError::MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED);
        if (const Ending ending = may_change_data(place)) return ending;
        run_.allocated += growth;
        account.data = zeros();
        account.length = length;
        return SUCCESS;
    }

    // Writes over the beginning of the data.
    Ending set_data(size_t place, const uint8_t* bytes, size_t length) {
        if (const Ending ending = may_change_data(place)) return ending;
        Account& account = account_at(place);
        if (account.length < length) return fail(InstructionError::ACCOUNT_DATA_TOO_SMALL);
        uint8_t* data = run_.room->take(account.length);
        std::memcpy(data, bytes, length);
        if (account.length > length) std::memcpy(data + length, account.data + length, account.length - length);
        account.data = data;
        return SUCCESS;
    }

  private:
    Account& account_at(size_t place) { return run_.accounts[instruction_.accounts[place]]; }

    Ending may_change_data(size_t place) const {
        if (!is_writable(place)) return fail(InstructionError::READONLY_DATA_MODIFIED);
        if (!owns(place)) return fail(InstructionError::EXTERNAL_ACCOUNT_DATA_MODIFIED);
        return SUCCESS;
    }

    static bool is_zeroed(const Account& account) {
        if (account.length == 0 || account.data == zeros()) return true;
        return std::memcmp(account.data, zeros(), account.length) == 0;
    }

    Run& run_;
    const Instruction& instruction_;
};

}  // namespace samestate::svm

#endif
