// The primitives of Solana's machine on four threads, for sanitizers: all results are the same as on one.
//
// With the argument "race", threads share what belongs to one each, which a sanitizer of threads has to report.

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "samestate/optimized/svm/history.hpp"
#include "samestate/optimized/svm/lattice.hpp"
#include "samestate/optimized/svm/signatures.hpp"

using namespace samestate;
using namespace samestate::svm;

static constexpr size_t WORKERS = 4;

static uint64_t state = 1;
static uint64_t random_number() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static std::vector<uint8_t> random_bytes(size_t length) {
    std::vector<uint8_t> bytes(length);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_number());
    return bytes;
}

static int failures = 0;
static void expect(bool is_right, const char* what) {
    if (is_right) return;
    std::printf("%s\n", what);
    ++failures;
}

static void check_history() {
    const std::vector<uint8_t> signatures = random_bytes(64 * 40);
    std::vector<const uint8_t*> places;
    for (size_t i = 0; i < 40; ++i) places.push_back(signatures.data() + 64 * i);
    const uint8_t start[32] = {};
    std::vector<HistoryEntry> entries(300);
    std::vector<uint8_t> hashes(32 * entries.size());
    uint8_t value[32] = {};
    for (size_t i = 0; i < entries.size(); ++i) {
        const size_t count = random_number() % 3 == 0 ? random_number() % 40 : 0;
        const uint64_t steps = random_number() % 50;
        for (uint64_t step = 0; step + (count > 0) < steps; ++step) sha256(value, 32, value);
        if (count > 0) {
            uint8_t root[32];
            mix_in(places.data(), count, root);
            sha256(value, 32, root, 32, value);
        }
        std::memcpy(&hashes[32 * i], value, 32);
        entries[i] = {steps, &hashes[32 * i], places.data(), count, count == 0};
    }
    for (size_t wrong : {entries.size(), size_t{0}, size_t{150}, size_t{299}}) {
        if (wrong < entries.size()) hashes[32 * wrong] ^= 1;
        bool was_stopped;
        expect(verify_history(start, entries.data(), entries.size(), WORKERS, Stop{}, was_stopped) == wrong, "history");
        if (wrong < entries.size()) hashes[32 * wrong] ^= 1;
    }
}

static void check_lattice(bool with_race) {
    const std::vector<uint8_t> bytes = random_bytes(300'000);
    std::vector<LatticeTerm> terms;
    for (size_t i = 0; i < 600; ++i) {
        const size_t length = random_number() % (i % 50 == 0 ? 290'000 : 1200);
        terms.push_back({{random_number() % 3, bytes.data() + i, length, i % 2 == 0, bytes.data() + i, bytes.data() + 2 * i},
                         i % 3 == 0});
    }
    for (size_t width : {4, 8, 16}) {
        const blake3_lanes::Wide* wide = blake3_lanes::wide_of(width);
        if (wide == nullptr) continue;
        Lattice one, many;
        add_terms(one, terms.data(), terms.size(), 1, Stop{}, wide);
        add_terms(many, terms.data(), terms.size(), WORKERS, Stop{}, wide);
        expect(one == many, "lattice");
    }
    if (!with_race) return;
    LatticeBatch shared;
    std::vector<std::thread> threads;
    for (size_t worker = 0; worker < WORKERS; ++worker)
        threads.emplace_back([&] {
            for (const LatticeTerm& term : terms) shared.add(term.account);
        });
    for (std::thread& thread : threads) thread.join();
}

static Point times(const Scalar& number, const Point& a) {
    const Addend once = point::to_addend(a);
    Point sum = NEUTRAL;
    for (int place = 255; place >= 0; --place) {
        sum = point::twice(sum);
        if (scalar::bits(number, place, 1) != 0) sum = point::add(sum, once);
    }
    return sum;
}

// Signatures by small secrets, of which every third has been changed.
static void check_signatures() {
    const size_t count = 203;
    const std::vector<uint8_t> messages = random_bytes(4000);
    std::vector<uint8_t> signatures(64 * count), keys(32 * count);
    std::vector<SignatureView> items;
    const Point base{BASE_X, BASE_Y, field::ONE, field::multiply(BASE_X, BASE_Y)};
    for (size_t i = 0; i < count; ++i) {
        uint8_t* signature = &signatures[64 * i];
        uint8_t* key = &keys[32 * i];
        const Scalar secret{{random_number(), random_number(), 0, 0}}, nonce{{random_number(), random_number(), 0, 0}};
        point::encode(times(secret, base), key);
        point::encode(times(nonce, base), signature);
        const uint8_t* message = messages.data() + i;
        const size_t length = random_number() % (i % 20 == 0 ? 3000 : 300);
        const Scalar h = ed25519::challenge(signature, key, message, length);
        const Scalar s = scalar::add(nonce, scalar::multiply(h, secret));
        std::memcpy(signature + 32, s.w, 32);
        if (i % 3 == 0) signature[random_number() % 64] ^= static_cast<uint8_t>(1 << random_number() % 8);
        items.push_back({signature, key, message, length});
    }
    for (const ed25519::Way way : {ed25519::Way::ALONE, ed25519::Way::LANES}) {
        if (!ed25519::is_possible(way)) continue;
        bool verdicts[count];
        expect(verify_signatures(items.data(), count, verdicts, WORKERS, way, Stop{}), "stopped");
        for (size_t i = 0; i < count; ++i) expect(verdicts[i] == (i % 3 != 0), "signature");
    }
}

int main(int count, char** arguments) {
    check_history();
    check_lattice(count > 1 && std::strcmp(arguments[1], "race") == 0);
    check_signatures();
    if (failures == 0) std::printf("all the same\n");
    return failures == 0 ? 0 : 1;
}
