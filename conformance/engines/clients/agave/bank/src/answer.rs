//! What the program answers: what came out of each transaction and of each block.

use {
    base64::prelude::{BASE64_STANDARD, Engine},
    serde::Serialize,
    solana_account::{AccountSharedData, ReadableAccount},
    std::collections::BTreeMap,
};

#[derive(Serialize)]
pub struct Answer {
    pub blocks: Vec<BlockResult>,
    pub microseconds: Microseconds,
}

/// What was spent on setting up the first bank, on admission (signatures included), execution, and closing slots.
#[derive(Default, Serialize)]
pub struct Microseconds {
    pub opening: u128,
    pub admission: u128,
    pub execution: u128,
    pub closing: u128,
}

/// What came out of a block. What leaves it invalid is here too: all that follows from it is null, and later
/// transactions may be missing.
#[derive(Serialize)]
pub struct BlockResult {
    /// What is wrong with the history of its entries: Agave's name of the error.
    pub history: Option<String>,
    pub transactions: Vec<TransactionResult>,
    pub closed: Option<ClosedBlock>,
}

/// What came out of a valid block.
#[derive(Serialize)]
pub struct ClosedBlock {
    pub slot: u64,
    pub bank_hash: String,
    pub parent_bank_hash: String,
    /// The checksum of the lattice sum.
    pub lattice: String,
    pub blockhash: String,
    pub signatures: u64,
    pub capitalization: u64,
    pub block_cost: u64,
    /// Every account that was stored in the slot, sysvars included; null where one that a transaction names is not there.
    pub accounts: BTreeMap<String, Option<(u64, String, String, bool)>>,
}

/// How far a transaction came, and what of it is known from there on.
#[derive(Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum TransactionResult {
    /// Another one of the block is malformed, and none is looked at.
    Undecided,
    /// Its bytes are no transaction.
    Malformed { error: String },
    /// It is refused as it stands, or for what it looks up.
    Refused { error: String },
    /// It may not be in the block, for the state that it meets.
    Unprocessable { error: String },
    /// It is in the block: it succeeded, failed, or paid its fee and no more.
    Processed(Processed),
}

impl TransactionResult {
    /// Whether a block with such a transaction is valid.
    pub fn is_valid(&self) -> bool {
        matches!(self, TransactionResult::Processed(Processed { too_much: None, .. }))
    }
}

#[derive(Serialize)]
pub struct Processed {
    /// Nothing where it succeeded.
    pub error: Option<String>,
    pub units: u64,
    /// Null where nothing was executed, and the fee is all.
    pub logs: Option<Vec<String>>,
    pub fee: u64,
    pub priority_fee: u64,
    pub loaded_size: u32,
    pub payer_balance: u64,
    pub cost: Cost,
    /// Why it does not fit the block after those before it.
    pub too_much: Option<String>,
}

#[derive(Serialize)]
pub struct Cost {
    pub total: u64,
    pub signatures: u64,
    pub locks: u64,
    pub data: u64,
    pub execution: u64,
    pub loaded: u64,
    pub allocation: u64,
}

/// An account as it stands under `accounts`.
pub fn stored(account: &AccountSharedData) -> Option<(u64, String, String, bool)> {
    let data = BASE64_STANDARD.encode(account.data());
    (account.lamports() != 0).then(|| (account.lamports(), data, hex(account.owner().as_ref()), account.executable()))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
