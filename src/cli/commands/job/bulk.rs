//! `job delete --all-failed | --older-than`: many jobs of an experiment, chosen by how and when they ended.
//!
//! Only jobs that have ended are ever chosen. What goes is shown before it is asked for.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::api::path;
use crate::cli::confirm::confirm;
use crate::cli::ending::{Verb, carry_out};
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::{Ending, Session};
use crate::cli::targets::JobTargets;
use crate::cli::{Outcome, span};

/// Which jobs, beside or instead of names.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Choice {
    /// All jobs of the experiment that have failed or were stopped.
    #[arg(long)]
    all_failed: bool,
    /// All jobs of the experiment that ended longer ago: 12h, 7d; with --all-failed, only those that failed.
    #[arg(long, value_name = "DURATION", value_parser = span::parse)]
    older_than: Option<Duration>,
}

impl Choice {
    /// Whether jobs are chosen at all, rather than named.
    #[must_use]
    pub fn is_made(self) -> bool {
        self.all_failed || self.older_than.is_some()
    }

    fn takes(self, job: &Job, now: Timestamp) -> bool {
        let is_old = |age: Duration| {
            let limit = now.checked_sub(age).unwrap_or(Timestamp::MIN);
            ended(job).and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at <= limit)
        };
        job.is_ended()
            && (!self.all_failed || job.properties.execution_state == "failed")
            && self.older_than.is_none_or(is_old)
    }
}

/// Deletes the jobs that were chosen, once the user is sure.
///
/// # Errors
/// When jobs are named too, or with what to tell the user.
pub async fn delete(session: &Session, targets: &JobTargets, choice: Choice, ending: &Ending) -> Outcome {
    if !targets.names.is_empty() || targets.name.is_some() || !targets.ids.ids.is_empty() {
        let message = "cannot delete jobs both by name and with --all-failed or --older-than: use one of them";
        return Err(Failure::new(ExitCode::Usage, message)
            .hint("`batchai job delete NAME ...` deletes by name, `batchai job delete --all-failed` what failed"));
    }
    let experiment = session.experiment(&targets.scope).name;
    let any = session.id(&targets.scope.workspace, Child::Job(experiment.clone(), "any".into()))?;
    let jobs: Vec<Job> = session.client.list(&path::collection(&any)).await?;
    let now = Timestamp::now();
    let chosen: Vec<&Job> = jobs.iter().filter(|job| choice.takes(job, now)).collect();
    if chosen.is_empty() {
        session.report.note(&format!("The experiment {experiment} has no such jobs: nothing to delete."));
        return Ok(ExitCode::Ok.value());
    }
    let ids: Vec<ResourceId> =
        chosen.iter().map(|job| session.job(&targets.scope, &job.name)).collect::<Result<_, Failure>>()?;
    session.report.note(&format!("Jobs of the experiment {experiment} to be deleted: {}", chosen.len()));
    lines(&chosen).iter().for_each(|line| session.report.note(line));
    confirm(session.is_sure(ending), &session.report)?;
    carry_out(session, &ids, Verb::Delete, ending.waits()).await
}

fn ended(job: &Job) -> Option<&str> {
    job.properties.execution_info.as_ref()?.end_time.as_deref()
}

/// One line per job: name, state, end.
fn lines(jobs: &[&Job]) -> Vec<String> {
    let width = jobs.iter().map(|job| job.name.chars().count()).max().unwrap_or_default();
    let line = |job: &&Job| {
        let state = &job.properties.execution_state;
        format!("  {:width$}  {state:9}  {}", job.name, ended(job).unwrap_or_default())
    };
    jobs.iter().map(|job| line(job).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::job::{ExecutionInfo, JobProperties};

    fn job(state: &str, end: Option<&str>) -> Job {
        let execution_info =
            end.map(|end| ExecutionInfo { end_time: Some(end.to_owned()), ..ExecutionInfo::default() });
        let properties =
            JobProperties { execution_state: state.to_owned(), execution_info, ..JobProperties::default() };
        Job { id: String::new(), name: "a".to_owned(), kind: String::new(), properties }
    }

    #[test]
    fn only_jobs_that_have_ended_as_asked_for_are_chosen() {
        let now = "2024-05-08T10:00:00Z".parse().expect("a time");
        let jobs = [
            job("failed", Some("2024-05-01T09:00:00Z")),
            job("failed", Some("2024-05-08T09:00:00Z")),
            job("succeeded", Some("2024-05-01T09:00:00Z")),
            job("running", None),
            job("queued", None),
        ];
        let week = Some(Duration::from_secs(7 * 86_400));
        let cases = [
            (Choice { all_failed: true, older_than: None }, [true, true, false, false, false]),
            (Choice { all_failed: false, older_than: week }, [true, false, true, false, false]),
            (Choice { all_failed: true, older_than: week }, [true, false, false, false, false]),
            (Choice { all_failed: false, older_than: Some(Duration::MAX) }, [false; 5]),
        ];
        for (choice, expected) in cases {
            assert_eq!(jobs.each_ref().map(|job| choice.takes(job, now)), expected, "{choice:?}");
        }
    }
}
