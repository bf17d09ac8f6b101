// Which program an instruction calls, and what becomes of it.
// Source: agave program-runtime/src/invoke_context.rs (process_executable_chain), builtins/src/lib.rs.

#ifndef SAMESTATE_SVM_PROGRAMS_HPP
#define SAMESTATE_SVM_PROGRAMS_HPP

#include "samestate/optimized/svm/precompiles.hpp"
#include "samestate/optimized/svm/system_program.hpp"
#include "samestate/optimized/svm/vote_program.hpp"

namespace samestate::svm {

inline bool is_loader(const Address& owner) {
    return owner == known[Known::LOADER_3] || owner == known[Known::LOADER_2] || owner == known[Known::LOADER_1] ||
           owner == known[Known::LOADER_4];
}

// The program data that a program of loader v3 names; false where the account is no such program.
inline bool program_data_address(const Account& account, Address& address) {
    if (account.lamports == 0 || account.owner != known[Known::LOADER_3]) return false;
    if (account.length < 36 || read_u32(account.data) != 2) return false;
    std::memcpy(&address, account.data + 4, 32);
    return true;
}

class Programs {
  public:
    explicit Programs(Run& run) : run_(run) {}

    // Runs an instruction; false where that takes a program that is not specified.
    bool run(const Instruction& instruction, Ending& ending) {
        const Key& key = run_.transaction->keys[instruction.program];
        const Account& program = run_.accounts[instruction.program];
        Invocation invocation(run_, instruction);
        switch (key.record->known) {
            case Known::ED25519:
            case Known::SECP256K1:
            case Known::SECP256R1:
                ending = run_precompile(key.record->known, run_.transaction->message, instruction);
                return true;
            default: break;
        }
        if (program.owner == known[Known::NATIVE_LOADER]) return run_native(key.record->known, instruction, invocation, ending);
        if (program.owner == known[Known::LOADER_4]) {  // no builtin of that name
            ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID);
            return true;
        }
        return run_of_loader(key, program, ending);
    }

  private:
    bool run_native(Known program, const Instruction& instruction, Invocation& invocation, Ending& ending) {
        switch (program) {
            case Known::SYSTEM: {
                static const std::string CALLED = "Program " + text_of(known[Known::SYSTEM]) + " invoke [1]";
                static const std::string DONE = "Program " + text_of(known[Known::SYSTEM]) + " success";
                run_.log->add(CALLED);
                ending = take_units(SYSTEM_UNITS);
                if (!ending) ending = run_system(instruction, invocation);
                if (!ending) run_.log->add(DONE);
                else log_failure(invocation, ending);
                return true;
            }
            case Known::COMPUTE_BUDGET:
                log_call(invocation);
                ending = take_units(150);
                log_ending(invocation, ending);
                return true;
            case Known::VOTE:
                log_call(invocation);
                ending = take_units(VOTE_UNITS);
                if (!ending && !run_vote(invocation, ending)) return false;
                log_ending(invocation, ending);
                return true;
            case Known::LOADER_1:
                log_call(invocation);
                ending = retired(1140, "Deprecated loader is no longer supported");
                log_ending(invocation, ending);
                return true;
            case Known::LOADER_2:
                log_call(invocation);
                ending = retired(570, "BPF loader management instructions are no longer supported");
                log_ending(invocation, ending);
                return true;
            case Known::LOADER_3:
            case Known::ZK_ELGAMAL: return false;
            default: ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID); return true;
        }
    }

    // A loader whose own instructions are no more. Source: agave programs/bpf_loader/src/lib.rs.
    Ending retired(uint64_t units, const char* line) {
        if (const Ending ending = take_units(units)) return ending;
        run_.log->add(line);
        return fail(InstructionError::UNSUPPORTED_PROGRAM_ID);
    }

    Ending run_system(const Instruction& instruction, Invocation& invocation) {
        SystemInstruction fields;
        if (!read_system(instruction.data, instruction.data_length, fields))
            return fail(InstructionError::INVALID_INSTRUCTION_DATA);
        return SystemProgram(invocation, fields).run();
    }

    // A program that is bytecode cannot be run here. But that some accounts hold none, or none that may run in this slot, can be told
    // without running it: from the next slot on a program is visible that was deployed in this one.
    bool run_of_loader(const Key& key, const Account& program, Ending& ending) {
        const char* why = nullptr;
        if (program.owner != known[Known::LOADER_3]) {
            if (!has_code(program.data, program.length)) why = "Program is not deployed";
        } else {
            const Account* account = key.record->is_program ? key.record->data_record()->base : &ABSENT;
            if (account->lamports == 0 || account->owner != known[Known::LOADER_3] || account->length <= 12 ||
                read_u32(account->data) != 3)
                why = "Program is not cached";
            else if (read_u64(account->data + 4) >= run_.environment->slot || account->length < DATA_HEAD ||
                     !has_code(account->data + DATA_HEAD, account->length - DATA_HEAD))
                why = "Program is not deployed";
        }
        if (why == nullptr) return false;
        const std::string name = "Program " + text_of(key.record->address);
        ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID);
        run_.log->add(name + " invoke [1]");
        run_.log->add(why);
        run_.log->add(name + " failed: " + text_of(ending.failure));
        return true;
    }

    static constexpr uint64_t DATA_HEAD = 45;

    // Whether bytes begin as a program does: ELF of 64 bits, little-endian, for no system, for a machine that is one of BPF's.
    static bool has_code(const uint8_t* bytes, uint64_t length) {
        static constexpr uint8_t MARK[] = {0x7F, 'E', 'L', 'F', 2, 1, 1, 0};
        if (length < 64 || std::memcmp(bytes, MARK, sizeof MARK) != 0) return false;
        const uint32_t machine = bytes[18] | bytes[19] << 8;
        return machine == 247 || machine == 263;
    }

    Ending take_units(uint64_t units) {
        if (run_.units_left < units) {
            run_.units_left = 0;
            return fail(InstructionError::COMPUTATIONAL_BUDGET_EXCEEDED);
        }
        run_.units_left -= units;
        return SUCCESS;
    }

    void log_call(const Invocation& invocation) { run_.log->add("Program " + text_of(invocation.program()) + " invoke [1]"); }

    void log_failure(const Invocation& invocation, const Ending& ending) {
        run_.log->add("Program " + text_of(invocation.program()) + " failed: " + text_of(ending.failure));
    }

    void log_ending(const Invocation& invocation, const Ending& ending) {
        if (ending) return log_failure(invocation, ending);
        run_.log->add("Program " + text_of(invocation.program()) + " success");
    }

    Run& run_;
};

}  // namespace samestate::svm

#endif
