// The senders of blocks, found out by four threads that start at different places and a fifth that comes from the end: each is who signed.
//
// For ThreadSanitizer. With the argument "race" a thread writes to a sender what the others find, which it has to report.

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/secp256k1/recovery_lanes.hpp"

using namespace samestate;
using namespace samestate::evm;
using namespace samestate::evm::secp256k1;

static constexpr size_t WORKERS = 4, COUNT = 77, LENGTH = 40, ROUNDS = 20;

static bool recover_one(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity, uint8_t* address) {
    SignedHash item{{}, u256::load_be(r), u256::load_be(s), y_parity};
    std::memcpy(item.hash, hash, 32);
    uint8_t addresses[1][20];
    Fate fate;
    recover_eight(&item, 1, addresses, &fate);
    if (fate == Fate::SIGNED) std::memcpy(address, addresses[0], 20);
    return fate == Fate::SIGNED;
}

static size_t recover_many(const SignedHash* items, size_t count, uint8_t (*addresses)[20], bool* is_signed) {
    Fate fates[EIGHT];
    if (count > 0) recover_eight(items, count, addresses, fates);
    for (size_t i = 0; i < count; ++i) is_signed[i] = fates[i] == Fate::SIGNED;
    return count;
}

// One secret and one nonce sign all: (hash + r secret) / nonce.
static void sign(Transaction& transaction, const u256& secret, const u256& nonce, const Affine& point) {
    using namespace residues;
    Buffer scratch;
    uint8_t hash[32];
    signing_hash(transaction, scratch, hash);
    transaction.r = reduce<Order>(u512(point.x));
    const u256 s = multiply<Order>(add<Order>(reduce<Order>(u512(u256::load_be(hash))), multiply<Order>(transaction.r, secret)), invert<Order>(nonce));
    const bool is_high = LARGEST_S < s;
    transaction.s = is_high ? Order::MODULUS - s : s;
    transaction.y_parity = static_cast<uint8_t>((point.y.w[0] & 1) ^ is_high);
}

int main(int argument_count, char** arguments) {
    const bool is_racing = argument_count > 1 && std::strcmp(arguments[1], "race") == 0;
    if (recovery_in_lanes() == nullptr) return std::printf("all the same\n"), 0;
    const u256 secret{4}, nonce{8};
    const Affine key = points::twice(GENERATOR, 2), point = points::twice(GENERATOR, 3);
    uint8_t encoded[64], digest[32];
    key.x.store_be(encoded);
    key.y.store_be(encoded + 32);
    keccak256(encoded, 64, digest);
    std::vector<uint8_t> messages(COUNT * LENGTH);
    for (size_t i = 0; i < messages.size(); ++i) messages[i] = static_cast<uint8_t>(i * i / 7 + i);
    int failures = 0;
    for (size_t round = 0; round < ROUNDS; ++round) {
        BlockInput input;
        for (size_t i = 0; i < COUNT; ++i) {
            Transaction transaction;
            std::memset(static_cast<void*>(&transaction), 0, sizeof(transaction));
            transaction.message = &messages[i * LENGTH];
            transaction.message_length = LENGTH;
            sign(transaction, secret, nonce, point);
            if (i % 10 == 3) transaction.s = u256{0};
            input.transactions.push_back(transaction);
        }
        input.finish();
        const Recovery recovery{recover_one, recover_many};
        std::vector<std::thread> threads;
        std::vector<int> wrong(WORKERS);
        for (size_t worker = 0; worker < WORKERS; ++worker)
            threads.emplace_back([&, worker] {
                SenderScratch scratch;
                for (size_t i = 0; i < COUNT; ++i) {
                    const size_t place = (i + worker * COUNT / WORKERS * (round % 2)) % COUNT;
                    const FoundSender sender = input.sender(place, recovery, scratch);
                    const bool is_signed = sender.rejection == Rejection::NONE;
                    wrong[worker] += is_signed != (place % 10 != 3) || (is_signed && std::memcmp(sender.address.bytes, digest + 12, 20) != 0);
                }
            });
        threads.emplace_back([&] {
            if (is_racing) std::memcpy(input.senders[COUNT / 2].address.bytes, digest + 12, 20);
            input.recover_senders(recovery);
        });
        for (std::thread& thread : threads) thread.join();
        for (const int count : wrong) failures += count;
        const uint64_t in_lanes = input.counted_in_lanes();  // each at most once; some are found out alone while a group is in work
        failures += in_lanes > COUNT || in_lanes < COUNT / 2;
    }
    std::printf(failures == 0 ? "all the same\n" : "%d are not\n", failures);
    return failures == 0 ? 0 : 1;
}
