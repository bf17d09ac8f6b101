// Eight signers at once on four threads, for sanitizers: all are who the equation by itself says, one point after another.
//
// With the argument "race", threads share the room for what they find, which a sanitizer of threads has to report.

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "samestate/optimized/evm/secp256k1/recovery_lanes.hpp"

using namespace samestate;
using namespace samestate::evm::secp256k1;

static constexpr size_t WORKERS = 4, COUNT = 60;

static uint64_t state = 1;
static uint64_t random_number() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static u256 random_word() { return {random_number(), random_number(), random_number(), random_number()}; }

// A multiple of a point, bit by bit from the second highest on: never a sum of equal points.
static Affine times(const u256& factor, const Affine& p) {
    Affine sum = p;
    for (int bit = 254 - count_leading_zeros(factor); bit >= 0; --bit) {
        sum = points::twice(sum);
        if (factor.w[bit / 64] >> bit % 64 & 1) sum = points::sum(sum, p);
    }
    return sum;
}

static void address_of(const Affine& key, uint8_t* address) {
    uint8_t encoded[64], digest[32];
    key.x.store_be(encoded);
    key.y.store_be(encoded + 32);
    keccak256(encoded, 64, digest);
    std::memcpy(address, digest + 12, 20);
}

struct Expected {
    Fate fate;
    uint8_t address[20];
};

// Signatures by a secret and a nonce; every fifth is out of range, and every seventh's key is infinity.
static void make(std::vector<SignedHash>& items, std::vector<Expected>& expected) {
    for (size_t i = 0; i < COUNT; ++i) {
        using namespace residues;
        const u256 secret = reduce<Order>(u512(random_word())), nonce = reduce<Order>(u512(random_word()));
        const Affine point = times(nonce, GENERATOR);
        SignedHash item{{}, reduce<Order>(u512(point.x)), reduce<Order>(u512(random_word())), static_cast<int>(point.y.w[0] & 1)};
        // s = (hash + r secret) / nonce
        const u256 hash = subtract<Order>(multiply<Order>(item.s, nonce), multiply<Order>(item.r, secret));
        hash.store_be(item.hash);
        Expected found{Fate::SIGNED, {}};
        address_of(times(secret, GENERATOR), found.address);
        if (i % 5 == 4) {
            item.r = i % 2 ? u256{0} : Order::MODULUS;
            found.fate = Fate::NOT_SIGNED;
        } else if (i % 7 == 6) {
            multiply<Order>(item.s, nonce).store_be(item.hash);
            found.fate = Fate::UNDECIDED;
        }
        items.push_back(item);
        expected.push_back(found);
    }
}

static int failures = 0;

static void recover(const SignedHash* items, size_t count, uint8_t (*addresses)[20], Fate* fates) {
    for (size_t first = 0; first < count; first += EIGHT)
        recover_eight(items + first, count - first < EIGHT ? count - first : EIGHT, addresses + first, fates + first);
}

int main(int count, char** arguments) {
    const bool is_shared = count > 1 && std::strcmp(arguments[1], "race") == 0;
    std::vector<SignedHash> items;
    std::vector<Expected> expected;
    make(items, expected);
    if (recovery_in_lanes() != nullptr) {
        uint8_t addresses[WORKERS][COUNT][20];
        Fate fates[WORKERS][COUNT];
        std::vector<std::thread> threads;
        for (size_t worker = 0; worker < WORKERS; ++worker)
            threads.emplace_back([&, place = is_shared ? 0 : worker] { recover(items.data(), COUNT, addresses[place], fates[place]); });
        for (std::thread& thread : threads) thread.join();
        for (size_t worker = 0; worker < (is_shared ? 1 : WORKERS); ++worker) {
            for (size_t i = 0; i < COUNT; ++i) {
                const bool is_right = fates[worker][i] == expected[i].fate &&
                                      (fates[worker][i] != Fate::SIGNED || !std::memcmp(addresses[worker][i], expected[i].address, 20));
                if (!is_right) std::printf("signature %zu\n", i);
                failures += !is_right;
            }
        }
    }
    if (failures == 0) std::printf("all the same\n");
    return failures == 0 ? 0 : 1;
}
