// A secure trie of any values: what the official tests of tries are about, and whoever has pairs and wants their root.

#ifndef SAMESTATE_EVM_BYTES_TRIE_HPP
#define SAMESTATE_EVM_BYTES_TRIE_HPP

#include "samestate/optimized/evm/trie_hashing.hpp"

namespace samestate::evm {

// A value of so many bytes as it is.
struct AnyValue {
    static constexpr size_t LIMIT = 1024;
    uint16_t length = 0;
    uint8_t bytes[LIMIT];

    size_t write(uint8_t* target) const {
        std::memcpy(target, bytes, length);
        return length;
    }

    bool read(const uint8_t* data, size_t size) {
        if (size > LIMIT) return false;
        length = static_cast<uint16_t>(size);
        std::memcpy(bytes, data, size);
        return true;
    }

    bool read_flat(const uint8_t* data, size_t size) { return read(data, size); }

    bool operator==(const AnyValue& other) const {
        return length == other.length && std::memcmp(bytes, other.bytes, length) == 0;
    }
};

class BytesTrie {
public:
    // Gives the hash of a key its value, or takes it out where there is none. False for a value that is too long.
    bool set(const uint8_t* key, size_t key_length, const uint8_t* value, size_t length) {
        uint8_t path[32];
        Gap gap;
        AnyValue content;
        keccak256(key, key_length, path);
        if (!length) return trie_.remove(path, nullptr, gap);
        return content.read(value, length) && trie_.put(path, content, false, nullptr, gap);
    }

    void root(uint8_t* root) {
        TrieHasher<AnyValue> hasher;
        if (trie_.is_empty()) {
            std::memcpy(root, EMPTY_ROOT, 32);
            return;
        }
        hasher.add(trie_.root(), 0);
        hasher.run();
        root_of(trie_.root()->seen, root);
    }

private:
    Trie<AnyValue> trie_;
};

}  // namespace samestate::evm

#endif
