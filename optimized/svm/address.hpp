// Addresses of accounts: 32 bytes, which people read in base 58; and the few that the runtime knows by name.
// Source of the names: agave reserved-account-keys, sdk-ids, sysvar ids.

#ifndef SAMESTATE_SVM_ADDRESS_HPP
#define SAMESTATE_SVM_ADDRESS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace samestate::svm {

struct Address {
    uint8_t bytes[32];
};

inline bool operator==(const Address& one, const Address& other) {
    return std::memcmp(one.bytes, other.bytes, sizeof one.bytes) == 0;
}
inline bool operator!=(const Address& one, const Address& other) { return !(one == other); }

inline constexpr char BASE_58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

// In base 58: a leading `1` for each leading zero byte, then the number.
inline std::string text_of(const Address& address) {
    uint8_t digits[44];
    size_t count = 0;
    size_t zeros = 0;
    while (zeros < 32 && address.bytes[zeros] == 0) ++zeros;
    for (size_t place = zeros; place < 32; ++place) {
        uint32_t carry = address.bytes[place];
        for (size_t digit = 0; digit < count; ++digit) {
            carry += static_cast<uint32_t>(digits[digit]) << 8;
            digits[digit] = static_cast<uint8_t>(carry % 58);
            carry /= 58;
        }
        for (; carry; carry /= 58) digits[count++] = static_cast<uint8_t>(carry % 58);
    }
    std::string text(zeros, '1');
    while (count > 0) text.push_back(BASE_58[digits[--count]]);
    return text;
}

// The address that a text in base 58 stands for. Only for the constants below: nothing is checked.
inline Address address_of(const char* text) {
    Address address{};
    for (; *text; ++text) {
        uint32_t carry = static_cast<uint32_t>(std::strchr(BASE_58, *text) - BASE_58);
        for (size_t place = 32; place-- > 0;) {
            carry += address.bytes[place] * 58u;
            address.bytes[place] = static_cast<uint8_t>(carry);
            carry >>= 8;
        }
    }
    return address;
}

// Addresses that mean something to the runtime. Those up to LAST_RESERVED may never be written to (reserved account keys).
enum class Known : uint8_t {
    NONE,
    SYSTEM,
    VOTE,
    STAKE,
    COMPUTE_BUDGET,
    CONFIG,
    LOADER_1,
    LOADER_2,
    LOADER_3,
    LOADER_4,
    LOOKUP_TABLE,
    FEATURE,
    ED25519,
    SECP256K1,
    SECP256R1,
    STAKE_CONFIG,
    ZK_ELGAMAL,
    ZK_TOKEN,
    NATIVE_LOADER,
    SYSVAR_OWNER,
    CLOCK,
    EPOCH_REWARDS,
    EPOCH_SCHEDULE,
    FEES,
    INSTRUCTIONS,
    LAST_RESTART_SLOT,
    RECENT_BLOCKHASHES,
    RENT,
    REWARDS,
    SLOT_HASHES,
    SLOT_HISTORY,
    STAKE_HISTORY,
    LAST_RESERVED = STAKE_HISTORY,
    INCINERATOR,
    COUNT,
};

// All known addresses, and the way back from an address to what it is.
class KnownAddresses {
  public:
    KnownAddresses() {
        static const char* const TEXTS[] = {
            nullptr,
            "11111111111111111111111111111111",
            "Vote111111111111111111111111111111111111111",
            "Stake11111111111111111111111111111111111111",
            "ComputeBudget111111111111111111111111111111",
            "Config1111111111111111111111111111111111111",
            "BPFLoader1111111111111111111111111111111111",
            "BPFLoader2111111111111111111111111111111111",
            "BPFLoaderUpgradeab1e11111111111111111111111",
            "LoaderV411111111111111111111111111111111111",
            "AddressLookupTab1e1111111111111111111111111",
            "Feature111111111111111111111111111111111111",
            "Ed25519SigVerify111111111111111111111111111",
            "KeccakSecp256k11111111111111111111111111111",
            "Secp256r1SigVerify1111111111111111111111111",
            "StakeConfig11111111111111111111111111111111",
            "ZkE1Gama1Proof11111111111111111111111111111",
            "ZkTokenProof1111111111111111111111111111111",
            "NativeLoader1111111111111111111111111111111",
            "Sysvar1111111111111111111111111111111111111",
            "SysvarC1ock11111111111111111111111111111111",
            "SysvarEpochRewards1111111111111111111111111",
            "SysvarEpochSchedu1e111111111111111111111111",
            "SysvarFees111111111111111111111111111111111",
            "Sysvar1nstructions1111111111111111111111111",
            "SysvarLastRestartS1ot1111111111111111111111",
            "SysvarRecentB1ockHashes11111111111111111111",
            "SysvarRent111111111111111111111111111111111",
            "SysvarRewards111111111111111111111111111111",
            "SysvarS1otHashes111111111111111111111111111",
            "SysvarS1otHistory11111111111111111111111111",
            "SysvarStakeHistory1111111111111111111111111",
            "1nc1nerator11111111111111111111111111111111",
        };
        std::memset(places_, 0, sizeof places_);
        std::memset(addresses_, 0, sizeof addresses_);
        for (uint8_t number = 1; number < static_cast<uint8_t>(Known::COUNT); ++number) {
            addresses_[number] = address_of(TEXTS[number]);
            size_t place = place_of(addresses_[number]);
            while (places_[place]) place = (place + 1) % PLACES;
            places_[place] = number;
        }
    }

    const Address& operator[](Known known) const { return addresses_[static_cast<uint8_t>(known)]; }

    Known find(const Address& address) const {
        for (size_t place = place_of(address); places_[place]; place = (place + 1) % PLACES)
            if (addresses_[places_[place]] == address) return static_cast<Known>(places_[place]);
        return Known::NONE;
    }

  private:
    static constexpr size_t PLACES = 256;

    static size_t place_of(const Address& address) {
        uint64_t first, second;
        std::memcpy(&first, address.bytes, 8);
        std::memcpy(&second, address.bytes + 8, 8);
        return ((first ^ second * 0x9E3779B97F4A7C15u) * 0xA0761D6478BD642Fu) >> 56;
    }

    Address addresses_[static_cast<uint8_t>(Known::COUNT)];
    uint8_t places_[PLACES];
};

inline const KnownAddresses known;

// Whether the address may never be written to, whatever a message asks for.
inline bool is_reserved(Known what) { return what != Known::NONE && what <= Known::LAST_RESERVED; }

}  // namespace samestate::svm

#endif
