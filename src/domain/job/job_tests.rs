use super::*;
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, Name, RunId, WorkspaceKey};

fn job(max_retries: u32) -> Job {
    let workspace =
        WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: Name::parse("w").expect("a name") };
    let cluster = ClusterKey { workspace: workspace.clone(), name: Name::parse("c").expect("a name") };
    let experiment = ExperimentKey { workspace, name: Name::parse("e").expect("a name") };
    let key = JobKey { experiment, name: Name::parse("j").expect("a name") };
    let spec = JobSpec { max_retries, ..JobSpec::new(cluster, Toolkit::Custom { command_line: "true".into() }) };
    Job::submitted(key, spec, "u".into(), Timestamp::UNIX_EPOCH)
}

/// Lets these happen to a job that runs on and on, and answers the state after each.
fn states(job: &mut Job, events: &[Event]) -> Vec<&'static str> {
    let started = Event::Started(execution::Run { id: RunId("r".into()), nodes: vec![0] });
    let mut states = Vec::new();
    for event in events {
        job.apply(&started, Timestamp::UNIX_EPOCH);
        job.apply(event, Timestamp::UNIX_EPOCH);
        states.push(job.execution().word());
    }
    states
}

#[test]
fn a_lost_run_is_retried_as_often_as_was_asked_and_no_more() {
    let lost = || Event::Lost(JobError::new("JobLost", "the supervisor disappeared"));
    assert_eq!(states(&mut job(0), &[lost()]), ["failed"]);
    let mut twice = job(2);
    assert_eq!(states(&mut twice, &[lost(), lost(), lost()]), ["queued", "queued", "failed"]);
    assert_eq!((twice.attempts().retries, twice.attempts().interruptions), (2, 0));
}

#[test]
fn interruptions_have_no_limit_and_use_up_no_retries() {
    let mut job = job(1);
    let failed = Outcome::Failed { exit_code: Some(143), error: JobError::new("JobFailed", "x") };
    for round in 1..=3 {
        let events = [Event::Interrupted(Interruption::Preempted), Event::Exited(failed.clone())];
        assert_eq!(states(&mut job, &events), ["interrupting", "queued"], "round {round}");
        assert_eq!((job.attempts().retries, job.attempts().interruptions), (0, round));
    }
    assert!(job.attempts().sentence().is_some_and(|told| told.contains("3 times, lastly because a node of low")));
}

#[test]
fn a_job_that_fails_by_itself_is_not_retried() {
    let failed = Outcome::Failed { exit_code: Some(3), error: JobError::new("JobFailed", "x") };
    assert_eq!(states(&mut job(5), &[Event::Exited(failed)]), ["failed"]);
}

#[test]
fn a_job_that_an_older_server_wrote_down_has_had_no_setbacks() {
    let mut stored = serde_json::to_value(job(0)).expect("a document");
    stored.as_object_mut().expect("an object").remove("attempts");
    stored["spec"].as_object_mut().expect("an object").remove("max_retries");
    assert_eq!(serde_json::from_value::<Job>(stored).expect("a job"), job(0));
}
