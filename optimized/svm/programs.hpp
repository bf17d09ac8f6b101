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
        if (program.owner == known[Known::LOADER_3]) return run_of_loader_3(key, ending);
        if (program.owner == known[Known::LOADER_4]) {  // no builtin of that name
            ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID);
            return true;
        }
        return false;
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
            case Known::LOADER_2:
            case Known::LOADER_3:
            case Known::ZK_ELGAMAL: return false;
            default: ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID); return true;
        }
    }

    Ending run_system(const Instruction& instruction, Invocation& invocation) {
        SystemInstruction fields;
        if (!read_system(instruction.data, instruction.data_length, fields))
            return fail(InstructionError::INVALID_INSTRUCTION_DATA);
        return SystemProgram(invocation, fields).run();
    }

    // Whether a program can be run at all is known without running it: not one without code, nor one that was deployed in this
    // very slot, which is visible from the next on.
    bool run_of_loader_3(const Key& key, Ending& ending) {
        const Record* data = key.record->data_record();
        const Account* account = data ? data->base : &ABSENT;
        const char* why = "Program is not deployed";
        if (data && account->lamports == 0) {
            why = "Program is not cached";
        } else if (data && account->owner == known[Known::LOADER_3] && account->length > 45 && read_u32(account->data) == 3 &&
                   read_u64(account->data + 4) < run_.environment->slot) {
            return false;
        }
        const std::string name = "Program " + text_of(key.record->address);
        ending = fail(InstructionError::UNSUPPORTED_PROGRAM_ID);
        run_.log->add(name + " invoke [1]");
        run_.log->add(why);
        run_.log->add(name + " failed: " + text_of(ending.failure));
        return true;
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
