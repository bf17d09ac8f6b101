//! The Bank of Agave, the validator of Solana, as an engine of Samestate: a line of JSON for each chain of blocks, and
//! a line of JSON in answer.
//!
//!     samestate-bank [--version]
//!
//! In: `question::Chain`. Out: `answer::Answer`, or `{"error": …}` where a line is no question.
//!
//! The first bank is made of the state that is asked about, as if from a snapshot, and each other one of the last whose
//! block was valid. In each, transactions go the way that replay sends them: decoded, verified, executed entry by entry as
//! batches, added to the cost tracker in their order. Where a block is invalid the program says with which transaction,
//! and drops it. It ends when its input does.

mod answer;
mod chain;
mod question;

use std::io::{BufRead, Write};

/// Which Agave is in the program: that of the crate that Cargo.toml pins.
const VERSION: &str = "4.3.2";

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("samestate-bank, solana-runtime {VERSION}");
        return;
    }
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line of text");
        let answer = match serde_json::from_str(&line) {
            Ok(question) => serde_json::to_string(&chain::run(question)),
            Err(error) => serde_json::to_string(&serde_json::json!({"error": error.to_string()})),
        };
        writeln!(output, "{}", answer.expect("an answer is JSON")).and_then(|()| output.flush()).expect("a reader");
    }
}
