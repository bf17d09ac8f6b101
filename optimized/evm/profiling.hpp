// Where the gas and the time of a block go: by instruction in its place in the tree of calls, by slot, and by transaction.
//
// The hooks are the tracer's, of the instantiation that whoever wants nothing never enters. Looking at the clock takes time itself: what
// one look takes is found out first, and taken off every instruction.

#ifndef SAMESTATE_EVM_PROFILING_HPP
#define SAMESTATE_EVM_PROFILING_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/native/prices.hpp"

namespace samestate::evm {

class Profiler {
  public:
    // Calls in more places than that are counted where their callers are.
    static constexpr std::size_t MOST_NODES = 4096;
    static constexpr std::size_t MOST_SLOTS = std::size_t{1} << 16;

    // What ends a frame beside its instructions: a precompile, code that is paid for, gas that is burnt.
    static constexpr int FRAME_END = 256;
    static constexpr int ENTRIES = 257;

    void begin_block() {
        *this = Profiler();
        clock_cost_ = cost_of_a_look();
    }

    void begin_transaction() {
        path_.clear();
        is_open_ = false;
        began_ = now();
        recovered_ = began_;
    }

    // It is known who has sent the transaction.
    void know_sender() { recovered_ = now(); }

    void end_transaction(std::uint64_t transaction) {
        const std::uint64_t end = now();
        transactions_.push_back({transaction, recovered_ - began_, end - recovered_, instructions_});
        instructions_ = 0;
    }

    // The outermost frame has its gas.
    void start(const Frame& frame) {
        given_ = budget_of(frame);
        since_ = now();
    }

    // An instruction is about to be executed. What was before it in its frame has ended, and so has the frame that this has called.
    void step(const Frame& frame, std::uint8_t opcode) {
        const std::uint64_t looked = now();
        if (path_.empty()) {
            path_.push_back({node_of(NONE, frame, frame.self->address, 0), given_, 0});
        } else if (path_.size() > frame.depth + 1u) {
            end_frame(budget_of(frame) - path_.back().kept, looked);
        } else if (is_open_) {
            finish(gas_ - budget_of(frame), looked);
        }
        is_open_ = frame.code->size > 0;    // where there is none, nothing is executed
        opcode_ = opcode;
        gas_ = budget_of(frame);
        self_ = &frame;
        const bool has_operands = frame.top - frame.stack >= STACK_USES[opcode].takes;
        is_slot_ = has_operands && (opcode == SLOAD || opcode == SSTORE);
        if (is_slot_) slot_ = SlotKey{frame.self->address, frame.top[-1]};
        const bool is_call = opcode == CALL || opcode == CALLCODE || opcode == DELEGATECALL || opcode == STATICCALL;
        if (has_operands && is_call) callee_ = address_of(frame.top[-2]);
        since_ = now();
    }

    // A frame is about to begin that the instruction has called.
    void enter(const Frame& caller, const Frame& callee) {
        if (!is_open_) return;
        finish(gas_ - budget_of(caller) - budget_of(callee), now());
        const Address code = callee.is_creation ? callee.self->address : callee_;
        path_.push_back({node_of(path_.back().node, callee, code, opcode_), budget_of(callee), budget_of(caller)});
        since_ = now();
    }

    // The frame's last instruction has ended it.
    void leave(const Frame& frame) {
        if (!is_open_ || self_ != &frame) return;
        finish(gas_ - budget_of(frame), now());
        since_ = now();
    }

    // The transaction's code has ended, with that in its outermost frame.
    void conclude(const Frame& outermost) {
        if (path_.empty()) path_.push_back({node_of(NONE, outermost, outermost.self->address, 0), given_, 0});
        end_frame(budget_of(outermost), now());
    }

    // All of it, a line each: of nodes, of instructions below them, of slots, of transactions.
    std::string lines(const Rules& rules, std::string (*mnemonic)(const Rules&, std::uint8_t)) const {
        std::string text;
        for (std::size_t number = 0; number < nodes_.size(); ++number) {
            const Node& node = nodes_[number];
            text += "node " + std::to_string(number) + ' ' + std::to_string(static_cast<std::int64_t>(node.parent)) + ' ' +
                    (node.opcode ? mnemonic(rules, node.opcode) : node.is_creation ? "CREATION" : "TRANSACTION") + ' ';
            add_hex(text, node.code.bytes, 20);
            text += ' ';
            if (node.is_creation) text += "creation";
            else if (node.is_precompile) text += "precompile";
            else if (node.has_selector) add_hex(text, node.selector, 4);
            else text += '-';
            text += ' ' + std::to_string(node.calls) + '\n';
            for (int entry = 0; entry < ENTRIES; ++entry) {
                const Spent& spent = node.spent[static_cast<std::size_t>(entry)];
                if (!spent.count) continue;
                text += "instruction " + std::to_string(number) + ' ' +
                        (entry == FRAME_END ? "-" : mnemonic(rules, static_cast<std::uint8_t>(entry))) + ' ';
                add(text, spent);
            }
        }
        for (const auto& [key, spent] : slots_) {
            std::uint8_t bytes[32];
            key.slot.store_be(bytes);
            text += "slot ";
            add_hex(text, key.address.bytes, 20);
            text += ' ';
            add_hex(text, bytes, 32);
            text += ' ' + std::to_string(spent.writes) + ' ';
            add(text, spent);
        }
        for (const Transaction& each : transactions_) {
            text += "transaction " + std::to_string(each.number) + ' ' + std::to_string(each.sender_ns) + ' ' + std::to_string(each.ns) +
                    ' ' + std::to_string(each.instructions) + '\n';
        }
        text += "clock " + std::to_string(clock_cost_) + '\n';
        return text;
    }

  private:
    static constexpr std::size_t NONE = SIZE_MAX;

    struct Spent {
        std::uint64_t count = 0;
        std::int64_t gas = 0;
        std::uint64_t ns = 0;
    };
    struct Node {
        std::size_t parent = NONE;
        std::uint8_t opcode = 0;    // which called it; 0: a transaction did
        Address code{};             // whose code it is; of a delegation that of the account which delegates
        std::uint8_t selector[4] = {};
        bool has_selector = false, is_creation = false, is_precompile = false;
        std::uint64_t calls = 0;
        std::vector<Spent> spent = std::vector<Spent>(ENTRIES);
        std::vector<std::size_t> below;
    };
    struct SlotKey {
        Address address;
        u256 slot;
        bool operator<(const SlotKey& other) const { return address != other.address ? address < other.address : slot < other.slot; }
    };
    struct SlotSpent : Spent {
        std::uint64_t writes = 0;
    };
    struct Transaction {
        std::uint64_t number, sender_ns, ns, instructions;
    };
    struct Place {
        std::size_t node;
        std::int64_t given;     // gas, with the state gas that went along
        std::int64_t kept;      // what its caller has kept meanwhile
        std::int64_t counted = 0;
    };

    static std::uint64_t now() {
        timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        return static_cast<std::uint64_t>(time.tv_sec) * 1000000000u + static_cast<std::uint64_t>(time.tv_nsec);
    }

    static std::uint64_t cost_of_a_look() {
        std::uint64_t least = UINT64_MAX;
        for (int time = 0; time < 64; ++time) {
            const std::uint64_t before = now();
            for (int look = 0; look < 16; ++look) now();
            least = std::min(least, (now() - before) / 17);
        }
        return least;
    }

    // Gas, and state gas (EIP-8037): all that a frame can spend.
    static std::int64_t budget_of(const Frame& frame) { return frame.gas + frame.reservoir; }

    std::size_t node_of(std::size_t parent, const Frame& frame, const Address& code, std::uint8_t opcode) {
        const bool is_precompile = frame.precompile != Precompile::none;
        const bool has_selector = !frame.is_creation && !is_precompile && frame.code->size > 0 && frame.input_length >= 4;
        const std::vector<std::size_t>& known = parent == NONE ? roots_ : nodes_[parent].below;
        for (std::size_t number : known) {
            Node& node = nodes_[number];
            const bool is_alike = node.opcode == opcode && node.is_creation == frame.is_creation && node.has_selector == has_selector;
            const bool is_same = frame.is_creation || (node.code == code && (!has_selector || !std::memcmp(node.selector, frame.input, 4)));
            if (is_alike && is_same) {
                ++node.calls;
                return number;
            }
        }
        if (nodes_.size() >= MOST_NODES) return parent == NONE ? 0 : parent;
        Node made;
        made.parent = parent;
        made.opcode = opcode;
        made.code = code;
        made.has_selector = has_selector;
        if (has_selector) std::memcpy(made.selector, frame.input, 4);
        made.is_creation = frame.is_creation;
        made.is_precompile = is_precompile;
        made.calls = 1;
        nodes_.push_back(std::move(made));
        (parent == NONE ? roots_ : nodes_[parent].below).push_back(nodes_.size() - 1);
        return nodes_.size() - 1;
    }

    // The open instruction has ended, having spent so much.
    void finish(std::int64_t gas, std::uint64_t looked) {
        is_open_ = false;
        ++instructions_;
        const std::uint64_t passed = looked - since_;
        const std::uint64_t ns = passed > clock_cost_ ? passed - clock_cost_ : 0;
        Place& place = path_.back();
        place.counted += gas;
        count(nodes_[place.node].spent[opcode_], gas, ns);
        if (!is_slot_ || (slots_.size() >= MOST_SLOTS && !slots_.count(slot_))) return;
        SlotSpent& spent = slots_[slot_];
        count(spent, gas, ns);
        spent.writes += opcode_ == SSTORE;
    }

    // The frame has ended that was entered last: what it has spent beside its instructions is known now. `back` is what came back of
    // what was given to it.
    void end_frame(std::int64_t back, std::uint64_t looked) {
        const Place place = path_.back();
        path_.pop_back();
        const std::int64_t spent = place.given - back;
        const std::int64_t rest = spent - place.counted;
        Node& node = nodes_[place.node];
        if (rest || node.is_precompile) count(node.spent[FRAME_END], rest, looked > since_ + clock_cost_ ? looked - since_ - clock_cost_ : 0);
        if (!path_.empty()) path_.back().counted += spent;
    }

    static void count(Spent& spent, std::int64_t gas, std::uint64_t ns) {
        ++spent.count;
        spent.gas += gas;
        spent.ns += ns;
    }

    static void add(std::string& text, const Spent& spent) {
        text += std::to_string(spent.count) + ' ' + std::to_string(spent.gas) + ' ' + std::to_string(spent.ns) + '\n';
    }

    static void add_hex(std::string& text, const std::uint8_t* bytes, int length) {
        static const char digits[] = "0123456789abcdef";
        text += "0x";
        for (int place = 0; place < length; ++place) {
            text += digits[bytes[place] >> 4];
            text += digits[bytes[place] & 15];
        }
    }

    std::vector<Node> nodes_;
    std::vector<std::size_t> roots_;
    std::map<SlotKey, SlotSpent> slots_;
    std::vector<Transaction> transactions_;
    std::uint64_t clock_cost_ = 0;

    // The transaction at hand: the frames that are open, and the instruction.
    std::vector<Place> path_;
    std::uint64_t began_ = 0, recovered_ = 0, since_ = 0, instructions_ = 0;
    bool is_open_ = false, is_slot_ = false;
    std::uint8_t opcode_ = 0;
    std::int64_t gas_ = 0, given_ = 0;
    const Frame* self_ = nullptr;
    SlotKey slot_{};
    Address callee_{};
};

}  // namespace samestate::evm

#endif
