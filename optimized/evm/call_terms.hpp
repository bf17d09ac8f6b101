// Words in terms of a call: what a key that a call accessed was made of, so that it can be made again for the next one.
//
// A term is the sender, the recipient, bytes of the call's data, a constant, a part of what a slot held before the block, or the hash of
// a message that is made of terms. Terms lie in one table, each after those that it is made of, and are evaluated in that order.

#ifndef SAMESTATE_EVM_CALL_TERMS_HPP
#define SAMESTATE_EVM_CALL_TERMS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "samestate/optimized/evm/hash_preimages.hpp"
#include "samestate/optimized/evm/known_state.hpp"
#include "samestate/optimized/evm/transaction.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// A transaction that calls something, as terms are about it.
struct Call {
    const Address& sender;
    const Address& recipient;
    const std::uint8_t* data;
    std::uint64_t length;

    // 32 bytes of the data, or 20 as a word, from a place on; zeros past the end.
    u256 bytes_at(std::uint64_t place, std::uint64_t width) const {
        std::uint8_t padded[32] = {};
        if (place < length) std::memcpy(padded + 32 - width, data + place, std::min(width, length - place));
        return u256::load_be(padded);
    }

    // A word of the arguments, by its index.
    u256 argument(std::uint64_t index) const { return bytes_at(4 + 32 * index, 32); }
};

// The slot of a key in a mapping, as Solidity lays it out.
inline u256 mapping_slot(const u256& key, const u256& mapping) {
    std::uint8_t text[64], digest[32];
    key.store_be(text);
    mapping.store_be(text + 32);
    keccak256(text, sizeof(text), digest);
    return u256::load_be(digest);
}

class CallTerms {
  public:
    using Term = std::uint32_t;     // a place in the table
    static constexpr Term NONE = UINT32_MAX;

    enum Kind : std::uint8_t { CONSTANT, SENDER, RECIPIENT, WORD_AT, ADDRESS_AT, LOADED, HASHED, LOW };

    // A term that stands in a message, at a place.
    struct Part {
        std::uint8_t place, width;
        Term term;

        bool operator==(const Part& other) const { return place == other.place && width == other.width && term == other.term; }
    };

    Term constant(const u256& word) { return put(Node{CONSTANT, 0, 0, 0, word}); }
    Term sender() { return put(Node{SENDER, 0, 0, 0, u256()}); }
    Term recipient() { return put(Node{RECIPIENT, 0, 0, 0, u256()}); }
    Term word_at(std::uint64_t place) { return put(Node{WORD_AT, place, 0, 0, u256()}); }
    Term address_at(std::uint64_t place) { return put(Node{ADDRESS_AT, place, 0, 0, u256()}); }

    // An address in what a slot holds, so many bits from its end.
    Term loaded(Term account, Term slot, std::uint64_t bits) { return put(Node{LOADED, bits, account, slot, u256()}); }

    // The hash of a message of which some parts are terms, and a number added to it; a constant where no part varies.
    Term hashed(const HashPreimage& message, const std::vector<Part>& parts, std::uint64_t offset) {
        bool varies = false;
        for (const Part& part : parts) varies = varies || nodes_[part.term].kind != CONSTANT;
        if (!varies) return constant(message.hash + u256(offset));
        Message made{message.length, {}, parts};
        std::memcpy(made.bytes, message.bytes, message.length);
        for (const Part& part : parts) std::memset(made.bytes + part.place, 0, part.width);
        const auto known = std::find(messages_.begin(), messages_.end(), made);
        const Term place = static_cast<Term>(known - messages_.begin());
        if (known == messages_.end()) messages_.push_back(made);
        return put(Node{HASHED, offset, place, 0, u256()});
    }

    // Leave out all terms but those that are asked for, and what they are made of. Tells where they have gone.
    void keep(const std::vector<Term*>& wanted) {
        std::vector<Term> moved(nodes_.size(), NONE);
        for (const Term* term : wanted) moved[*term] = 0;
        for (std::size_t place = nodes_.size(); place-- > 0;)
            if (moved[place] != NONE) for_each_part(nodes_[place], [&](Term& term) { moved[term] = 0; });
        std::vector<Node> kept;
        std::vector<Message> messages;
        for (std::size_t place = 0; place < nodes_.size(); ++place) {
            if (moved[place] == NONE) continue;
            Node node = nodes_[place];
            if (node.kind == HASHED) {
                messages.push_back(messages_[node.first]);
                node.first = static_cast<Term>(messages.size() - 1);
                for (Part& part : messages.back().parts) part.term = moved[part.term];
            } else {
                for_each_part(node, [&](Term& term) { term = moved[term]; });
            }
            moved[place] = static_cast<Term>(kept.size());
            kept.push_back(node);
        }
        nodes_.swap(kept);
        messages_.swap(messages);
        for (Term* term : wanted) *term = moved[*term];
    }

    // The address that a hash ends with.
    Term low(Term hash) { return is_constant(hash) ? constant(word_of(address_of(nodes_[hash].word))) : put(Node{LOW, 0, hash, 0, u256()}); }

    bool is_constant(Term term) const { return nodes_[term].kind == CONSTANT; }
    std::size_t size() const { return nodes_.size(); }

    void clear() {
        nodes_.clear();
        messages_.clear();
    }

    // All words for a call, by place in the table.
    void evaluate(const Call& call, const KnownState& state, std::vector<u256>& words) const {
        words.clear();
        words.reserve(nodes_.size());
        for (const Node& node : nodes_) words.push_back(word_of_node(node, call, state, words));
    }

  private:
    struct Node {
        Kind kind;
        std::uint64_t number;   // a place in the data, bits, or what is added
        Term first, second;     // LOADED: account and slot. HASHED: the message. LOW: the hash
        u256 word;

        bool operator==(const Node& other) const {
            return kind == other.kind && number == other.number && first == other.first && second == other.second && word == other.word;
        }
    };

    struct Message {
        std::uint8_t length;
        std::uint8_t bytes[HashPreimage::LONGEST];
        std::vector<Part> parts;

        bool operator==(const Message& other) const {
            return length == other.length && std::memcmp(bytes, other.bytes, length) == 0 && parts == other.parts;
        }
    };

    template <typename Visit>
    void for_each_part(Node& node, Visit visit) {
        if (node.kind == LOADED || node.kind == LOW) visit(node.first);
        if (node.kind == LOADED) visit(node.second);
        if (node.kind == HASHED)
            for (Part& part : messages_[node.first].parts) visit(part.term);
    }

    Term put(const Node& node) {
        for (Term place = 0; place < nodes_.size(); ++place)
            if (nodes_[place] == node) return place;
        nodes_.push_back(node);
        return static_cast<Term>(nodes_.size() - 1);
    }

    u256 word_of_node(const Node& node, const Call& call, const KnownState& state, const std::vector<u256>& words) const {
        switch (node.kind) {
            case SENDER: return word_of(call.sender);
            case RECIPIENT: return word_of(call.recipient);
            case WORD_AT: return call.bytes_at(node.number, 32);
            case ADDRESS_AT: return call.bytes_at(node.number, 20);
            case LOADED: return word_of(address_of(shift_right(state.slot(address_of(words[node.first]), words[node.second]), node.number)));
            case LOW: return word_of(address_of(words[node.first]));
            case HASHED: return hash(messages_[node.first], words) + u256(node.number);
            default: return node.word;
        }
    }

    static u256 hash(const Message& message, const std::vector<u256>& words) {
        std::uint8_t text[HashPreimage::LONGEST], word[32], digest[32];
        std::memcpy(text, message.bytes, message.length);
        for (const Part& part : message.parts) {
            words[part.term].store_be(word);
            std::memcpy(text + part.place, word + 32 - part.width, part.width);
        }
        keccak256(text, message.length, digest);
        return u256::load_be(digest);
    }

    std::vector<Node> nodes_;
    std::vector<Message> messages_;
};

}  // namespace samestate::evm

#endif
