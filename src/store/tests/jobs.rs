//! The queue, and what the scheduler asks.

use proptest::prelude::*;

use super::*;
use crate::domain::snapshot::SnapshotId;
use crate::store::jobs::{ACTIVE, AHEAD, ONE, PAGE, QUEUE, SNAPSHOT};
use crate::store::{QueuedJob, Stored};

fn sized(text: &str, priority: Priority, node_count: u32) -> Job {
    let mut job = job(text);
    job.spec.priority = priority;
    job.spec.node_count = node_count;
    job
}

fn being_deleted(mut job: Job) -> Job {
    job.provisioning = deleting();
    job
}

fn names(jobs: &[Stored<Job>]) -> Vec<&str> {
    jobs.iter().map(|job| job.value.key.name.as_str()).collect()
}

#[test]
fn the_queue_is_by_priority_then_by_age_and_leaves_out_larger_jobs() {
    let home = Home::new();
    let cluster = home.furnish();
    home.do_write(move |tx| {
        for (text, priority, nodes) in [
            ("low", Priority::Low, 1),
            ("first", Priority::Normal, 2),
            ("large", Priority::High, 9),
            ("second", Priority::Normal, 1),
            ("high", Priority::High, 2),
        ] {
            tx.insert_job(cluster, &sized(text, priority, nodes))?;
        }
        tx.insert_job(cluster, &being_deleted(job("leaving")))?;
        tx.insert_job(cluster, &started(job("running")))
    });
    home.do_read(|view| {
        let job = |number, node_count| QueuedJob { number, node_count };
        assert_eq!(view.queued_jobs(cluster, 2, 10)?, [job(5, 2), job(2, 2), job(4, 1), job(1, 1)]);
        assert_eq!(view.queued_jobs(cluster, 1, 1)?, [job(4, 1)]);
        assert_eq!(view.queued_jobs(cluster, 9, 1)?, [job(3, 9)]);
        assert_eq!(view.queued_jobs(cluster + 1, 9, 1)?, []);
        assert_eq!(names(&view.all_queued_jobs_of(cluster)?), ["large", "high", "first", "second", "low"]);
        let low = view.job(&job_key("low"))?.expect("the job");
        assert_eq!((view.queued_ahead(&low, 2)?, view.queued_ahead(&low, 9)?), (3, 4));
        let first = view.job(&job_key("first"))?.expect("the job");
        assert_eq!(view.queued_ahead(&first, 2)?, 1);
        Ok(())
    });
}

#[test]
fn a_job_moves_between_the_lists_as_it_lives() {
    let home = Home::new();
    let cluster = home.furnish();
    let other = home.do_write(|tx| tx.insert_cluster(&super::cluster("d")));
    let number = home.do_write(move |tx| tx.insert_job(cluster, &job("j")));
    let lists = || {
        home.do_read(|view| {
            assert_eq!(view.running_jobs_of(other)?, vec![]);
            assert_eq!(view.running_jobs()?, view.running_jobs_of(cluster)?);
            let queued = view.queued_jobs(cluster, 9, 9)?.len();
            let running = view.running_jobs()?.len();
            Ok([queued, running, view.deleting_jobs()?.len(), usize::try_from(view.active_job_count()?).expect("few")])
        })
    };
    let set = |job: Job| home.do_write(move |tx| tx.update_job(number, &job));
    assert_eq!(lists(), [1, 0, 0, 1]);
    set(being_deleted(job("j")));
    assert_eq!(lists(), [0, 0, 1, 1], "out of the queue, and still alive");
    set(started(job("j")));
    assert_eq!(lists(), [0, 1, 0, 1]);
    let mut terminating = started(job("j"));
    terminating.apply(&Event::TerminateRequested, AT);
    set(terminating.clone());
    assert_eq!(lists(), [0, 1, 0, 1], "its run goes on");
    set(being_deleted(terminating));
    assert_eq!(lists(), [0, 1, 1, 1]);
    set(being_deleted(ended(job("j"))));
    assert_eq!(lists(), [0, 0, 1, 0]);
    home.do_write(move |tx| tx.delete_job(number));
    assert_eq!(lists(), [0, 0, 0, 0]);
}

#[test]
fn jobs_outlive_their_cluster() {
    let home = Home::new();
    let cluster = home.furnish();
    home.do_write(move |tx| {
        tx.insert_job(cluster, &job("queued"))?;
        tx.insert_job(cluster, &started(job("running")))?;
        tx.insert_job(cluster, &ended(job("ended")))?;
        tx.delete_cluster(cluster)
    });
    home.do_read(|view| {
        assert_eq!(names(&view.jobs(&experiment_key("e"), ALL)?), ["queued", "running", "ended"]);
        assert_eq!(names(&view.running_jobs()?), ["running"]);
        assert_eq!(view.queued_jobs(cluster, 9, 9)?, []);
        let queued = view.job(&job_key("queued"))?.expect("the job");
        assert_eq!((view.queued_ahead(&queued, 9)?, view.active_job_count()?), (0, 2));
        Ok(())
    });
}

#[test]
fn a_snapshot_is_used_as_long_as_a_job_has_it() {
    let home = Home::new();
    let cluster = home.furnish();
    let hex = "ab".repeat(32);
    let mut with_code = ended(job("j"));
    with_code.spec.code = SnapshotId::parse(&format!("sha256:{hex}"));
    let number = home.do_write(move |tx| tx.insert_job(cluster, &with_code));
    assert!(home.do_read(|view| view.is_snapshot_used(&hex)));
    assert!(!home.do_read(|view| view.is_snapshot_used(&"cd".repeat(32))));
    home.do_write(move |tx| tx.delete_job(number));
    assert!(!home.do_read(|view| view.is_snapshot_used(&hex)));
}

/// What makes a million stored jobs cost as much as none: no query walks the table or sorts it.
#[test]
fn every_frequent_query_is_answered_by_an_index() {
    let home = Home::new();
    let mut plans = String::new();
    for (what, sql) in
        [("one", ONE), ("page", PAGE), ("queue", QUEUE), ("ahead", AHEAD), ("active", ACTIVE), ("snapshot", SNAPSHOT)]
    {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        home.do_read(|view| {
            let mut statement = view.connection.prepare(&explain).expect("a query");
            let parameters = statement.parameter_count();
            let steps = statement
                .query_map(rusqlite::params_from_iter(vec![1; parameters]), |row| row.get::<_, String>(3))
                .expect("a plan");
            for step in steps.map(|step| step.expect("a step")).filter(|step| step.contains("jobs")) {
                plans.push_str(&format!("{what}: {step}\n"));
            }
            Ok(())
        });
        assert!(!plans.contains("TEMP B-TREE"), "{plans}");
    }
    insta::assert_snapshot!(plans, @"
    one: SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (experiment=? AND name=?)
    page: SEARCH jobs USING INDEX jobs_by_experiment (experiment=? AND rowid>?)
    queue: SEARCH jobs USING COVERING INDEX jobs_queued (cluster=?)
    ahead: SEARCH jobs USING COVERING INDEX jobs_queued (cluster=? AND priority>?)
    ahead: SEARCH jobs USING COVERING INDEX jobs_queued (cluster=? AND priority=? AND number<?)
    active: SCAN jobs USING COVERING INDEX jobs_queued
    active: SCAN jobs USING COVERING INDEX jobs_running
    active: SEARCH jobs USING COVERING INDEX jobs_deleting (state=?)
    snapshot: SEARCH jobs USING COVERING INDEX jobs_by_snapshot (snapshot=?)
    ");
}

fn any_priority() -> impl Strategy<Value = Priority> {
    prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn the_queue_is_what_a_plain_sort_gives(
        jobs in prop::collection::vec((any_priority(), 1..5_u32), 0..20),
        most in 0..6_u32,
        limit in 0..20_u32,
    ) {
        let home = Home::new();
        let cluster = home.furnish();
        let submitted = jobs.clone();
        home.do_write(move |tx| {
            for (index, (priority, nodes)) in submitted.into_iter().enumerate() {
                tx.insert_job(cluster, &sized(&format!("j{index}"), priority, nodes))?;
            }
            Ok(())
        });
        let mut expected: Vec<_> = (1..).zip(&jobs).filter(|(_, (_, nodes))| *nodes <= most).collect();
        expected.sort_by_key(|(number, (priority, _))| (std::cmp::Reverse(*priority), *number));
        let expected: Vec<i64> = expected.into_iter().map(|(number, _)| number).collect();
        home.do_read(|view| {
            let queue = view.queued_jobs(cluster, most, limit)?;
            let first: Vec<i64> = queue.iter().map(|job| job.number).collect();
            assert_eq!(first, expected[..expected.len().min(limit as usize)]);
            for (ahead, number) in (0..).zip(&expected) {
                let job = view.job_by_number(*number)?.expect("the job");
                assert_eq!(view.queued_ahead(&job, most)?, ahead);
            }
            Ok(())
        });
    }
}
