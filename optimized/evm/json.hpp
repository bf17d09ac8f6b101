// JSON as fixtures are written in it, read where it lies: each value is a place in the text, and nothing is copied.
//
// What is read here is a part of JSON (RFC 8259): ASCII alone, whole numbers alone, not nested deeply, no name twice in an
// object. Whatever else a text is, right or wrong, is not read, and no reason is given: somebody else reads it then.

#ifndef SAMESTATE_EVM_JSON_HPP
#define SAMESTATE_EVM_JSON_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace samestate::evm {

enum class JsonKind : std::uint8_t { object, list, string, number, yes, no, null };

// A value, and where in the text it is: a string without its quotes, all else whole.
struct JsonValue {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t next;       // the value that follows it and all that is in it
    std::uint32_t count;      // how many elements it has, or members, of which each is a name and a value
    JsonKind kind;
    bool is_escaped;          // a string that stands for another text than the one between its quotes
};

class Json {
public:
    // No member: nothing refers to the outermost value but who has read it.
    static constexpr std::uint32_t NOWHERE = 0;

    // Reads a text, which stays where it is as long as the values are used. False where it is not read.
    bool read(const char* text, std::size_t length) {
        text_ = text;
        values_.clear();
        if (length > UINT32_MAX / 2) return false;
        end_ = static_cast<std::uint32_t>(length);
        place_ = 0;
        values_.reserve(length / 48);
        skip_space();
        if (!value(0)) return false;
        skip_space();
        return place_ == end_;
    }

    std::size_t size() const { return values_.size(); }
    const JsonValue& operator[](std::uint32_t value) const { return values_[value]; }
    bool is(std::uint32_t value, JsonKind kind) const { return values_[value].kind == kind; }

    std::string_view text(std::uint32_t value) const {
        return {text_ + values_[value].begin, values_[value].end - values_[value].begin};
    }

    // Whether it is a string that stands for just these characters.
    bool is_plain(std::uint32_t value) const { return is(value, JsonKind::string) && !values_[value].is_escaped; }

    // The member of that name; NOWHERE where there is none, or it is null, or the value is no object.
    std::uint32_t find(std::uint32_t object, std::string_view name) const {
        if (!is(object, JsonKind::object)) return NOWHERE;
        std::uint32_t member = object + 1;
        for (std::uint32_t i = 0; i < values_[object].count; i++) {
            if (text(member) == name) return is(member + 1, JsonKind::null) ? NOWHERE : member + 1;
            member = values_[member + 1].next;
        }
        return NOWHERE;
    }

private:
    static constexpr int DEPTH = 48;
    static constexpr std::uint32_t DIGITS = 64;   // of a number: more are left to others
    static constexpr std::uint32_t FEW = 24;      // names that are compared with each other

    bool value(int depth) {
        if (place_ == end_ || depth > DEPTH) return false;
        switch (text_[place_]) {
            case '{': return object(depth);
            case '[': return list(depth);
            case '"': return string();
            case 't': return word("true", JsonKind::yes);
            case 'f': return word("false", JsonKind::no);
            case 'n': return word("null", JsonKind::null);
            default: return number();
        }
    }

    std::uint32_t begin(JsonKind kind) {
        values_.push_back({place_, 0, 0, 0, kind, false});
        return static_cast<std::uint32_t>(values_.size() - 1);
    }

    bool finish(std::uint32_t value, std::uint32_t end, std::uint32_t count) {
        values_[value].end = end;
        values_[value].next = static_cast<std::uint32_t>(values_.size());
        values_[value].count = count;
        return true;
    }

    bool object(int depth) {
        const std::uint32_t itself = begin(JsonKind::object);
        std::uint32_t count = 0;
        place_++;
        skip_space();
        if (place_ < end_ && text_[place_] == '}') return finish(itself, ++place_, 0);
        for (;;) {
            if (place_ == end_ || text_[place_] != '"' || !string() || values_.back().is_escaped) return false;
            skip_space();
            if (place_ == end_ || text_[place_++] != ':') return false;
            skip_space();
            if (!value(depth + 1)) return false;
            count++;
            skip_space();
            if (place_ == end_) return false;
            const char follows = text_[place_++];
            if (follows == '}') return finish(itself, place_, count) && !has_name_twice(itself);
            if (follows != ',') return false;
            skip_space();
        }
    }

    bool list(int depth) {
        const std::uint32_t itself = begin(JsonKind::list);
        std::uint32_t count = 0;
        place_++;
        skip_space();
        if (place_ < end_ && text_[place_] == ']') return finish(itself, ++place_, 0);
        for (;;) {
            if (!value(depth + 1)) return false;
            count++;
            skip_space();
            if (place_ == end_) return false;
            const char follows = text_[place_++];
            if (follows == ']') return finish(itself, place_, count);
            if (follows != ',') return false;
            skip_space();
        }
    }

    bool string() {
        place_++;
        const std::uint32_t itself = begin(JsonKind::string);
        for (;;) {
            place_ = skip_plain(place_);
            if (place_ == end_) return false;
            const unsigned char character = static_cast<unsigned char>(text_[place_]);
            if (character == '"') return finish(itself, place_++, 0);
            if (character != '\\' || !skip_escape()) return false;
            values_[itself].is_escaped = true;
        }
    }

    // Where a string has a quote, a backslash, or what it must not have. Most are long: eight characters at once.
    std::uint32_t skip_plain(std::uint32_t place) const {
        constexpr std::uint64_t ONES = 0x0101010101010101, HIGH = 0x8080808080808080;
        while (end_ - place >= 8) {
            std::uint64_t eight;
            std::memcpy(&eight, text_ + place, 8);
            const std::uint64_t quote = eight ^ (ONES * '"'), backslash = eight ^ (ONES * '\\');
            const std::uint64_t found = ((eight - ONES * 0x20) | (quote - ONES) | (backslash - ONES) | eight) & HIGH;
            if (found) break;
            place += 8;
        }
        while (place < end_) {
            const unsigned char character = static_cast<unsigned char>(text_[place]);
            if (character < 0x20 || character >= 0x80 || character == '"' || character == '\\') break;
            place++;
        }
        return place;
    }

    bool skip_escape() {
        if (end_ - place_ < 2) return false;
        const char kind = text_[place_ + 1];
        place_ += 2;
        if (kind != 'u') return kind && std::strchr("\"\\/bfnrt", kind) != nullptr;
        if (end_ - place_ < 4) return false;
        for (int i = 0; i < 4; i++, place_++) {
            const char digit = text_[place_];
            const bool is_digit = (digit >= '0' && digit <= '9') || ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f');
            if (!is_digit) return false;
        }
        return true;
    }

    bool word(const char* expected, JsonKind kind) {
        const std::uint32_t length = static_cast<std::uint32_t>(std::strlen(expected));
        if (end_ - place_ < length || std::memcmp(text_ + place_, expected, length) != 0) return false;
        const std::uint32_t itself = begin(kind);
        return finish(itself, place_ += length, 0);
    }

    bool number() {
        const std::uint32_t itself = begin(JsonKind::number);
        if (text_[place_] == '-') place_++;
        const std::uint32_t first = place_;
        while (place_ < end_ && text_[place_] >= '0' && text_[place_] <= '9') place_++;
        const std::uint32_t digits = place_ - first;
        if (digits == 0 || digits > DIGITS || (digits > 1 && text_[first] == '0')) return false;
        if (place_ < end_ && std::strchr(".eE", text_[place_]) != nullptr) return false;
        return finish(itself, place_, 0);
    }

    void skip_space() {
        while (place_ < end_) {
            const char character = text_[place_];
            if (character != ' ' && character != '\n' && character != '\r' && character != '\t') return;
            place_++;
        }
    }

    // Whether an object has a name twice. Names are told apart by their length and last characters; then by all.
    bool has_name_twice(std::uint32_t object) {
        const std::uint32_t count = values_[object].count;
        if (count < 2) return false;
        names_.clear();
        std::uint32_t member = object + 1;
        for (std::uint32_t i = 0; i < count; i++) {
            names_.push_back({mark_of(text(member)), member});
            member = values_[member + 1].next;
        }
        if (count <= FEW) {
            for (std::uint32_t i = 1; i < count; i++)
                for (std::uint32_t j = 0; j < i; j++)
                    if (names_[i].mark == names_[j].mark && text(names_[i].value) == text(names_[j].value)) return true;
            return false;
        }
        std::uint32_t room = 64;
        while (room < 2 * count) room *= 2;
        table_.assign(room, NOWHERE);
        for (const Name& name : names_) {
            std::uint32_t slot = static_cast<std::uint32_t>(name.mark * 0x9E3779B97F4A7C15u >> 32) & (room - 1);
            for (; table_[slot] != NOWHERE; slot = (slot + 1) & (room - 1))
                if (text(table_[slot]) == text(name.value)) return true;
            table_[slot] = name.value;
        }
        return false;
    }

    static std::uint64_t mark_of(std::string_view name) {
        std::uint64_t mark = 0;
        const std::size_t length = name.size() < 8 ? name.size() : 8;
        std::memcpy(&mark, name.data() + name.size() - length, length);
        return mark + name.size() * 0xD6E8FEB86659FD93u;
    }

    struct Name {
        std::uint64_t mark;
        std::uint32_t value;
    };

    const char* text_ = nullptr;
    std::uint32_t end_ = 0;
    std::uint32_t place_ = 0;
    std::vector<JsonValue> values_;
    std::vector<Name> names_;
    std::vector<std::uint32_t> table_;
};

}  // namespace samestate::evm

#endif
