//! What the program is asked: a parent state, and the blocks that follow it.

use {
    base64::prelude::{BASE64_STANDARD, Engine},
    serde::{Deserialize, Deserializer, de::Error},
    solana_account::{Account, AccountSharedData},
    solana_hash::Hash,
    solana_pubkey::Pubkey,
    std::collections::BTreeMap,
};

/// Blocks one after another, and all that the Bank must know before the first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The ids of all features that are active.
    pub features: Vec<Address>,
    /// The state before the first block.
    pub accounts: BTreeMap<Address, StoredAccount>,
    /// The lattice sum of accounts that are in the state beside these.
    pub others: Option<Bytes>,
    pub parent: Parent,
    /// The queue of blockhashes, the oldest first, each with its lamports per signature.
    pub blockhashes: Vec<(Digest, u64)>,
    pub lamports_per_signature: u64,
    /// The price of rent, for a state without its sysvar: the Bank has none without.
    pub lamports_per_byte: u64,
    pub epochs: Epochs,
    pub slot_nanoseconds: u64,
    pub hashes_per_tick: u64,
    pub ticks_per_slot: u64,
    /// Slot and count of each.
    pub hard_forks: Vec<(u64, usize)>,
    /// Whether ed25519 signatures of transactions are verified.
    pub verify_signatures: bool,
    pub blocks: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    pub slot: u64,
    pub bank_hash: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epochs {
    pub slots_per_epoch: u64,
    pub leader_schedule_slot_offset: u64,
    pub warmup: bool,
    pub first_normal_epoch: u64,
    pub first_normal_slot: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub slot: u64,
    /// Whom the fees go to.
    pub leader: Address,
    /// The hash of the last tick, where entries have no history.
    pub blockhash: Option<Digest>,
    /// What the Clock says; what it said, where it is left out.
    pub timestamp: Option<i64>,
    /// Cost of an account, of the block, and bytes allocated.
    pub limits: [u64; 3],
    pub entries: Vec<EntryOfBlock>,
}

/// An entry: hashes and hash are those of its history, if it has one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryOfBlock {
    #[serde(default)]
    pub hashes: u64,
    pub hash: Option<Digest>,
    pub transactions: Vec<Bytes>,
}

/// An account: lamports, data, owner, executable.
#[derive(Clone, Deserialize)]
pub struct StoredAccount(u64, Bytes, Address, bool);

impl From<StoredAccount> for AccountSharedData {
    fn from(StoredAccount(lamports, Bytes(data), Address(owner), executable): StoredAccount) -> Self {
        Account { lamports, data, owner, executable, rent_epoch: u64::MAX }.into()
    }
}

/// Bytes, in base64.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

/// 32 bytes, in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub Pubkey);

/// 32 bytes, in hex.
#[derive(Clone, Copy)]
pub struct Digest(pub Hash);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(written).map(Bytes).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer).map(|bytes| Address(Pubkey::from(bytes)))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer).map(|bytes| Digest(Hash::from(bytes)))
    }
}

fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let written = String::deserialize(deserializer)?;
    let mut bytes = [0; 32];
    if written.len() != 64 || !written.is_ascii() {
        return Err(D::Error::custom(format!("{written:?} is no word of 32 bytes in hex")));
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&written[2 * index..2 * index + 2], 16).map_err(D::Error::custom)?;
    }
    Ok(bytes)
}
