//! Several clients at once: how much the server answers, how late, and whether that leaves anything in its memory.

use std::time::{Duration, Instant};

use batchai::api::id::Child;
use batchai::api::{API_VERSION, path};
use batchai::cli::session::DEFAULT;
use futures_util::{StreamExt, stream};
use reqwest::{Client, RequestBuilder};

use super::measure::{Bench, Budget, Row, Unit, milliseconds};
use super::memory::resident_memory;
use super::queue::custom_job;
use super::stage::{Stage, id, job};

/// Connections that ask without a pause.
const CONNECTIONS: usize = 8;
/// Requests of one kind.
const REQUESTS: usize = 2_000;
/// Jobs that a list shows.
const LISTED: usize = 100;
/// Reads between two looks at the memory.
const READS: usize = 10_000;

/// Requests per second, time of one request, and the time that 99 of 100 stay below.
const LIST: [Row; 3] = [
    Row { name: "load, 8 connections, list of 100 jobs: requests", unit: Unit::PerSecond, budget: Budget::None },
    Row::milliseconds("load, 8 connections, list of 100 jobs: one request", Budget::None),
    Row::milliseconds("load, 8 connections, list of 100 jobs: 99th percentile", Budget::None),
];
const SHOW: [Row; 3] = [
    Row { name: "load, 8 connections, show a job: requests", unit: Unit::PerSecond, budget: Budget::None },
    Row::milliseconds("load, 8 connections, show a job: one request", Budget::None),
    Row::milliseconds("load, 8 connections, show a job: 99th percentile", Budget::None),
];
const CREATE: [Row; 3] = [
    Row { name: "load, 8 connections, create a job: requests", unit: Unit::PerSecond, budget: Budget::None },
    Row::milliseconds("load, 8 connections, create a job: one request", Budget::None),
    Row::milliseconds("load, 8 connections, create a job: 99th percentile", Budget::None),
];
const MEMORY: Row =
    Row { name: "load: server's resident memory after the load", unit: Unit::Megabytes, budget: Budget::None };
const GROWTH: Row = Row { name: "load: its growth by 10,000 reads", unit: Unit::Megabytes, budget: Budget::None };

pub fn run(bench: &mut Bench) {
    if !bench.wants(&[LIST, SHOW, CREATE].concat()) && !bench.wants(&[MEMORY, GROWTH]) {
        return;
    }
    let load = Load::new();
    load.kind(bench, LIST, |_| load.list());
    load.kind(bench, SHOW, |number| load.show(number));
    load.kind(bench, CREATE, |number| load.create(&format!("load-{number}")));
    load.memory(bench);
}

/// A server with [`LISTED`] jobs that wait, and a client that speaks to it over so many connections.
struct Load {
    stage: Stage,
    client: Client,
}

impl Load {
    fn new() -> Self {
        let stage = Stage::with_cluster(0);
        let client = stage.http();
        stage.block_on(stage.client().put_experiment(&id(Child::Experiment(DEFAULT.into())))).expect("an experiment");
        let load = Self { stage, client };
        load.send(LISTED, |number| load.create(&format!("job-{number}")));
        load
    }

    fn list(&self) -> RequestBuilder {
        self.client.get(format!("{}&maxresults={LISTED}", address(&path::collection(&job("any")))))
    }

    fn show(&self, number: usize) -> RequestBuilder {
        self.client.get(address(&job(&format!("job-{}", number % LISTED)).to_string()))
    }

    fn create(&self, name: &str) -> RequestBuilder {
        self.client.put(address(&job(name).to_string())).json(&custom_job("/bin/true"))
    }

    /// Sends so many requests, [`CONNECTIONS`] at once; answers how long each took. Any other answer than 200 ends
    /// the measuring.
    fn send(&self, requests: usize, request: impl Fn(usize) -> RequestBuilder) -> Vec<Duration> {
        let answers = (0..requests).map(|number| {
            let request = request(number);
            async move {
                let begun = Instant::now();
                let answer = request.send().await.expect("an answer");
                let status = answer.status();
                let body = answer.bytes().await.expect("its body");
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                begun.elapsed()
            }
        });
        self.stage.block_on(stream::iter(answers).buffer_unordered(CONNECTIONS).collect())
    }

    fn kind(&self, bench: &mut Bench, rows: [Row; 3], request: impl Fn(usize) -> RequestBuilder) {
        if !bench.wants(&rows) {
            return;
        }
        bench.check();
        let begun = Instant::now();
        let times = self.send(REQUESTS, request);
        let rate = REQUESTS as f64 / begun.elapsed().as_secs_f64();
        let mut times: Vec<f64> = times.into_iter().map(milliseconds).collect();
        times.sort_by(f64::total_cmp);
        let late = times[times.len() * 99 / 100];
        for (row, samples) in rows.into_iter().zip([vec![rate], times, vec![late]]) {
            bench.print(row, samples);
        }
    }

    /// The first round fills what the server keeps on purpose, and does not count.
    fn memory(&self, bench: &mut Bench) {
        if !bench.wants(&[MEMORY, GROWTH]) {
            return;
        }
        let server = self.stage.sandbox.server();
        let (mut memory, mut growth) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            bench.check();
            self.send(READS, |number| if number % 10 == 0 { self.list() } else { self.show(number) });
            let now = resident_memory(server);
            growth.extend(memory.last().map(|before| now - before));
            memory.push(now);
        }
        bench.print(MEMORY, memory);
        bench.print(GROWTH, growth);
    }
}

fn address(path: &str) -> String {
    format!("http://localhost{path}?api-version={API_VERSION}")
}
