//! What a long past costs: the same requests against many stored jobs and against hardly any.
//!
//! Over HTTP by one client inside this process, because the start of a process would hide the difference.

use std::sync::Arc;
use std::time::Instant;

use batchai::api::id::Child;
use batchai::api::job::Job;
use batchai::api::{API_VERSION, path};
use batchai::cli::session::{DEFAULT, SUBSCRIPTION};
use batchai::domain::Timestamp;
use batchai::domain::job::execution::Run;
use batchai::domain::job::{Event, Outcome};
use batchai::domain::name::{ExperimentKey, GroupKey, JobKey, Name, RunId, WorkspaceKey};
use batchai::store::{Store, StoreError};

use super::measure::{Bench, Budget, Row, Unit, elapsed, median, milliseconds};
use super::queue::custom_job;
use super::stage::{Stage, id, job};

/// A page of the list; as many jobs as the small store has.
const PAGE: usize = 100;
const RUNS: usize = 200;

const LABELS: [[&str; 3]; 3] = [
    ["stored jobs: create, 100 stored", "stored jobs: create, many stored", "stored jobs: create, many against 100"],
    ["stored jobs: show, 100 stored", "stored jobs: show, many stored", "stored jobs: show, many against 100"],
    [
        "stored jobs: first page (100) of list, 100 stored",
        "stored jobs: first page (100) of list, many stored",
        "stored jobs: first page (100) of list, many against 100",
    ],
];
const START: [Row; 2] = [
    Row::milliseconds("stored jobs: job show, server to be started first, 100 stored", Budget::None),
    Row::milliseconds("stored jobs: job show, server to be started first, many stored", Budget::None),
];

pub fn run(bench: &mut Bench) {
    let rows = LABELS.as_flattened().iter().map(|name| Row::milliseconds(name, Budget::None)).chain(START);
    if !bench.wants(&rows.collect::<Vec<_>>()) {
        return;
    }
    let many = if bench.is_full { 1_000_000 } else { 100_000 };
    let stages = [filled(PAGE), filled(many)];
    let clients = [stages[0].client(), stages[1].client()];
    let pages = [stages[0].http(), stages[1].http()];
    let body = custom_job("/bin/true");
    let address = path::collection(&job("any"));
    let address = format!("http://localhost{address}?api-version={API_VERSION}&maxresults={PAGE}");

    let create = |side: usize, run: usize| {
        let made = stages[side].block_on(clients[side].put_new_job(&job(&format!("new-{run}")), &body));
        made.expect("a job");
    };
    // Neither the first nor the last one.
    let show = |side: usize, run: usize| {
        let name = format!("job-{}", if side == 0 { run % PAGE } else { (run * 7919) % many });
        stages[side].block_on(clients[side].get::<Job>(&job(&name))).expect("a job");
    };
    let list = |side: usize, _: usize| {
        let page = stages[side].block_on(async { pages[side].get(&address).send().await?.bytes().await });
        assert!(page.expect("a page").len() > PAGE * 100, "the page is too short");
    };
    let requests: [&dyn Fn(usize, usize); 3] = [&create, &show, &list];
    for (labels, request) in LABELS.into_iter().zip(requests) {
        compare(bench, labels, request);
    }
    for (row, stage) in START.into_iter().zip(&stages) {
        bench.sample(row, 10, || {
            stage.run(&["server", "stop"]);
            let begun = Instant::now();
            stage.run(&["job", "show", "-n", "job-7"]);
            milliseconds(begun.elapsed())
        });
    }
}

/// Both sides in turn, so that whatever else the machine does meets both alike.
fn compare(bench: &mut Bench, labels: [&'static str; 3], request: &dyn Fn(usize, usize)) {
    let mut samples = [Vec::new(), Vec::new()];
    for run in 0..=RUNS {
        bench.check();
        for (side, samples) in samples.iter_mut().enumerate() {
            let time = milliseconds(elapsed(|| request(side, run)));
            if run > 0 {
                samples.push(time);
            }
        }
    }
    let [few, many] = samples;
    let times = median(many.clone()) / median(few.clone());
    bench.print(Row::milliseconds(labels[0], Budget::None), few);
    bench.print(Row::milliseconds(labels[1], Budget::None), many);
    bench.print(Row { name: labels[2], unit: Unit::Times, budget: Budget::Most(1.5) }, vec![times]);
}

/// A home whose store has `count` jobs that have ended, and its server. The cluster `c` has no nodes, so that
/// jobs that are made while it is measured stay where they are.
fn filled(count: usize) -> Stage {
    let stage = Stage::with_cluster(0);
    let client = stage.client();
    stage.block_on(client.put_experiment(&id(Child::Experiment(DEFAULT.into())))).expect("an experiment");
    stage.block_on(client.put_new_job(&job("model"), &custom_job("/bin/true"))).expect("a job");
    stage.run(&["server", "stop"]);
    fill(&stage.sandbox.home().join("batchai.db"), count).expect("a filled store");
    stage.run(&["server", "start"]);
    stage
}

fn fill(file: &std::path::Path, count: usize) -> Result<(), StoreError> {
    let name = |text: &str| Name::parse(text).expect("a name");
    let group = GroupKey::parse(SUBSCRIPTION, DEFAULT).expect("a group");
    let workspace = WorkspaceKey { group, name: name(DEFAULT) };
    let experiment = ExperimentKey { workspace, name: name(DEFAULT) };
    let key = move |text: &str| JobKey { experiment: experiment.clone(), name: name(text) };

    let store = Store::open(file, Arc::new(|| {}))?;
    let model = store.read(|reader| reader.job(&key("model")))?.expect("the job that was just made");
    let cluster = store.read(|reader| reader.cluster(&model.value.spec.cluster))?.expect("its cluster").number;
    let numbers: Vec<usize> = (0..count).collect();
    for batch in numbers.chunks(10_000) {
        let (batch, key, spec) = (batch.to_vec(), key.clone(), model.value.spec.clone());
        store.write_blocking(move |tx| {
            for number in batch {
                tx.insert_job(cluster, &ended(key(&format!("job-{number}")), spec.clone(), number))?;
            }
            Ok::<_, StoreError>(())
        })?;
    }
    // It would be the oldest, and is the only one that has not ended.
    store.write_blocking(move |tx| tx.delete_job(model.number))
}

fn ended(key: JobKey, spec: batchai::domain::job::JobSpec, number: usize) -> batchai::domain::job::Job {
    let (at, uuid) = (Timestamp::now(), format!("00000000-0000-4000-8000-{number:012}"));
    let mut job = batchai::domain::job::Job::submitted(key, spec, uuid.clone(), at);
    job.apply(&Event::Started(Run { id: RunId(uuid), nodes: vec![0] }), at);
    job.apply(&Event::Exited(Outcome::Succeeded), at);
    job
}
