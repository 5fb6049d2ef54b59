use super::*;
use crate::api::BatchAiError;
use crate::api::explanation::{JobBefore, LastOutput};
use crate::api::job::JobProperties;

const ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/experiments/e/jobs/train";

fn told(explanation: &JobExplanation) -> String {
    let now = "2026-11-01T10:02:05Z".parse().expect("a time");
    text(explanation, &ResourceId::parse(ID).expect("an id"), now, &Screen::default())
}

fn of(state: &str, summary: &str) -> JobExplanation {
    JobExplanation {
        name: "train".into(),
        execution_state: state.into(),
        summary: summary.into(),
        ..JobExplanation::default()
    }
}

#[test]
fn a_queued_a_running_and_a_failed_job_are_explained() {
    let since = "2026-11-01T10:00:00Z".to_owned();
    let before = JobBefore {
        name: "a".into(),
        experiment: "e".into(),
        execution_state: "running".into(),
        priority: "high".into(),
        node_count: 2,
    };
    let queue = QueueExplanation {
        since: since.clone(),
        can_start: true,
        needs: 2,
        cluster: Some("c".into()),
        most: 2,
        running: 2,
        before_it: vec![before],
        ..QueueExplanation::default()
    };
    let queued = JobExplanation {
        queue: Some(queue),
        remedies: vec!["it starts when `a` ends".into()],
        ..of("queued", "it waits for 2 nodes")
    };
    let run = RunExplanation {
        since: since.clone(),
        nodes: vec!["tvm-1".into(), "tvm-2".into()],
        ranks: Some(4),
        seconds_left: 90_000,
        last_output_time: Some("2026-11-01T10:02:00Z".into()),
    };
    let running = JobExplanation { run: Some(run), ..of("running", "it runs on 2 nodes") };
    let ending = EndingExplanation {
        started: since,
        ended: "2026-11-01T11:00:00Z".into(),
        exit_code: Some(137),
        signal: Some("SIGKILL".into()),
        error: Some("JobFailed".into()),
        output: Some(LastOutput { file_name: "stderr.txt".into(), lines: vec!["one".into(), "\u{1b}[2Jtwo".into()] }),
    };
    let failed = JobExplanation { ending: Some(ending), ..of("failed", "it ended with exit code 137: SIGKILL") };
    insta::assert_snapshot!([queued, running, failed].map(|e| told(&e)).join("---\n"), @r"
    Job train is queued: it waits for 2 nodes.
      waiting for   2 min 5 s
      nodes         needs 2; cluster c has at most 2: 0 idle, 2 running, 0 preparing, 0 unusable
      before it     a (running, priority high, 2 nodes)

    What helps:
      - it starts when `a` ends

    Next:
      batchai job wait -g g -w w -e e -n train
      batchai job terminate -g g -w w -e e -n train
    ---
    Job train is running: it runs on 2 nodes.
      running for   2 min 5 s
      nodes         tvm-1
                    tvm-2
      ranks         4
      time left     1 d 1 h
      last output   5 s ago

    Next:
      batchai job logs -g g -w w -e e -n train -f
      batchai job terminate -g g -w w -e e -n train
    ---
    Job train has failed: it ended with exit code 137: SIGKILL.
      ended         2026-11-01T11:00:00Z
      ran for       1 h
      exit code     137 (SIGKILL)
      error         JobFailed

    The end of stderr.txt:
      one
      [2Jtwo

    Next:
      batchai job logs -g g -w w -e e -n train
      batchai job rerun -g g -w w -e e -n train
    ");
}

#[test]
fn a_job_alone_tells_what_it_knows() {
    let job = |state: &str, info: Option<ExecutionInfo>| Job {
        id: ID.into(),
        name: "train".into(),
        kind: String::new(),
        properties: JobProperties { execution_state: state.into(), execution_info: info, ..JobProperties::default() },
    };
    let error = BatchAiError { code: "JobFailed".into(), message: "it broke".into(), details: None };
    let info = ExecutionInfo {
        start_time: "2026-11-01T10:00:00Z".into(),
        end_time: Some("2026-11-01T10:01:00Z".into()),
        exit_code: Some(3),
        errors: Some(vec![error]),
        ..ExecutionInfo::default()
    };
    let failed = from_job(job("failed", Some(info)));
    assert_eq!(failed.summary, "it exited with code 3: it broke");
    assert_eq!(failed.ending.and_then(|ending| ending.exit_code), Some(3));
    assert!(from_job(job("queued", None)).summary.starts_with("it waits for nodes"));
    assert!(from_job(job("failed", None)).summary.contains("does not say why"));
}

#[test]
fn a_time_has_its_two_largest_units() {
    let times = [0, 59, 60, 125, 3600, 90_061, 604_800];
    let expected = ["0 s", "59 s", "1 min", "2 min 5 s", "1 h", "1 d 1 h", "7 d"];
    assert_eq!(times.map(lasting), expected);
}
