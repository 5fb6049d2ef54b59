//! Runs that end, are lost or fail to begin, tick by tick.

use super::stage::{LONG, Stage, manual};
use crate::domain::job::{Event, Execution, JobError, Outcome};
use crate::domain::{Step, Timestamp};
use crate::engine::simulated::{LaunchFault, Script};
use crate::scheduler::tick::tick;

#[test]
fn a_running_job_is_stopped_politely_then_for_good() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.terminate("a");
    stage.pass(9);
    assert_eq!(stage.state("a"), "terminating");
    stage.pass(1);
    assert!(stage.state("a").starts_with("JobTerminated"));
}

#[test]
fn a_lost_run_fails_its_job_and_frees_its_node() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("a", 1);
    stage.submit_long("b", 1);
    stage.engine.lose("a", "it was killed");
    stage.settle();
    assert_eq!(
        [stage.state("a"), stage.state("b")],
        [
            "JobLost: the supervisor of the job disappeared and its processes were ended: it was killed",
            "running on [0]"
        ]
    );
}

#[test]
fn a_run_that_was_written_down_but_not_begun_is_launched_once_by_the_next_server() {
    let mut stage = Stage::new(manual(1));
    stage.engine.fail_launch(LaunchFault::NeverReached);
    stage.submit_with("a", |_| {});
    tick(&stage.world, &mut stage.memory, stage.now).expect("a tick");
    let run = stage.run_of("a");
    assert_eq!(stage.engine.remembered_runs(), 0, "nothing was begun");
    stage.restart();
    stage.settle();
    assert_eq!((stage.engine.remembered_runs(), stage.run_of("a")), (1, run.clone()));
    stage.pass(1);
    assert_eq!((stage.state("a").as_str(), stage.engine.launches(&run)), ("succeeded", 2));
}

#[test]
fn a_run_that_goes_on_is_adopted_by_the_next_server_without_a_second_launch() {
    let mut stage = Stage::new(manual(1));
    stage.submit("a", 1);
    let run = stage.run_of("a");
    stage.restart();
    stage.settle();
    stage.pass(1);
    assert_eq!((stage.state("a").as_str(), stage.engine.launches(&run)), ("succeeded", 1));
}

#[test]
fn a_terminated_run_that_was_never_begun_ends_without_being_launched() {
    let mut stage = Stage::new(manual(1));
    stage.engine.fail_launch(LaunchFault::NeverReached);
    stage.submit_with("a", |_| {});
    tick(&stage.world, &mut stage.memory, stage.now).expect("a tick");
    let run = stage.run_of("a");
    stage.restart();
    stage.terminate("a");
    assert!(stage.state("a").starts_with("JobTerminated"));
    assert_eq!(stage.engine.launches(&run), 1, "the one that never reached the engine");
}

#[test]
fn a_launch_of_unknown_end_is_observed_before_it_is_tried_again() {
    let mut stage = Stage::new(manual(2));
    stage.engine.fail_launch(LaunchFault::FailedAfter);
    stage.submit("begun", 1);
    assert_eq!(stage.engine.launches(&stage.run_of("begun")), 1);
    stage.engine.fail_launch(LaunchFault::FailedBefore);
    stage.submit("not-begun", 1);
    let run = stage.run_of("not-begun");
    assert_eq!(stage.engine.launches(&run), 1, "not tried again before its pause is over");
    stage.pass(1);
    assert_eq!(stage.engine.launches(&run), 2);
    stage.pass(1);
    assert_eq!([stage.state("begun"), stage.state("not-begun")], ["succeeded", "succeeded"]);
}

#[test]
fn a_job_that_cannot_run_here_fails_with_the_reason() {
    let mut stage = Stage::new(manual(1));
    stage.engine.refuse_directories("nowhere", "no storage account `x` is configured");
    stage.submit("nowhere", 1);
    assert_eq!(stage.state("nowhere"), "JobStartFailed: no storage account `x` is configured");
    stage.engine.fail_launch(LaunchFault::NotStarted("there is no bash".into()));
    stage.submit("no-bash", 1);
    assert_eq!(stage.state("no-bash"), "JobStartFailed: there is no bash");
}

#[test]
fn an_engine_that_does_not_answer_is_asked_again_after_a_pause() {
    let mut stage = Stage::new(manual(1));
    stage.submit("a", 1);
    stage.engine.set_deaf(true);
    stage.pass(1);
    assert_eq!(stage.state("a"), "running on [0]", "unknown is not lost");
    assert!(stage.next.is_some_and(|next| next > stage.now), "it wakes by itself, but not at once");
    stage.engine.set_deaf(false);
    stage.pass(1);
    assert_eq!(stage.state("a"), "succeeded");
}

#[test]
fn a_failed_job_keeps_what_its_run_said() {
    let mut stage = Stage::new(manual(1));
    let error = JobError::new("JobFailed", "Job failed with non-zero exit code");
    let outcome = Outcome::Failed { exit_code: Some(3), error };
    stage.engine.script("a", Script { outcome: outcome.clone(), ..Script::default() });
    stage.submit("a", 1);
    let began = stage.now;
    stage.pass(1);
    let expected = Execution::Ended { started: began, at: stage.now, outcome };
    assert_eq!(stage.job("a").expect("the job").execution(), &expected);
}

#[test]
fn a_run_that_a_killed_server_left_behind_is_cleaned_up_by_the_next() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("a", 1);
    stage.settle();
    assert_eq!(stage.engine.remembered_runs(), 1);
    // The end is written down, and the server is killed before it could clean up.
    let end = Event::Exited(Outcome::Succeeded);
    stage.change_job("a", move |job| assert_eq!(job.apply(&end, Timestamp::UNIX_EPOCH), Step::To(())));
    stage.settle();
    assert_eq!(stage.engine.remembered_runs(), 1);
    stage.restart();
    stage.settle();
    assert_eq!(stage.engine.remembered_runs(), 0);
}
