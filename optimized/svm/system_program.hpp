// The System program: its fourteen instructions, each as it reads in agave programs/system/src, with its logs.

#ifndef SAMESTATE_SVM_SYSTEM_PROGRAM_HPP
#define SAMESTATE_SVM_SYSTEM_PROGRAM_HPP

#include "samestate/optimized/svm/invocation.hpp"
#include "samestate/optimized/svm/mutants.hpp"
#include "samestate/optimized/svm/nonce.hpp"

namespace samestate::svm {

inline constexpr uint64_t SYSTEM_UNITS = 150;

// SystemError: a program's own numbers.
enum : uint32_t {
    ACCOUNT_ALREADY_IN_USE = 0,
    RESULT_WITH_NEGATIVE_LAMPORTS = 1,
    INVALID_ACCOUNT_DATA_LENGTH = 3,
    ADDRESS_WITH_SEED_MISMATCH = 5,
    NONCE_NO_RECENT_BLOCKHASHES = 6,
    NONCE_BLOCKHASH_NOT_EXPIRED = 7,
};

enum class SystemTag : uint32_t {
    CREATE_ACCOUNT,
    ASSIGN,
    TRANSFER,
    CREATE_ACCOUNT_WITH_SEED,
    ADVANCE_NONCE,
    WITHDRAW_NONCE,
    INITIALIZE_NONCE,
    AUTHORIZE_NONCE,
    ALLOCATE,
    ALLOCATE_WITH_SEED,
    ASSIGN_WITH_SEED,
    TRANSFER_WITH_SEED,
    UPGRADE_NONCE,
    CREATE_ACCOUNT_ALLOW_PREFUND,
};

// An instruction's fields, of which each kind has some.
struct SystemInstruction {
    SystemTag tag;
    uint64_t lamports;
    uint64_t space;
    const Address* base;
    const Address* owner;       // or the authority of a nonce
    const uint8_t* seed;
    uint64_t seed_length;
};

// Whether bytes are well-formed UTF-8 (Unicode 15, table 3-7).
inline bool is_utf8(const uint8_t* bytes, size_t length) {
    for (size_t place = 0; place < length;) {
        const uint8_t first = bytes[place];
        const size_t more = first < 0x80 ? 0 : first >= 0xC2 && first < 0xE0 ? 1 : first >= 0xE0 && first < 0xF0 ? 2
                                         : first >= 0xF0 && first < 0xF5 ? 3 : 4;
        if (more == 4 || length - place <= more) return false;
        for (size_t next = 1; next <= more; ++next)
            if ((bytes[place + next] & 0xC0) != 0x80) return false;
        if ((first == 0xE0 && bytes[place + 1] < 0xA0) || (first == 0xED && bytes[place + 1] >= 0xA0)) return false;
        if ((first == 0xF0 && bytes[place + 1] < 0x90) || (first == 0xF4 && bytes[place + 1] >= 0x90)) return false;
        place += 1 + more;
    }
    return true;
}

// Decodes the data of an instruction; false where it is none. What follows the fields does not matter.
inline bool read_system(const uint8_t* data, size_t length, SystemInstruction& instruction) {
    Reader reader(data, length < LONGEST_PACKET ? length : LONGEST_PACKET);
    const auto number = [&] {
        const uint8_t* bytes = reader.take(8);
        return bytes ? read_u64(bytes) : 0;
    };
    const auto address = [&] { return reinterpret_cast<const Address*>(reader.take(32)); };
    const auto seed = [&] {
        instruction.seed_length = number();
        instruction.seed = reader.take(instruction.seed_length);
        return instruction.seed && is_utf8(instruction.seed, instruction.seed_length);
    };
    const uint8_t* tag = reader.take(4);
    if (tag == nullptr || read_u32(tag) > static_cast<uint32_t>(SystemTag::CREATE_ACCOUNT_ALLOW_PREFUND)) return false;
    instruction.tag = static_cast<SystemTag>(read_u32(tag));
    switch (instruction.tag) {
        case SystemTag::CREATE_ACCOUNT:
        case SystemTag::CREATE_ACCOUNT_ALLOW_PREFUND:
            instruction.lamports = number();
            instruction.space = number();
            instruction.owner = address();
            break;
        case SystemTag::CREATE_ACCOUNT_WITH_SEED:
            instruction.base = address();
            if (!seed()) return false;
            instruction.lamports = number();
            instruction.space = number();
            instruction.owner = address();
            break;
        case SystemTag::TRANSFER:
        case SystemTag::WITHDRAW_NONCE:
            instruction.lamports = number();
            break;
        case SystemTag::ALLOCATE:
            instruction.space = number();
            break;
        case SystemTag::ASSIGN:
        case SystemTag::INITIALIZE_NONCE:
        case SystemTag::AUTHORIZE_NONCE:
            instruction.owner = address();
            break;
        case SystemTag::ALLOCATE_WITH_SEED:
            instruction.base = address();
            if (!seed()) return false;
            instruction.space = number();
            instruction.owner = address();
            break;
        case SystemTag::ASSIGN_WITH_SEED:
            instruction.base = address();
            if (!seed()) return false;
            instruction.owner = address();
            break;
        case SystemTag::TRANSFER_WITH_SEED:
            instruction.lamports = number();
            if (!seed()) return false;
            instruction.owner = address();
            break;
        case SystemTag::ADVANCE_NONCE:
        case SystemTag::UPGRADE_NONCE:
            break;
    }
    return !reader.has_failed();
}

// How many bytes an instruction asks for, whatever becomes of it.
inline bool allocates(const SystemInstruction& instruction) {
    return instruction.tag == SystemTag::CREATE_ACCOUNT || instruction.tag == SystemTag::CREATE_ACCOUNT_WITH_SEED ||
           instruction.tag == SystemTag::ALLOCATE || instruction.tag == SystemTag::ALLOCATE_WITH_SEED ||
           instruction.tag == SystemTag::CREATE_ACCOUNT_ALLOW_PREFUND;
}

class SystemProgram {
  public:
    SystemProgram(Invocation& invocation, const SystemInstruction& instruction)
        : own_(invocation), instruction_(instruction) {}

    Ending run() {
        if (!own_.has(fewest_accounts())) return fail(InstructionError::MISSING_ACCOUNT);
        switch (instruction_.tag) {
            case SystemTag::CREATE_ACCOUNT: return create(false);
            case SystemTag::CREATE_ACCOUNT_WITH_SEED: return create(true);
            case SystemTag::CREATE_ACCOUNT_ALLOW_PREFUND: return create_prefunded();
            case SystemTag::ASSIGN: return assign(nullptr);
            case SystemTag::ASSIGN_WITH_SEED: return with_seed(false);
            case SystemTag::ALLOCATE: return allocate(0, nullptr);
            case SystemTag::ALLOCATE_WITH_SEED: return with_seed(true);
            case SystemTag::TRANSFER: return transfer(0, 1);
            case SystemTag::TRANSFER_WITH_SEED: return transfer_with_seed();
            case SystemTag::ADVANCE_NONCE: return advance_nonce();
            case SystemTag::WITHDRAW_NONCE: return withdraw_nonce();
            case SystemTag::INITIALIZE_NONCE: return initialize_nonce();
            case SystemTag::AUTHORIZE_NONCE: return authorize_nonce();
            case SystemTag::UPGRADE_NONCE: return upgrade_nonce();
        }
        return fail(InstructionError::INVALID_INSTRUCTION_DATA);
    }

  private:
    size_t fewest_accounts() const {
        switch (instruction_.tag) {
            case SystemTag::CREATE_ACCOUNT:
            case SystemTag::CREATE_ACCOUNT_WITH_SEED:
            case SystemTag::TRANSFER:
            case SystemTag::WITHDRAW_NONCE: return 2;
            case SystemTag::TRANSFER_WITH_SEED: return 3;
            case SystemTag::CREATE_ACCOUNT_ALLOW_PREFUND: return instruction_.lamports ? 2 : 1;
            default: return 1;
        }
    }

    // Accounts

    // As logs print an address for whom somebody may sign.
    std::string shown(size_t place, const Address* base) const {
        return "Address { address: " + text_of(own_.address(place)) +
               ", base: " + (base ? "Some(" + text_of(*base) + ")" : "None") + " }";
    }

    bool has_signed(size_t place, const Address* base) const {
        return own_.has_signed(base ? *base : own_.address(place));
    }

    // The address that comes of a base, a seed and an owner.
    Ending derive(const Address& base, Address& derived) const {
        static constexpr char MARKER[] = "ProgramDerivedAddress";
        if (instruction_.seed_length > 32) return fail_with(0);
        if (std::memcmp(instruction_.owner->bytes + 32 - (sizeof MARKER - 1), MARKER, sizeof MARKER - 1) == 0)
            return fail_with(2);
        Sha256 hash;
        hash.update(base.bytes, 32).update(instruction_.seed, instruction_.seed_length);
        hash.update(instruction_.owner->bytes, 32).finish(derived.bytes);
        return SUCCESS;
    }

    Ending check_derived(size_t place) const {
        Address derived;
        if (const Ending ending = derive(*instruction_.base, derived)) return ending;
        if (derived == own_.address(place) || MUTANT(SEED_UNCHECKED)) return SUCCESS;
        own_.log("Create: address " + text_of(own_.address(place)) + " does not match derived address " + text_of(derived));
        return fail_with(ADDRESS_WITH_SEED_MISMATCH);
    }

    Ending allocate(size_t place, const Address* base) {
        if (!has_signed(place, base)) {
            own_.log("Allocate: 'to' account " + shown(place, base) + " must sign");
            return fail(InstructionError::MISSING_REQUIRED_SIGNATURE);
        }
        const Account& account = own_.account(place);
        if (account.length || account.owner != known[Known::SYSTEM]) {
            own_.log("Allocate: account " + shown(place, base) + " already in use");
            return fail_with(ACCOUNT_ALREADY_IN_USE);
        }
        if (instruction_.space > LONGEST_DATA) {
            own_.log("Allocate: requested " + std::to_string(instruction_.space) + ", max allowed " +
                     std::to_string(LONGEST_DATA));
            return fail_with(INVALID_ACCOUNT_DATA_LENGTH);
        }
        return own_.set_length(place, instruction_.space);
    }

    Ending assign(size_t place, const Address* base) {
        if (own_.account(place).owner == *instruction_.owner) return SUCCESS;
        if (!has_signed(place, base)) {
            own_.log("Assign: account " + shown(place, base) + " must sign");
            return fail(InstructionError::MISSING_REQUIRED_SIGNATURE);
        }
        return own_.set_owner(place, *instruction_.owner);
    }
    Ending assign(const Address* base) { return assign(0, base); }

    Ending allocate_and_assign(size_t place, const Address* base) {
        if (const Ending ending = allocate(place, base)) return ending;
        return assign(place, base);
    }

    Ending create(bool seeded) {
        const Address* base = seeded ? instruction_.base : nullptr;
        if (seeded)
            if (const Ending ending = check_derived(1)) return ending;
        if (own_.account(1).lamports > 0) {
            own_.log("Create Account: account " + shown(1, base) + " already in use");
            return fail_with(ACCOUNT_ALREADY_IN_USE);
        }
        if (const Ending ending = allocate_and_assign(1, base)) return ending;
        return transfer(0, 1);
    }

    Ending create_prefunded() {
        if (const Ending ending = allocate_and_assign(0, nullptr)) return ending;
        return instruction_.lamports ? transfer(1, 0) : SUCCESS;
    }

    Ending with_seed(bool allocating) {
        if (const Ending ending = check_derived(0)) return ending;
        return allocating ? allocate_and_assign(0, instruction_.base) : assign(0, instruction_.base);
    }

    // Transfers

    Ending transfer(size_t from, size_t to) {
        if (!own_.is_signer(from)) {
            own_.log("Transfer: `from` account " + text_of(own_.address(from)) + " must sign");
            return fail(InstructionError::MISSING_REQUIRED_SIGNATURE);
        }
        return transfer_verified(from, to);
    }

    Ending transfer_verified(size_t from, size_t to) {
        const Account& account = own_.account(from);
        if (account.length) {
            own_.log("Transfer: `from` must not carry data");
            return fail(InstructionError::INVALID_ARGUMENT);
        }
        if (instruction_.lamports > account.lamports) {
            own_.log("Transfer: insufficient lamports " + std::to_string(account.lamports) + ", need " +
                     std::to_string(instruction_.lamports));
            return fail_with(RESULT_WITH_NEGATIVE_LAMPORTS);
        }
        if (const Ending ending = own_.take_lamports(from, instruction_.lamports)) return ending;
        return own_.add_lamports(to, instruction_.lamports);
    }

    Ending transfer_with_seed() {
        if (!own_.is_signer(1)) {
            own_.log("Transfer: 'from' account " + text_of(own_.address(1)) + " must sign");
            return fail(InstructionError::MISSING_REQUIRED_SIGNATURE);
        }
        Address derived;
        if (const Ending ending = derive(own_.address(1), derived)) return ending;
        if (derived != own_.address(0)) {
            own_.log("Transfer: 'from' address " + text_of(own_.address(0)) + " does not match derived address " +
                     text_of(derived));
            return fail_with(ADDRESS_WITH_SEED_MISMATCH);
        }
        return transfer_verified(0, 2);
    }

    // Nonces

    // A sysvar that has to be the account at a place.
    Ending check_sysvar(size_t place, Known sysvar) const {
        if (!own_.has(place + 1)) return fail(InstructionError::MISSING_ACCOUNT);
        if (own_.key(place).record->known != sysvar) return fail(InstructionError::INVALID_ARGUMENT);
        return SUCCESS;
    }

    Ending check_writable(const char* action) const {
        if (own_.is_writable(0)) return SUCCESS;
        own_.log(std::string(action) + " nonce account: Account " + text_of(own_.address(0)) + " must be writeable");
        return fail(InstructionError::INVALID_ARGUMENT);
    }

    Ending check_recent_blockhashes(const char* action) const {
        if (const Ending ending = check_sysvar(1, Known::RECENT_BLOCKHASHES)) return ending;
        if (own_.environment().has_recent_blockhashes) return SUCCESS;
        own_.log(std::string(action) + " nonce account: recent blockhash list is empty");
        return fail_with(NONCE_NO_RECENT_BLOCKHASHES);
    }

    Ending read(Nonce& nonce) const {
        const Account& account = own_.account(0);
        return read_nonce(account.data, account.length, nonce) ? SUCCESS : fail(InstructionError::INVALID_ACCOUNT_DATA);
    }

    Ending write(const Nonce& nonce) {
        uint8_t data[NONCE_LENGTH];
        return own_.set_data(0, data, write_nonce(nonce, data));
    }

    Ending check_signed(const char* action, const Address& authority, const char* text) const {
        if (own_.has_signed(authority)) return SUCCESS;
        own_.log(std::string(action) + " nonce account: Account " + text_of(authority) + " must " + text);
        return fail(InstructionError::MISSING_REQUIRED_SIGNATURE);
    }

    Ending is_invalid(const char* action) const {
        own_.log(std::string(action) + " nonce account: Account " + text_of(own_.address(0)) + " state is invalid");
        return fail(InstructionError::INVALID_ACCOUNT_DATA);
    }

    Ending once_per_slot(const char* action) const {
        own_.log(std::string(action) + " nonce account: nonce can only advance once per slot");
        return fail_with(NONCE_BLOCKHASH_NOT_EXPIRED);
    }

    Ending is_short(const char* action, uint64_t needed) const {
        own_.log(std::string(action) + " nonce account: insufficient lamports " + std::to_string(own_.account(0).lamports) +
                 ", need " + std::to_string(needed));
        return fail(InstructionError::INSUFFICIENT_FUNDS);
    }

    Ending advance_nonce() {
        static constexpr char ACTION[] = "Advance";
        Nonce nonce;
        if (const Ending ending = check_recent_blockhashes(ACTION)) return ending;
        if (const Ending ending = check_writable(ACTION)) return ending;
        if (const Ending ending = read(nonce)) return ending;
        if (!nonce.is_initialized) return is_invalid(ACTION);
        if (const Ending ending = check_signed(ACTION, nonce.authority, "be a signer")) return ending;
        if (nonce.nonce == own_.environment().durable_nonce) return once_per_slot(ACTION);
        nonce.is_current = true;
        nonce.nonce = own_.environment().durable_nonce;
        nonce.lamports_per_signature = own_.environment().remembered_price;
        return write(nonce);
    }

    Ending withdraw_nonce() {
        static constexpr char ACTION[] = "Withdraw";
        Nonce nonce;
        if (const Ending ending = check_sysvar(2, Known::RECENT_BLOCKHASHES)) return ending;
        if (const Ending ending = check_sysvar(3, Known::RENT)) return ending;
        if (const Ending ending = check_writable(ACTION)) return ending;
        if (const Ending ending = read(nonce)) return ending;
        const uint64_t lamports = instruction_.lamports;
        const Account& account = own_.account(0);
        if (!nonce.is_initialized) {
            if (lamports > account.lamports) return is_short(ACTION, lamports);
            if (const Ending ending = check_signed(ACTION, own_.address(0), "sign")) return ending;
        } else if (lamports == account.lamports) {
            if (nonce.nonce == own_.environment().durable_nonce) return once_per_slot(ACTION);
            if (const Ending ending = check_signed(ACTION, nonce.authority, "sign")) return ending;
            Nonce cleared;
            cleared.is_current = true;
            if (const Ending ending = write(cleared)) return ending;
        } else {
            const uint64_t needed = lamports + minimum_balance(own_.environment(), account.length);
            if (needed < lamports) return fail(InstructionError::INSUFFICIENT_FUNDS);
            if (needed > account.lamports) return is_short(ACTION, needed);
            if (const Ending ending = check_signed(ACTION, nonce.authority, "sign")) return ending;
        }
        if (const Ending ending = own_.take_lamports(0, lamports)) return ending;
        return own_.add_lamports(1, lamports);
    }

    Ending initialize_nonce() {
        static constexpr char ACTION[] = "Initialize";
        Nonce nonce;
        if (const Ending ending = check_recent_blockhashes(ACTION)) return ending;
        if (const Ending ending = check_sysvar(2, Known::RENT)) return ending;
        if (const Ending ending = check_writable(ACTION)) return ending;
        if (const Ending ending = read(nonce)) return ending;
        if (nonce.is_initialized) return is_invalid(ACTION);
        const uint64_t needed = minimum_balance(own_.environment(), own_.account(0).length);
        if (own_.account(0).lamports < needed) return is_short(ACTION, needed);
        nonce.is_current = nonce.is_initialized = true;
        nonce.authority = *instruction_.owner;
        nonce.nonce = own_.environment().durable_nonce;
        nonce.lamports_per_signature = own_.environment().remembered_price;
        return write(nonce);
    }

    Ending authorize_nonce() {
        static constexpr char ACTION[] = "Authorize";
        Nonce nonce;
        if (const Ending ending = check_writable(ACTION)) return ending;
        if (const Ending ending = read(nonce)) return ending;
        if (!nonce.is_initialized) return is_invalid(ACTION);
        if (const Ending ending = check_signed(ACTION, nonce.authority, "sign")) return ending;
        nonce.authority = *instruction_.owner;
        return write(nonce);
    }

    Ending upgrade_nonce() {
        Nonce nonce;
        if (own_.account(0).owner != known[Known::SYSTEM]) return fail(InstructionError::INVALID_ACCOUNT_OWNER);
        if (!own_.is_writable(0)) return fail(InstructionError::INVALID_ARGUMENT);
        if (const Ending ending = read(nonce)) return ending;
        if (nonce.is_current || !nonce.is_initialized) return fail(InstructionError::INVALID_ARGUMENT);
        nonce.is_current = true;
        nonce.nonce = durable_nonce(nonce.nonce);
        return write(nonce);
    }

    Invocation& own_;
    const SystemInstruction& instruction_;
};

}  // namespace samestate::svm

#endif
