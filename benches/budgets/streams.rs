//! Following the files of a job.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use super::measure::{Bench, Budget, Row, Unit};
use super::stage::Stage;

const LATENCY: Row = Row::milliseconds("log line written -> printed by job file stream", Budget::Most(10.0));
const BULK: Row = Row { name: "job file stream > /dev/null", unit: Unit::Gigabytes, budget: Budget::Least(1.0) };

/// Lines that are written while the stream may still be connecting.
const FIRST_LINES: usize = 25;
const LINES: usize = 200;

pub fn run(bench: &mut Bench) {
    latency(bench);
    bulk(bench);
}

/// Writer and reader look at the same clock. A bash tells the time without starting a program.
fn latency(bench: &mut Bench) {
    if !bench.wants(&[LATENCY]) {
        return;
    }
    let stage = Stage::with_cluster(1);
    let lines = FIRST_LINES + LINES;
    let script = format!("for i in $(seq {lines}); do echo $EPOCHREALTIME; sleep 0.02; done");
    stage.sandbox.job_file(&format!("LC_ALL=C bash -c '{script}'"));
    stage.run(&["job", "create", "-c", "c", "-n", "clock", "-f", "job.json"]);
    let mut stream = stage.sandbox.spawn("job file stream -j clock -f stdout.txt");
    let printed = BufReader::new(stream.stdout.take().expect("its output"));
    let samples: Vec<f64> = printed
        .lines()
        .map(|line| {
            let line = line.expect("a line");
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64();
            bench.check();
            let written: f64 = line.parse().unwrap_or_else(|_| panic!("not a time: {line}"));
            (now - written) * 1e3
        })
        .collect();
    assert!(stream.wait().expect("the stream").success(), "the stream failed");
    assert_eq!(samples.len(), lines, "lines are missing");
    bench.print(LATENCY, samples[FIRST_LINES..].to_vec());
}

fn bulk(bench: &mut Bench) {
    if !bench.wants(&[BULK]) {
        return;
    }
    let size: u64 = if bench.is_full { 1 << 30 } else { 200 << 20 };
    let stage = Stage::with_cluster(1);
    stage.sandbox.job_file(&format!("head -c {size} /dev/zero"));
    stage.run(&["job", "create", "-c", "c", "-n", "bulk", "-f", "job.json"]);
    stage.run(&["job", "wait", "-n", "bulk"]);
    let words = ["job", "file", "stream", "-j", "bulk", "-f", "stdout.txt"];
    let mut counted = stage.sandbox.command(words).stdout(Stdio::piped()).spawn().expect("the program");
    let streamed = std::io::copy(&mut counted.stdout.take().expect("its output").by_ref(), &mut std::io::sink());
    assert!(counted.wait().expect("the stream").success(), "the stream failed");
    assert_eq!(streamed.expect("its output"), size, "bytes are missing");
    bench.sample(BULK, 5, || {
        let begun = std::time::Instant::now();
        stage.run(&words);
        size as f64 / 1e9 / begun.elapsed().as_secs_f64()
    });
}
