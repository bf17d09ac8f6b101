// Runs random programs on the block path and on the exact path, each at many limits of gas, and compares all that shows.
//
// both_paths FIRST COUNT: so many programs, by their seeds. With a difference it ends with 1 and says where.

#include <cstdlib>
#include <memory>

#include "machine.hpp"
#include "program.hpp"

struct Pair {
    std::unique_ptr<Machine> translated, exact;
};

int main(int count_of_arguments, char** arguments) {
    if (count_of_arguments != 3) return 2;
    const std::uint64_t first = std::strtoull(arguments[1], nullptr, 10), count = std::strtoull(arguments[2], nullptr, 10);
    static Libraries no_libraries{};
    native_libraries = &no_libraries;
    std::map<std::string, Pair> pairs;
    std::map<int, std::uint64_t> ends;
    std::uint64_t runs = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        Random random(seed);
        const std::string fork = one_of<const char*>(random, {"Berlin", "London", "Shanghai", "Cancun", "Osaka", "Amsterdam", "Amsterdam"});
        Pair& pair = pairs[fork];
        if (!pair.exact) pair = Pair{std::make_unique<Machine>(fork), std::make_unique<Machine>(fork)};
        pair.translated->codes.translate_after(one_of<std::uint64_t>(random, {0, 0, 1, 4}));
        pair.exact->codes.translate_after(UINT64_MAX);

        std::vector<std::vector<std::uint8_t>> codes;
        for (int number = 0; number < 4; ++number) {
            const std::uint64_t pieces = number == 0 ? 20 + below(random, 200) : 5 + below(random, 60);
            codes.push_back(Program(random, pair.exact->rules).make(pieces, below(random, 6)));
        }
        std::vector<std::uint8_t> delegation = {0xef, 0x01, 0x00};
        const Address delegate = address_of_number(0x2000);
        for (std::uint8_t byte : delegate.bytes) delegation.push_back(byte);
        std::map<std::string, u256> slots;
        for (int number = 0; number < 100; ++number) {
            const Address owner = address_of_number(0x1000 * (1 + below(random, 4)));
            slots[MadeUpState::name(owner, u256(below(random, 200)))] = u256(below(random, 3));
        }
        for (Machine* machine : {pair.translated.get(), pair.exact.get()}) {
            machine->source.code.clear();
            machine->source.slots = slots;
            for (std::size_t number = 0; number < codes.size(); ++number) machine->deploy(0x1000 * (number + 1), codes[number]);
            machine->deploy(0x77, delegation);
        }
        std::vector<std::uint8_t> input(below(random, 100));
        for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
        const bool is_static = below(random, 20) == 0;
        const std::int64_t limit = 200'000;
        std::int64_t used = limit;
        for (int run = 0; run < 12; ++run) {
            const std::int64_t gas = run == 0 ? limit : run == 1 ? used : run == 2 ? used - 1 : static_cast<std::int64_t>(below(random, static_cast<std::uint64_t>(used) + 1));
            const auto reservoir = static_cast<std::int64_t>(below(random, 2) ? 0 : below(random, 400'000));
            for (Machine* machine : {pair.translated.get(), pair.exact.get()}) machine->run(0x1000, gas, reservoir, is_static, input);
            const std::string translated = pair.translated->description(), exact = pair.exact->description();
            if (translated != exact) {
                std::printf("seed %lu, %s, %ld gas\n-- translated\n%s-- exact\n%s", seed, fork.c_str(), gas, translated.c_str(), exact.c_str());
                return 1;
            }
            const Frame& frame = pair.exact->frame();
            if (run == 0) used = std::max<std::int64_t>(1, std::min(limit, limit - frame.gas));
            ++ends[static_cast<int>(frame.end)];
            ++runs;
        }
        if (seed % 64 == 0) {
            for (auto& [name, machines] : pairs)
                for (Machine* machine : {machines.translated.get(), machines.exact.get()}) machine->codes.begin_block(machine->rules, 1 << 20);
        }
    }
    std::printf("%lu runs, ends:", runs);
    for (const auto& [end, times] : ends) std::printf(" %d: %lu", end, times);
    std::printf("\n");
    return 0;
}
