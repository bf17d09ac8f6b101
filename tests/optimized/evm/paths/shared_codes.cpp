// Four workers run the same codes at the same time, on one table: who translates what is theirs to race for, and nothing shows of it.
// For ThreadSanitizer. With a difference it ends with 1.

#include <thread>

#include "machine.hpp"
#include "program.hpp"

constexpr int WORKERS = 4, CODES = 8, ROUNDS = 12;

int main() {
    static Libraries no_libraries{};
    native_libraries = &no_libraries;
    const Rules rules = rules_of("Osaka");
    CodeTable shared{3};
    shared.translate_after(2);
    for (int round = 0; round < ROUNDS; ++round) {
        shared.begin_block(rules, round % 3 ? 1 << 20 : 1000);  // now and then all but nothing is kept
        Random random(static_cast<std::uint64_t>(round));
        std::vector<std::vector<std::uint8_t>> codes;
        for (int number = 0; number < CODES; ++number) codes.push_back(Program(random, rules).make(60, 5));
        std::vector<std::string> descriptions(WORKERS);
        std::vector<std::thread> threads;
        for (std::string& description : descriptions) {
            threads.emplace_back([&] {
                Machine machine("Osaka");
                machine.executor.codes = &shared;
                machine.source.codes = &shared;
                const std::vector<std::uint8_t> input(40, 7);
                for (std::uint64_t number = 0; number < CODES; ++number) {
                    const Code& code = shared.intern(codes[number].data(), codes[number].size());
                    machine.source.code[MadeUpState::name(address_of_number(0x1000 * (number + 1)))] = &code;
                }
                for (int time = 0; time < 6; ++time) {
                    for (std::uint64_t number = 0; number < CODES; ++number) {
                        machine.run(0x1000 * (number + 1), 60'000, 0, false, input);
                        description += machine.description();
                    }
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        for (const std::string& description : descriptions)
            if (description != descriptions[0]) return 1;
    }
    std::printf("same\n");
    return 0;
}
