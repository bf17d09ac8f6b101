// Transactions as they go over the network: legacy, version 0 and version 1. Nothing is copied: a message points into its bytes.
// Sources: solana-sdk short-vec, message, transaction; SIMD-0385 (version 1).

#ifndef SAMESTATE_SVM_MESSAGE_HPP
#define SAMESTATE_SVM_MESSAGE_HPP

#include "samestate/optimized/svm/room.hpp"
#include "samestate/optimized/svm/rules.hpp"

namespace samestate::svm {

struct Instruction {
    const uint8_t* accounts;    // indices of keys
    const uint8_t* data;
    uint32_t data_length;
    uint16_t account_count;
    uint8_t program;            // index of a key
    Known known;                // what that program is, where it is a known one
};

struct Lookup {
    const Address* table;
    const uint8_t* writable;    // indices of the table's addresses
    const uint8_t* readonly;
    uint16_t writable_count;
    uint16_t readonly_count;
};

// What version 1 has in the place of compute budget instructions.
struct Configuration {
    uint64_t priority_fee;
    uint32_t unit_limit;
    uint32_t loaded_limit;
    uint32_t heap;
};

enum class Version : uint8_t { LEGACY, ZERO, ONE };

struct Message {
    const uint8_t* start;       // what is signed
    uint32_t length;
    Version version;
    uint8_t required;           // signatures
    uint8_t readonly_signed;
    uint8_t readonly_unsigned;
    uint16_t signature_count;
    uint16_t key_count;         // static ones
    uint16_t instruction_count;
    uint16_t lookup_count;
    const uint8_t* signatures;
    const Address* keys;
    const uint8_t* blockhash;
    Instruction* instructions;
    Lookup* lookups;
    Configuration configuration;
};

// Takes bytes from the front. Once something is missing or malformed everything fails.
class Reader {
  public:
    Reader(const uint8_t* start, size_t length) : next_(start), end_(start + length) {}

    bool has_failed() const { return failed_; }
    size_t left() const { return static_cast<size_t>(end_ - next_); }
    const uint8_t* next() const { return next_; }

    const uint8_t* take(size_t length) {
        if (left() < length) {
            failed_ = true;
            return nullptr;
        }
        const uint8_t* taken = next_;
        next_ += length;
        return taken;
    }

    uint8_t take_byte() {
        const uint8_t* taken = take(1);
        return taken ? *taken : 0;
    }

    // A number of 16 bits in groups of 7, low first: one byte to three, and no longer than need be.
    uint16_t take_short() {
        uint32_t value = 0;
        for (int place = 0; place < 3; ++place) {
            const uint8_t* taken = take(1);
            if (taken == nullptr) return 0;
            if ((*taken == 0 && place > 0) || (place == 2 && *taken > 3)) break;
            value |= static_cast<uint32_t>(*taken & 0x7F) << 7 * place;
            if (*taken < 0x80) return static_cast<uint16_t>(value);
        }
        failed_ = true;
        return 0;
    }

  private:
    const uint8_t* next_;
    const uint8_t* end_;
    bool failed_ = false;
};

namespace wire {

inline bool read_header(Reader& reader, Message& message) {
    const uint8_t* header = reader.take(3);
    if (header == nullptr) return false;
    message.required = header[0];
    message.readonly_signed = header[1];
    message.readonly_unsigned = header[2];
    return true;
}

// What legacy messages and version 0 have in common, after the version.
inline bool read_body(Reader& reader, Message& message, Room& room) {
    if (!read_header(reader, message)) return false;
    message.key_count = reader.take_short();
    message.keys = reinterpret_cast<const Address*>(reader.take(32 * size_t{message.key_count}));
    message.blockhash = reader.take(32);
    message.instruction_count = reader.take_short();
    if (reader.has_failed() || message.instruction_count > reader.left() / 3) return false;
    message.instructions = room.take_many<Instruction>(message.instruction_count);
    for (size_t index = 0; index < message.instruction_count; ++index) {
        Instruction& instruction = message.instructions[index];
        instruction.program = reader.take_byte();
        instruction.account_count = reader.take_short();
        instruction.accounts = reader.take(instruction.account_count);
        instruction.data_length = reader.take_short();
        instruction.data = reader.take(instruction.data_length);
    }
    return !reader.has_failed();
}

inline bool read_lookups(Reader& reader, Message& message, Room& room) {
    message.lookup_count = reader.take_short();
    if (reader.has_failed() || message.lookup_count > reader.left() / 34) return false;
    message.lookups = room.take_many<Lookup>(message.lookup_count);
    for (size_t index = 0; index < message.lookup_count; ++index) {
        Lookup& lookup = message.lookups[index];
        lookup.table = reinterpret_cast<const Address*>(reader.take(32));
        lookup.writable_count = reader.take_short();
        lookup.writable = reader.take(lookup.writable_count);
        lookup.readonly_count = reader.take_short();
        lookup.readonly = reader.take(lookup.readonly_count);
    }
    return !reader.has_failed();
}

// The values of a mask, in the order of its bits. What is not there is 0, but for the heap.
inline bool read_configuration(Reader& reader, uint32_t mask, Configuration& configuration) {
    configuration = {0, 0, 0, 32768};
    if (mask & ~uint32_t{31} || (mask & 3) == 1 || (mask & 3) == 2) return false;
    if (mask & 3) {
        const uint8_t* value = reader.take(8);
        if (value == nullptr) return false;
        configuration.priority_fee = read_u64(value);
    }
    uint32_t* const fields[] = {&configuration.unit_limit, &configuration.loaded_limit, &configuration.heap};
    for (int bit = 2; bit < 5; ++bit) {
        if ((mask >> bit & 1) == 0) continue;
        const uint8_t* value = reader.take(4);
        if (value == nullptr) return false;
        *fields[bit - 2] = read_u32(value);
    }
    return true;
}

// A whole transaction of version 1: its signatures come last, as many as its header wants.
inline bool read_version_1(Reader& reader, Message& message, Room& room) {
    message.start = reader.next();
    message.version = Version::ONE;
    reader.take(1);
    if (!read_header(reader, message)) return false;
    const uint8_t* mask = reader.take(4);
    message.blockhash = reader.take(32);
    message.instruction_count = reader.take_byte();
    message.key_count = reader.take_byte();
    message.keys = reinterpret_cast<const Address*>(reader.take(32 * size_t{message.key_count}));
    if (reader.has_failed() || !read_configuration(reader, read_u32(mask), message.configuration)) return false;
    message.instructions = room.take_many<Instruction>(message.instruction_count);
    const uint8_t* heads = reader.take(4 * size_t{message.instruction_count});
    if (heads == nullptr && message.instruction_count) return false;
    for (size_t index = 0; index < message.instruction_count; ++index) {
        Instruction& instruction = message.instructions[index];
        instruction.program = heads[4 * index];
        instruction.account_count = heads[4 * index + 1];
        instruction.data_length = heads[4 * index + 2] | heads[4 * index + 3] << 8;
        instruction.accounts = reader.take(instruction.account_count);
        instruction.data = reader.take(instruction.data_length);
    }
    message.length = static_cast<uint32_t>(reader.next() - message.start);
    message.signature_count = message.required;
    message.signatures = reader.take(64 * size_t{message.required});
    return !reader.has_failed() && reader.left() == 0;
}

}  // namespace wire

// Decodes a transaction; false where its bytes are none.
inline bool decode(const uint8_t* bytes, size_t length, Message& message, Room& room) {
    Reader reader(bytes, length);
    message = Message{};
    if (length && bytes[0] == 0x81) return wire::read_version_1(reader, message, room);
    message.signature_count = reader.take_short();
    message.signatures = reader.take(64 * size_t{message.signature_count});
    if (reader.has_failed() || reader.left() == 0) return false;
    message.start = reader.next();
    message.length = static_cast<uint32_t>(reader.left());
    if (*message.start & 0x80) {
        if (reader.take_byte() != 0x80) return false;
        message.version = Version::ZERO;
        return wire::read_body(reader, message, room) && wire::read_lookups(reader, message, room) && reader.left() == 0;
    }
    return wire::read_body(reader, message, room) && reader.left() == 0;
}

// Whether a message is well formed beyond its encoding. Source: sanitize() of each kind of message, and of transactions.
inline bool is_sane(const Message& message, size_t length) {
    if (length > (message.version == Version::ONE ? LONGEST_VERSION_1 : LONGEST_PACKET)) return false;
    if (message.instruction_count > MOST_INSTRUCTIONS) return false;
    if (message.required + message.readonly_unsigned > message.key_count) return false;
    if (message.readonly_signed >= message.required) return false;
    if (message.signature_count != message.required) return false;
    size_t keys = message.key_count;
    for (size_t index = 0; index < message.lookup_count; ++index) {
        const Lookup& lookup = message.lookups[index];
        const size_t loaded = size_t{lookup.writable_count} + lookup.readonly_count;
        if (loaded == 0) return false;
        keys += loaded;
    }
    if (keys > MOST_ACCOUNTS) return false;
    for (size_t index = 0; index < message.instruction_count; ++index) {
        const Instruction& instruction = message.instructions[index];
        if (instruction.program == 0 || instruction.program >= message.key_count) return false;
        if (instruction.account_count > MOST_INSTRUCTION_ACCOUNTS) return false;
        for (size_t place = 0; place < instruction.account_count; ++place)
            if (instruction.accounts[place] >= keys) return false;
    }
    if (message.version != Version::ONE) return true;
    if (message.required > 12 || message.key_count > 64) return false;
    for (size_t one = 0; one < message.key_count; ++one)
        for (size_t other = 0; other < one; ++other)
            if (message.keys[one] == message.keys[other]) return false;
    const uint32_t heap = message.configuration.heap;
    return heap >= 32768 && heap <= 262144 && heap % 1024 == 0;
}

}  // namespace samestate::svm

#endif
