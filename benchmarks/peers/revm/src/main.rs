//! revm on one workload (benchmarks/peers/README.md has the form): the block's transactions one after another, each
//! validated, executed and committed to a state in memory. Senders are given; no roots are computed.
//!
//!     samestate-revm WORKLOAD
//!
//! The first line of the output is what the block came to. Then each line of the input is a number of executions, and
//! answered by a line with the seconds of each. The state is made anew before the clock starts, and code is analysed then.

use std::{collections::BTreeMap, io::BufRead, time::Instant};

use revm::{
    context::{result::ExecutionResult, BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    database::InMemoryDB,
    primitives::{hardfork::SpecId, Address, Bytes, Log, B256, U256},
    state::{AccountInfo, Bytecode},
    Context, ExecuteCommitEvm, MainBuilder, MainContext, SystemCallCommitEvm,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, to_string};

#[derive(Deserialize)]
struct Workload {
    fork: String,
    chain_id: u64,
    environment: Environment,
    alloc: BTreeMap<Address, Account>,
    opening: Vec<(Address, Bytes)>,
    transactions: Vec<Transaction>,
    closing: Vec<(Address, Bytes)>,
}

#[derive(Deserialize)]
struct Environment {
    number: u64,
    timestamp: u64,
    coinbase: Address,
    gas_limit: u64,
    base_fee_per_gas: u64,
    prev_randao: B256,
    slot_number: u64,
    blob_base_fee_update_fraction: u64,
}

#[derive(Deserialize, Serialize)]
struct Account {
    nonce: u64,
    balance: U256,
    code: Bytes,
    storage: BTreeMap<U256, U256>,
}

#[derive(Deserialize)]
struct Transaction {
    sender: Address,
    to: Address,
    nonce: u64,
    gas_limit: u64,
    max_fee_per_gas: u128,
    max_priority_fee_per_gas: u128,
    value: U256,
    data: Bytes,
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: samestate-revm WORKLOAD");
    let workload: Workload = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("a workload");
    let before = state_before(&workload);
    let (_, results, after) = execute(&workload, before.clone());
    println!("{}", to_string(&report(&results, after)).unwrap());
    for line in std::io::stdin().lock().lines() {
        let times = line.unwrap().trim().parse::<usize>().expect("a number of executions");
        let seconds: Vec<f64> = (0..times).map(|_| execute(&workload, before.clone()).0).collect();
        println!("{}", json!({ "seconds": seconds }));
    }
}

/// The state before the block.
fn state_before(workload: &Workload) -> InMemoryDB {
    let mut state = InMemoryDB::default();
    for (address, account) in &workload.alloc {
        let code = Bytecode::new_raw(account.code.clone());
        state.insert_account_info(*address, AccountInfo::new(account.balance, account.nonce, code.hash_slow(), code));
        for (slot, value) in &account.storage {
            state.insert_account_storage(*address, *slot, *value).unwrap();
        }
    }
    state
}

/// The seconds that the block takes, the result of each transaction, and the state after it.
fn execute(workload: &Workload, state: InMemoryDB) -> (f64, Vec<ExecutionResult>, InMemoryDB) {
    let given = &workload.environment;
    let mut configuration = CfgEnv::new_with_spec(workload.fork.parse::<SpecId>().expect("a fork of revm"));
    configuration.chain_id = workload.chain_id;
    let block = BlockEnv {
        number: U256::from(given.number),
        timestamp: U256::from(given.timestamp),
        beneficiary: given.coinbase,
        gas_limit: given.gas_limit,
        basefee: given.base_fee_per_gas,
        difficulty: U256::ZERO,
        prevrandao: Some(given.prev_randao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(0, given.blob_base_fee_update_fraction)),
        slot_num: given.slot_number,
    };
    let mut evm = Context::mainnet().with_db(state).with_block(block).with_cfg(configuration).build_mainnet();
    let transactions: Vec<TxEnv> =
        workload.transactions.iter().map(|given| to_revm(given, workload.chain_id)).collect();
    let mut results = Vec::with_capacity(transactions.len());

    let start = Instant::now();
    for (contract, data) in &workload.opening {
        evm.system_call_commit(*contract, data.clone()).expect("a system call that succeeds");
    }
    for transaction in transactions {
        results.push(evm.transact_commit(transaction).expect("a valid transaction"));
    }
    for (contract, data) in &workload.closing {
        evm.system_call_commit(*contract, data.clone()).expect("a system call that succeeds");
    }
    (start.elapsed().as_secs_f64(), results, evm.ctx.journaled_state.database)
}

fn to_revm(given: &Transaction, chain_id: u64) -> TxEnv {
    TxEnv::builder()
        .chain_id(Some(chain_id))
        .caller(given.sender)
        .nonce(given.nonce)
        .gas_limit(given.gas_limit)
        .gas_price(given.max_fee_per_gas)
        .gas_priority_fee(Some(given.max_priority_fee_per_gas))
        .to(given.to)
        .value(given.value)
        .data(given.data.clone())
        .build()
        .expect("a transaction of type 2")
}

/// What the block came to: gas, success and logs of each transaction, and every account that is there.
fn report(results: &[ExecutionResult], state: InMemoryDB) -> serde_json::Value {
    let logs = |result: &ExecutionResult| result.logs().iter().map(log).collect::<Vec<_>>();
    let accounts: BTreeMap<Address, Account> = state
        .cache
        .accounts
        .iter()
        .filter_map(|(address, entry)| {
            let info = entry.info().filter(|info| !info.is_empty() || !entry.storage.is_empty())?;
            let code = state.cache.contracts.get(&info.code_hash).map(Bytecode::original_bytes).unwrap_or_default();
            let storage = entry.storage.iter().map(|(slot, value)| (*slot, *value)).filter(|pair| !pair.1.is_zero());
            Some((*address, Account { nonce: info.nonce, balance: info.balance, code, storage: storage.collect() }))
        })
        .collect();
    json!({
        "gas_used": results.iter().map(ExecutionResult::tx_gas_used).collect::<Vec<_>>(),
        "succeeded": results.iter().map(ExecutionResult::is_success).collect::<Vec<_>>(),
        "logs": results.iter().map(logs).collect::<Vec<_>>(),
        "accounts": accounts,
    })
}

fn log(log: &Log) -> (Address, Vec<B256>, Bytes) {
    (log.address, log.topics().to_vec(), log.data.data.clone())
}
