"""The hazards of the EVM and of every strategy that executes its blocks in parallel."""

from __future__ import annotations

from typing import Final

from samestate.conformance.hazards.hazard import Hazard, HazardGroup, Standing

C, U, B, D = Standing.CONFIRMED, Standing.REPORTED, Standing.REVIEWED, Standing.DERIVED


def _of(group: HazardGroup, *hazards: tuple[str, Standing, str, str]) -> tuple[Hazard, ...]:
    return tuple(Hazard(id_, group, standing, sentence, source) for id_, standing, sentence, source in hazards)


ORDER: Final = _of(
    HazardGroup.ORDER,
    ("H01", C, "Transactions of one sender, executed in another order than their nonces', are all valid in theirs.",
     "pevm#221, ethermint#508"),
    ("H02", U, "A nonce that is left out in mid-block rejects the block; nothing waits for it.",
     "pevm#406, #408, #400"),
    ("H03", C, "A nonce that is too high ends the transaction before the sender's nonce moves.", "sei#2963"),
    ("H04", D, "A sender can pay only because an earlier transaction paid it, or cannot because one took it away: "
     "gas, value and blobs.", "yellow paper, section 6.2; EIP-4844"),
    ("H05", C, "The gas limit of a transaction must fit what the block has left, even where what it uses would fit.",
     "ethrex#6341, sei#3583"),
    ("H06", C, "A transaction may have more gas than the block has state gas left, although it uses little of it.",
     "reth#26718; EIP-8037"),
    ("H07", D, "A sender gets code or a delegation from an earlier transaction of its block.", "EIP-3607, EIP-7702"),
    ("H08", D, "Only the last transaction's blobs are more than the block may have.", "EIP-4844"),
    ("H09", D, "The cap on a transaction's gas is met just, or exceeded by one.", "EIP-7825"),
    ("H10", C, "A delegated sender is called by somebody else and creates: its nonce moves between its transactions.",
     "bor#2383"),
    ("H11", C, "Where the floor of the data is what counts the receipt must say so on every way out.", "sei#3768"),
)  # fmt: skip

FEES: Final = _of(
    HazardGroup.FEES,
    ("H12", C, "The coinbase sends a transaction itself: fees that are added late must not pass over its nonce.",
     "pevm#188"),
    ("H13", U, "Code that looks at the coinbase's balance sees the fees of all transactions before its own.",
     "besu#7296"),
    ("H14", C, "No fee for a coinbase that is not there makes no account.", "besu#8353"),
    ("H15", C, "The list has the coinbase's balance after each transaction, and not the one from before the block.",
     "besu#9352"),
    ("H16", U, "The coinbase pays fees to itself, which come to nothing.", "sei#3938"),
    ("H17", C, "The coinbase destroys itself before it gets the fee of that transaction.", "erigon#23967"),
    ("H18", D, "The coinbase is a withdrawal's recipient, a creation's target, a beneficiary or an authority as well.",
     "EIP-4895, EIP-1014, EIP-6780, EIP-7702"),
    ("H19", C, "A fee is paid to an account whose nonce or code was set by the same transaction: it is not empty.",
     "erigon#21590"),
)  # fmt: skip

DESTRUCTION: Final = _of(
    HazardGroup.DESTRUCTION,
    ("H20", C, "A contract is destroyed, created again and called by three transactions (mainnet block 11133845).",
     "grevm#62"),
    ("H21", C, "A contract was destroyed and is there again: that its slots were wiped in between is easily missed.",
     "erigon#23032"),
    ("H22", C, "A slot has the same value before and after a destruction, by another writer: a read is not valid by "
     "its value.", "bor#2290"),
    ("H23", U, "A destroyed account comes back by a transfer: its nonce is zero.", "erigon#23206"),
    ("H24", U, "Value arrives after the destruction within the same transaction, and a later one reads the balance.",
     "bor#2403"),
    ("H25", C, "A call without value to a destroyed account must not bring it back empty.", "erigon#21136"),
    ("H26", C, "A destruction is reverted: what the transaction did to the balance before it stays.", "erigon#22419"),
    ("H27", B, "The mark of a destruction is a write too: an estimate that is left of it misleads the next reader.",
     "bor#2210"),
    ("H28", C, "An account is destroyed to which credits are still to be added.", "pevm#219, #224, #232"),
    ("H29", C, "A creation goes to the address that an earlier transaction has destroyed or made.",
     "erigon#21136, metis-sdk#208"),
    ("H30", C, "A creation goes to an address with a balance, which stays.", "bor#1382"),
    ("H31", C, "The slots of a destroyed account are zero for whoever comes later.", "revm#3573"),
    ("H32", D, "A contract names itself as beneficiary: before Cancun that burns what it has, since then nothing "
     "happens.", "EIP-6780"),
    ("H33", U, "Logs tell of balances: they can be wrong where the state root is right.", "bor#2268"),
)  # fmt: skip

CODE: Final = _of(
    HazardGroup.CODE,
    ("H34", U, "An account delegates to one contract and then to another: calls run that of their time.", "pevm#518"),
    ("H35", C, "Code and its hash, or its jump destinations, are of different delegations.", "bor#2270, #2264"),
    ("H36", C, "Which code a call runs is read, and belongs to what a transaction depends on.", "erigon#22513"),
    ("H37", C, "A sender brings its own authorization: its nonce moves by two.", "grevm#102, gravity-reth#345"),
    ("H38", C, "A destruction, a creation and a delegation meet at one address.", "grevm#105"),
    ("H39", D, "A delegation is cleared, leads to a precompile, to another delegation or to itself, and somebody looks "
     "at it.", "EIP-7702"),
    ("H40", U, "A contract must not look like an account without code because its record is used for another.",
     "erigon#19062"),
)  # fmt: skip

SYSTEM: Final = _of(
    HazardGroup.SYSTEM,
    ("H41", C, "Workers share what they know of ancestors' hashes, and spoil it for one another.", "geth#35441"),
    ("H42", C, "The hashes of the nearest ancestors are those of a block that is not yet written.", "erigon#20037"),
    ("H43", B, "What the opening calls have stored must not be read from before them.", "bor#2210"),
    ("H44", C, "Transactions of a block read what the block before it has left, all of it.", "erigon#19891"),
    ("H45", C, "A system contract comes with the fork, or is missing in it.", "erigon#21136"),
    ("H46", D, "Withdrawals come after the transactions: to destroyed accounts, to empty ones, and of nothing.",
     "EIP-4895"),
    ("H47", U, "What closes a block must not overtake transactions that still run.", "agave#12698"),
    ("H48", C, "The system's own address is kept, or made, although it is empty.", "erigon#21916"),
    ("H49", B, "What was remembered of code outlives blocks that do not follow one another.", "aptos#20293"),
)  # fmt: skip

RECEIPTS: Final = _of(
    HazardGroup.RECEIPTS,
    ("H50", C, "Logs are counted through the whole block, whatever the batches are.", "erigon#22106"),
    ("H51", U, "A receipt has another status, other gas or other logs, although the state is right.", "erigon#22142"),
    ("H52", C, "Receipts count gas after refunds, and the block before them.", "geth#33765; EIP-7778"),
    ("H53", D, "The block's bloom holds the logs of all receipts, those of transfers too.",
     "yellow paper, section 4.4.1; EIP-7708"),
    ("H54", D, "What is warm, what is refunded and what is transient begins anew with each transaction, and with each "
     "time that it runs.", "EIP-2929, EIP-3529, EIP-1153"),
    ("H55", U, "A transaction that fails leaves its nonce and its fee, and nothing else.", "bor#1846"),
    ("H56", B, "Transactions of one batch that conflict share one record of the balances before it.", "agave#4253"),
)  # fmt: skip

SCHEDULING: Final = _of(
    HazardGroup.SCHEDULING,
    ("H57", C, "A transaction is aborted and woken at once, and the gate of commits stays shut.", "aptos#19667"),
    ("H58", C, "What fails on a state that is not final has not failed yet.", "aptos#14575"),
    ("H59", U, "A late wake-up starts a transaction anew before its writes have become estimates.", "nethermind#9803"),
    ("H60", C, "A limit on how often a transaction may run rejects a valid block.", "erigon#21231"),
    ("H61", C, "Transactions wait for one another although they touch nothing in common (which costs only time).",
     "erigon#21240"),
    ("H62", C, "A transaction that must run again, since what it read has changed, is forgotten.", "metis-sdk#145"),
    ("H63", D, "A state that never was leads to endless loops, huge memory, the deepest calls and fees below zero.",
     "Block-STM, speculation"),
    ("H64", C, "Two workers write one table at a time, and the engine dies.", "bor#1174"),
    ("H65", C, "Bad input, or a scheduler that panics, is an error, and never half a success.", "erigon#23967"),
)  # fmt: skip

ACCESS_LISTS: Final = _of(
    HazardGroup.ACCESS_LISTS,
    ("H66", C, "A proposed list leaves out something, such as what a system call reads, and is taken.", "ethrex#7109"),
    ("H67", C, "A proposed list has an entry that says nothing, or calls a write a read, and is taken.", "ethrex#6995"),
    ("H68", C, "Withdrawals and other changes stand at the wrong index, or those of transactions that were rejected.",
     "ethrex#6317"),
    ("H69", C, "What a worker recorded of a run that was aborted gets into the list.", "erigon#21654"),
    ("H70", C, "A slot that was written in a frame that reverted was read.", "erigon#23541"),
    ("H71", C, "A precompile that was called belongs on the list, the third one too.", "erigon#23670"),
    ("H72", C, "What a transaction reads after its own write is not the value from before the block.", "erigon#20843"),
    ("H73", C, "Two calls of the opening cancel one another: that is a read, and no change.", "execution-specs#3566"),
    ("H74", C, "A block is judged by the list of another block.", "erigon#20392"),
    ("H75", U, "Accounts that become empty vanish too where the state is taken from the list.", "geth#33735"),
    ("H76", C, "A call accesses the code that an account delegates to before it is seen that its value is not there.",
     "nimbus-eth1#4240"),
    ("H77", C, "A list claims code that can't be deployed: the block is invalid, and nothing crashes.",
     "reth, its verdict on proposed lists"),
)  # fmt: skip

SINCE: Final = _of(
    HazardGroup.SINCE,
    ("H126", C, "What an authorization gets back, or pays, for an account that is there and empty, was touched, or has "
     "storage alone.", "revm#2938, erigon#22768; OP Mainnet, June 2025"),
    ("H127", C, "Two calls of the closing cancel one another: that is a read, and no change.", "geth#35776"),
    ("H128", C, "An account is created, written and destroyed twice in a block, and the list says what stays of that.",
     "execution-specs#3475, erigon#23407"),
    ("H129", C, "A nonce is one below its last value: a delegated sender may use it, and nobody goes on after it.",
     "evmone#1511; EIP-2681"),
    ("H130", C, "Sums of fees go beyond 128 and 256 bits, and prices of blobs beyond 64.", "evmone#1480, revm#3923"),
    ("H131", C, "An authorization has a parity above 1, an s in the upper half, or another part that signs nothing.",
     "evmone#1444"),
    ("H132", C, "Code begins like the designator of a delegation, and is none.", "erigon#20684, #21001"),
    ("H133", C, "The deposit contract logs something that is no deposit, or none that is laid out rightly.",
     "besu#8381"),
    ("H134", C, "An account or slot is recorded before its access can be paid, or a static context is seen too late.",
     "erigon#21574, EIPs#10866"),
    ("H135", C, "An address with a balance is created and destroyed within a transaction: what the list says of it.",
     "EIPs#10450"),
    ("H136", D, "A block is full in one dimension of gas and not in the other; a revert gives state gas back.",
     "EIP-8037"),
    ("H137", D, "An account that was destroyed by its creating transaction keeps its balance, and somebody reads it.",
     "EIP-8246"),
    ("H138", C, "A transaction is valid only because of an authorization earlier in its block.",
     "the pools of anvil and EDR"),
    ("H139", D, "Logs of value that moves stand among others, in the order of execution, through the whole block.",
     "EIP-7708"),
    ("H140", C, "The headers of a witness are no chain: the hash of an ancestor is made up.",
     "nimbus-eth1#4400, paradigmxyz/stateless#22"),
    ("H141", C, "A creation whose endowment is not there is charged for its account all the same.",
     "@ethereumjs/vm 10.1.3, run beside geth 1.17.10 and revm 43.0.3"),
    ("H142", C, "Value goes to a precompile without an account, and its run fails: what the account cost is burnt.",
     "@ethereumjs/vm 10.1.3, run beside geth 1.17.10 and revm 43.0.3"),
    ("H143", C, "A halt burns the gas that is left and gives the reservoir of state gas back.",
     "@ethereumjs/vm 10.1.3, run beside geth 1.17.10 and revm 43.0.3"),
    ("H144", C, "A gas limit is 2^32 - 1, or one more.", "revm 43.0.3 and @ethereumjs/vm 10.1.3; EIP-8037"),
    ("H145", C, "Blobs are priced by the parent's excess, or by the schedule of another fork.", "revme 43.0.3"),
)  # fmt: skip

EVM_HAZARDS: Final = (
    *ORDER, *FEES, *DESTRUCTION, *CODE, *SYSTEM, *RECEIPTS, *SCHEDULING, *ACCESS_LISTS, *SINCE,
)  # fmt: skip
