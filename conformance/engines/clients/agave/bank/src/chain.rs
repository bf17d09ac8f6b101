//! Blocks on the Bank, one after another.

use {
    crate::{
        answer::{Answer, BlockResult, ClosedBlock, Cost, Microseconds, Processed, TransactionResult, hex, stored},
        question::{Address, Block, Bytes, Chain, Digest, EntryOfBlock},
    },
    agave_feature_set::FeatureSet,
    solana_account::{Account, AccountSharedData, ReadableAccount},
    solana_accounts_db::{
        accounts::Accounts,
        accounts_db::{ACCOUNTS_DB_CONFIG_FOR_TESTING, AccountsDb},
        accounts_hash::AccountsLtHash,
        ancestors::Ancestors,
        blockhash_queue::BlockhashQueue,
    },
    solana_clock::Clock,
    solana_cost_model::{cost_model::CostModel, cost_tracker::CostTrackerLimits},
    solana_entry::entry::{Entry, EntrySlice},
    solana_epoch_schedule::EpochSchedule,
    solana_fee_calculator::FeeRateGovernor,
    solana_fee_structure::FeeStructure,
    solana_hard_forks::HardForks,
    solana_hash::Hash,
    solana_lattice_hash::lt_hash::LtHash,
    solana_leader_schedule::SlotLeader,
    solana_pubkey::Pubkey,
    solana_runtime::{
        bank::{Bank, BankFieldsToDeserialize, BankRc},
        bank_forks::BankForks,
        epoch_stakes::VersionedEpochStakes,
        stakes::Stakes,
    },
    solana_runtime_transaction::runtime_transaction::RuntimeTransaction,
    solana_sdk_ids::{incinerator, sysvar, sysvar::rent},
    solana_sha256_hasher::hashv,
    solana_svm::{
        transaction_commit_result::{CommittedTransaction, TransactionCommitResult},
        transaction_processor::ExecutionRecordingConfig,
    },
    solana_svm_timings::ExecuteTimings,
    solana_svm_transaction::svm_message::SVMMessage,
    solana_transaction::{
        TransactionVerificationMode, sanitized::SanitizedTransaction, versioned::VersionedTransaction,
    },
    solana_transaction_error::TransactionError,
    solana_vote::vote_account::{VoteAccount, VoteAccountsHashMap},
    solana_vote_program::vote_state::create_v4_account_with_authorized,
    std::{
        collections::{BTreeMap, BTreeSet, HashMap},
        sync::{Arc, RwLock},
        time::Instant,
    },
};

const NANOSECONDS_PER_YEAR: f64 = 365.242_199 * 24.0 * 60.0 * 60.0 * 1e9;

/// No CPI, no balances: what the answer has.
const RECORDED: ExecutionRecordingConfig = ExecutionRecordingConfig {
    enable_cpi_recording: false,
    enable_log_recording: true,
    enable_return_data_recording: false,
    enable_transaction_balance_recording: false,
};

type Forks = Arc<RwLock<BankForks>>;

/// What comes out of the blocks of a chain.
pub fn run(mut chain: Chain) -> Answer {
    let mut spent = Microseconds::default();
    let mut results = Vec::new();
    let blocks = std::mem::take(&mut chain.blocks);
    let leaders: BTreeSet<Pubkey> = blocks.iter().map(|block| block.leader.0).collect();
    let mut last: Option<(Arc<Bank>, Forks)> = None;
    for block in blocks {
        let start = Instant::now();
        let (bank, forks) = match &last {
            None => first_bank(&chain, &block, &leaders).wrap_with_bank_forks_for_tests(),
            Some((parent, forks)) => {
                let leader = slot_leader(&block.leader.0);
                (Bank::new_from_parent_with_bank_forks(forks, parent.clone(), leader, block.slot), forks.clone())
            }
        };
        prepare(&bank, &block);
        spent.opening += start.elapsed().as_micros();
        let before = last
            .as_ref()
            .map_or_else(|| chain.blockhashes.last().expect("a blockhash").0.0, |(parent, _)| parent.last_blockhash());
        let result = run_block(&chain, &bank, block, before, &mut spent);
        match (&result.closed, &last) {
            (Some(_), _) => last = Some((bank, forks)),
            (None, Some((parent, _))) => drop_bank(bank, parent, &forks),
            (None, None) => {}
        }
        results.push(result);
    }
    Answer { blocks: results, microseconds: spent }
}

/// The bank of the first block, on the state that the question gives.
fn first_bank(chain: &Chain, block: &Block, leaders: &BTreeSet<Pubkey>) -> Bank {
    let mut accounts: Vec<(Pubkey, AccountSharedData)> =
        chain.accounts.iter().map(|(address, account)| (address.0, account.clone().into())).collect();
    let mut lattice = lattice_of(&accounts);
    let size = accounts.iter().map(|(_, account)| account.data().len() as u64).sum();
    let capitalization = accounts.iter().map(|(_, account)| account.lamports()).sum();
    if let Some(Bytes(others)) = &chain.others {
        lattice.mix_in(&lattice_from(others));
    }
    if !accounts.iter().any(|(address, _)| *address == rent::id()) {
        accounts.push((rent::id(), rent_beside(chain.lamports_per_byte)));
    }
    let database =
        Accounts::new(Arc::new(AccountsDb::new_for_tests_with_config(vec![], ACCOUNTS_DB_CONFIG_FOR_TESTING)));
    database.store_accounts_seq((chain.parent.slot, &accounts[..]), 0, None, &Ancestors::default());
    database.accounts_db.add_root(chain.parent.slot);

    let mut features = FeatureSet::default();
    for Address(id) in &chain.features {
        if features.inactive().contains(id) {
            features.activate(id, 0);
        }
    }
    let mut queue = BlockhashQueue::default();
    for (hash, lamports_per_signature) in &chain.blockhashes {
        queue.register_hash(&hash.0, *lamports_per_signature);
    }
    let mut hard_forks = HardForks::default();
    for (slot, count) in &chain.hard_forks {
        (0..*count).for_each(|_| hard_forks.register(*slot));
    }
    let epochs = &chain.epochs;
    let schedule = EpochSchedule {
        slots_per_epoch: epochs.slots_per_epoch,
        leader_schedule_slot_offset: epochs.leader_schedule_slot_offset,
        warmup: epochs.warmup,
        first_normal_epoch: epochs.first_normal_epoch,
        first_normal_slot: epochs.first_normal_slot,
    };
    let epoch = schedule.get_epoch(block.slot);
    let fields = BankFieldsToDeserialize {
        blockhash_queue: queue,
        parent_hash: chain.parent.bank_hash.0,
        parent_slot: chain.parent.slot,
        hard_forks,
        capitalization,
        tick_height: chain.ticks_per_slot * block.slot,
        max_tick_height: chain.ticks_per_slot * (block.slot + 1),
        hashes_per_tick: Some(chain.hashes_per_tick),
        ticks_per_slot: chain.ticks_per_slot,
        ns_per_slot: chain.slot_nanoseconds.into(),
        slots_per_year: NANOSECONDS_PER_YEAR / chain.slot_nanoseconds as f64,
        slot: block.slot,
        block_height: block.slot,
        leader_id: block.leader.0,
        fee_rate_governor: FeeRateGovernor::new(chain.lamports_per_signature, 0),
        epoch_schedule: schedule,
        accounts_lt_hash: AccountsLtHash(lattice),
        ..BankFieldsToDeserialize::default()
    };
    let only = BTreeSet::from([block.leader.0]);
    let rc = BankRc::new(database);
    let mut bank =
        Bank::new_for_block_tests(rc, fields, features, stakes_of(&only, [epoch, epoch + 1]), Stakes::default(), size);
    bank.set_fee_structure(&FeeStructure {
        lamports_per_signature: chain.lamports_per_signature,
        ..FeeStructure::default()
    });
    for (epoch, stakes) in stakes_of(leaders, [epoch, epoch + 1]) {
        bank.set_epoch_stakes_for_test(epoch, stakes);
    }
    bank
}

/// Set what a bank of no votes cannot know: its clock, which never goes back, and the limits of its block.
fn prepare(bank: &Bank, block: &Block) {
    if let Some(unix_timestamp) = block.timestamp
        && bank.clock().unix_timestamp < unix_timestamp
    {
        bank.set_sysvar_for_tests(&Clock { unix_timestamp, ..bank.clock() });
    }
    let [account, whole, allocation] = block.limits;
    bank.write_cost_tracker().unwrap().set_limits(CostTrackerLimits::new(account, whole, allocation));
}

/// Forget the bank of an invalid block, so that another may have its slot.
fn drop_bank(bank: Arc<Bank>, parent: &Bank, forks: &Forks) {
    let slot = (bank.slot(), bank.bank_id());
    bank.clear_slot_signatures(slot.0);
    forks.write().unwrap().remove(slot.0);
    drop(bank);
    parent.remove_unrooted_slots(&[slot]);
}

/// Execute the entries of a block, register its ticks, and freeze it, so long as it is valid.
fn run_block(chain: &Chain, bank: &Bank, block: Block, before: Hash, spent: &mut Microseconds) -> BlockResult {
    let start = Instant::now();
    let mut malformed = false;
    let mut decoded = Vec::new();
    let mut entries = Vec::new();
    for EntryOfBlock { hashes, hash, transactions } in block.entries {
        let batch: Vec<_> = transactions.iter().map(|Bytes(bytes)| decode(bytes)).collect();
        malformed |= batch.iter().any(Result::is_err);
        if let Some(Digest(hash)) = hash {
            let transactions = batch.iter().filter_map(|result| result.as_ref().ok().cloned()).collect();
            entries.push(Entry { num_hashes: hashes, hash, transactions });
        }
        decoded.push(batch);
    }
    spent.admission += start.elapsed().as_micros();
    let mut result = BlockResult { history: None, transactions: vec![], closed: None };
    if malformed {
        let told = |each: Result<VersionedTransaction, TransactionResult>| {
            each.map_or_else(|error| error, |_| TransactionResult::Undecided)
        };
        result.transactions = decoded.into_iter().flatten().map(told).collect();
        return result;
    }
    if block.blockhash.is_none() {
        result.history = wrong_history(chain, &entries, &before);
        if result.history.is_some() {
            return result;
        }
    }
    let mut named = BTreeSet::from([block.leader.0, incinerator::id()]);
    for batch in decoded {
        let batch = batch.into_iter().flatten();
        result.transactions.extend(run_batch(bank, batch, chain.verify_signatures, &mut named, spent));
        if !result.transactions.iter().all(TransactionResult::is_valid) {
            return result;
        }
    }
    let blockhash = block.blockhash.map_or_else(|| entries.last().map_or(before, |entry| entry.hash), |hash| hash.0);
    let start = Instant::now();
    while !bank.is_complete() {
        bank.register_tick_for_test(&blockhash);
    }
    bank.freeze();
    let mut accounts: BTreeMap<_, _> = bank
        .get_all_accounts_modified_since_parent()
        .iter()
        .map(|(address, account)| (hex(address.as_ref()), stored(account)))
        .collect();
    for address in named {
        if bank.get_account(&address).is_none() {
            accounts.insert(hex(address.as_ref()), None);
        }
    }
    result.closed = Some(ClosedBlock {
        slot: bank.slot(),
        bank_hash: hex(bank.hash().as_ref()),
        parent_bank_hash: hex(bank.parent_hash().as_ref()),
        lattice: hex(bank.get_snapshot_hash().0.as_ref()),
        blockhash: hex(bank.last_blockhash().as_ref()),
        signatures: bank.signature_count(),
        capitalization: bank.capitalization(),
        block_cost: bank.read_cost_tracker().unwrap().block_cost(),
        accounts,
    });
    spent.closing += start.elapsed().as_micros();
    result
}

/// What is wrong with the history of entries: the checks of ticks in the order of Agave's replay, then the hashes.
fn wrong_history(chain: &Chain, entries: &[Entry], before: &Hash) -> Option<String> {
    let ticks = entries.tick_count();
    let mut count = 0;
    let name = if ticks > chain.ticks_per_slot {
        "TooManyTicks"
    } else if ticks < chain.ticks_per_slot {
        "TooFewTicks"
    } else if !entries.last().is_some_and(Entry::is_tick) {
        "TrailingEntry"
    } else if !entries.verify_tick_hash_count(&mut count, chain.hashes_per_tick) {
        "InvalidTickHashCount"
    } else if !entries.verify_cpu(before).status() {
        "InvalidEntryHash"
    } else {
        return None;
    };
    Some(name.to_string())
}

/// Execute transactions as one batch, but for those that are refused before. `named` gets the keys of all others.
fn run_batch(
    bank: &Bank,
    batch: impl Iterator<Item = VersionedTransaction>,
    signatures: bool,
    named: &mut BTreeSet<Pubkey>,
    spent: &mut Microseconds,
) -> Vec<TransactionResult> {
    let start = Instant::now();
    let mut results = Vec::new();
    let mut admitted = Vec::new();
    for transaction in batch {
        match admit(bank, transaction, signatures) {
            Ok(transaction) => {
                named.extend(transaction.account_keys().iter());
                admitted.push(transaction);
                results.push(None);
            }
            Err(refusal) => results.push(Some(refusal)),
        }
    }
    spent.admission += start.elapsed().as_micros();
    let start = Instant::now();
    let committed = match &admitted[..] {
        [] => vec![],
        _ => {
            bank.load_execute_and_commit_transactions(
                &bank.prepare_sanitized_batch(&admitted),
                RECORDED,
                &mut ExecuteTimings::default(),
                None,
            )
            .0
        }
    };
    let mut told = admitted.iter().zip(committed).map(|(transaction, result)| tell(bank, transaction, result));
    let results =
        results.into_iter().map(|refusal| refusal.unwrap_or_else(|| told.next().expect("one of each"))).collect();
    spent.execution += start.elapsed().as_micros();
    results
}

type Admitted = RuntimeTransaction<SanitizedTransaction>;

fn decode(bytes: &[u8]) -> Result<VersionedTransaction, TransactionResult> {
    wincode::deserialize_exact(bytes).map_err(|error| TransactionResult::Malformed { error: error.to_string() })
}

/// Sanitize a transaction, look its keys up, and verify its signatures: these last, as they are what replay does apart.
fn admit(bank: &Bank, transaction: VersionedTransaction, signatures: bool) -> Result<Admitted, TransactionResult> {
    let refused = |error: TransactionError| TransactionResult::Refused { error: format!("{error:?}") };
    let signed = if signatures { Some(transaction.clone()) } else { None };
    let admitted = bank.verify_transaction(transaction, TransactionVerificationMode::HashOnly).map_err(refused)?;
    if let Some(transaction) = signed {
        transaction.verify_and_hash_message().map_err(refused)?;
    }
    Ok(admitted)
}

/// What came of a transaction; one that was processed counts towards the limits of the block.
fn tell(bank: &Bank, transaction: &Admitted, result: TransactionCommitResult) -> TransactionResult {
    let committed = match result {
        Ok(committed) => committed,
        Err(error) => return TransactionResult::Unprocessable { error: format!("{error:?}") },
    };
    let CommittedTransaction { status, log_messages, executed_units, fee_details, loaded_account_stats, .. } =
        committed;
    let loaded_size = loaded_account_stats.loaded_accounts_data_size;
    let cost =
        CostModel::calculate_cost_for_executed_transaction(transaction, executed_units, loaded_size, &bank.feature_set);
    let added = bank.write_cost_tracker().unwrap().try_add(&cost);
    TransactionResult::Processed(Processed {
        error: status.err().map(|error| format!("{error:?}")),
        units: executed_units,
        logs: log_messages,
        fee: fee_details.transaction_fee(),
        priority_fee: fee_details.prioritization_fee(),
        loaded_size,
        payer_balance: committed.fee_payer_post_balance,
        cost: Cost {
            total: cost.sum(),
            signatures: cost.signature_cost(),
            locks: cost.write_lock_cost(),
            data: cost.data_bytes_cost().into(),
            execution: cost.programs_execution_cost(),
            loaded: cost.loaded_accounts_data_size_cost(),
            allocation: cost.allocated_accounts_data_size(),
        },
        too_much: added.err().map(|error| format!("{:?}", TransactionError::from(error))),
    })
}

/// The Rent sysvar of a state that has none: nobody may name it, and the lattice is without it.
fn rent_beside(lamports_per_byte: u64) -> AccountSharedData {
    let data = [&lamports_per_byte.to_le_bytes()[..], &1f64.to_le_bytes()[..], &[50]].concat();
    Account { lamports: 1, data, owner: sysvar::id(), executable: false, rent_epoch: u64::MAX }.into()
}

/// The leader of a slot, with a vote account of its own that pays to it.
fn slot_leader(leader: &Pubkey) -> SlotLeader {
    SlotLeader { id: *leader, vote_address: hashv(&[b"vote account", leader.as_ref()]).to_bytes().into() }
}

/// Stakes in which every leader has one lamport. None of their vote accounts is in the state, and none has voted.
fn stakes_of(leaders: &BTreeSet<Pubkey>, epochs: [u64; 2]) -> HashMap<u64, VersionedEpochStakes> {
    let accounts: VoteAccountsHashMap = leaders
        .iter()
        .map(|leader| {
            let SlotLeader { id, vote_address } = slot_leader(leader);
            let account = create_v4_account_with_authorized(&id, &id, [0; 48], &id, 0, &vote_address, 10_000, &id, 1);
            (vote_address, (1, VoteAccount::try_from(account).expect("a vote account")))
        })
        .collect();
    epochs.map(|epoch| (epoch, VersionedEpochStakes::new_for_tests(accounts.clone(), epoch))).into()
}

/// The lattice sum of a state.
fn lattice_of(accounts: &[(Pubkey, AccountSharedData)]) -> LtHash {
    let mut sum = LtHash::identity();
    for (address, account) in accounts {
        sum.mix_in(&AccountsDb::lt_hash_account(account, address).0);
    }
    sum
}

/// The lattice sum that 2,048 bytes are.
fn lattice_from(bytes: &[u8]) -> LtHash {
    let mut sum = LtHash::identity();
    for (element, pair) in sum.0.iter_mut().zip(bytes.chunks_exact(2)) {
        *element = u16::from_le_bytes([pair[0], pair[1]]);
    }
    sum
}
