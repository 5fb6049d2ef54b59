//! Single commands, from their start to their exit.

use std::time::Instant;

use super::measure::{Bench, Budget, Row, Unit, milliseconds};
use super::stage::Stage;

const WITHOUT_SERVER: [(Row, &[&str]); 3] = [
    (Row::milliseconds("batchai --version", Budget::Most(1.6)), &["--version"]),
    (Row::milliseconds("batchai --help", Budget::Most(1.6)), &["--help"]),
    (Row::milliseconds("batchai completion bash", Budget::Most(1.6)), &["completion", "bash"]),
];
const LIST: Row = Row::milliseconds("job list, server up, 1 job", Budget::Most(2.2));
const SHOW: Row = Row::milliseconds("job show, server up", Budget::Most(2.2));
const LIST_START: Row = Row::milliseconds("job list, server to be started first", Budget::Most(40.0));
const SHOW_START: Row = Row::milliseconds("job show, server to be started first", Budget::Most(40.0));
const CREATE: Row = Row::milliseconds("job create, durable, no node free", Budget::Most(4.0));
const RUN: Row = Row::milliseconds("job run of /bin/true, start to exit code", Budget::Most(20.0));
const BINARY: Row = Row { name: "size of the binary", unit: Unit::Megabytes, budget: Budget::Most(20.0) };

pub fn run(bench: &mut Bench) {
    let stage = Stage::new();
    for (row, words) in WITHOUT_SERVER {
        bench.time(row, 200, || stage.run(words));
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_batchai")).expect("the program").len();
    bench.print(BINARY, vec![size as f64 / 1e6]);
    with_server(bench);
    create(bench);
    run_true(bench);
}

fn with_server(bench: &mut Bench) {
    if !bench.wants(&[LIST, SHOW, LIST_START, SHOW_START]) {
        return;
    }
    let stage = Stage::with_server();
    stage.sandbox.job_file("/bin/true");
    stage.run(&["job", "run", "-n", "one", "-f", "job.json"]);
    let commands: [&[&str]; 2] = [&["job", "list"], &["job", "show", "-n", "one"]];
    for (row, words) in [LIST, SHOW].into_iter().zip(commands) {
        bench.time(row, 200, || stage.run(words));
    }
    for (row, words) in [LIST_START, SHOW_START].into_iter().zip(commands) {
        bench.sample(row, 20, || {
            stage.run(&["server", "stop"]);
            let begun = Instant::now();
            stage.run(words);
            milliseconds(begun.elapsed())
        });
    }
}

/// On a cluster without nodes, so that no job runs beside the next command.
fn create(bench: &mut Bench) {
    if !bench.wants(&[CREATE]) {
        return;
    }
    let stage = Stage::with_cluster(0);
    stage.sandbox.job_file("/bin/true");
    bench.time(CREATE, 200, || stage.run(&["job", "create", "-c", "c", "-f", "job.json"]));
}

fn run_true(bench: &mut Bench) {
    if !bench.wants(&[RUN]) {
        return;
    }
    let stage = Stage::with_server();
    stage.sandbox.job_file("/bin/true");
    bench.time(RUN, 50, || stage.run(&["job", "run", "-f", "job.json"]));
}
