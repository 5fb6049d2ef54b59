//! Every number of DESIGN.md that a budget was set for, measured on whole processes of the release binary.
//!
//! ```text
//! cargo bench                      all rows; 100,000 stored jobs, 200 MiB of output
//! cargo bench -- --full            1,000,000 stored jobs, 1 GiB of output
//! cargo bench -- list show         rows whose name holds one of these words
//! ```
//! Each row is the median of its runs, beside their minimum and maximum, after one run that does not count.
//! `OVER` marks a median beyond its budget. The first rows are floors: what the machine itself costs, in the
//! same minute. A busy machine makes all numbers larger; nothing here fails because of a number.

#[path = "../tests/it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use all of it")]
mod support;

mod budgets {
    pub mod commands;
    pub mod floors;
    pub mod load;
    pub mod measure;
    pub mod memory;
    pub mod queue;
    pub mod stage;
    pub mod stored;
    pub mod streams;
}

use budgets::measure::Bench;
use budgets::{commands, floors, load, memory, queue, stored, streams};

fn main() {
    // Cargo says --bench; whatever else begins with a dash and is not ours is a slip that should be seen.
    let (flags, words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).filter(|argument| argument != "--bench").partition(|word| word.starts_with('-'));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--full") {
        panic!("unknown flag {unknown}; usage: cargo bench -- [--full] [WORD]...");
    }
    let mut bench = Bench::new(!flags.is_empty(), words);
    floors::run(&mut bench);
    commands::run(&mut bench);
    queue::run(&mut bench);
    stored::run(&mut bench);
    streams::run(&mut bench);
    load::run(&mut bench);
    memory::run(&mut bench);
    bench.finish();
}
