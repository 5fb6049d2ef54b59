//! `job wait`: tell of every change, and exit with the job's exit code. The words are `az batchai`'s.

use clap::Args;
use jiff::{Timestamp, Unit};

use super::JobArgs;
use crate::api::id::ResourceId;
use crate::api::job::{ExecutionInfo, Job};
use crate::cli::Outcome;
use crate::cli::exit_code::{ExitCode, of_job};
use crate::cli::output::shape::{timedelta, timestamp};
use crate::cli::report::Report;
use crate::cli::session::Session;
use crate::client::{Client, ClientError};

/// Arguments of `job wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    #[command(flatten)]
    job: JobArgs,
    /// Accepted for old scripts; changes are told at once.
    #[arg(long, value_name = "SECONDS")]
    interval: Option<u32>,
}

/// Connections that may break one after the other while nothing changes.
const PATIENCE: u32 = 10;

/// Waits until the job has ended. Never touches it.
///
/// # Errors
/// When the job is not there, or goes while it is waited for.
pub async fn run(args: &WaitArgs, session: &Session) -> Outcome {
    let id = args.job.id(session)?;
    let mut job: Job = session.client.get(&id).await?;
    session.report.note(&format!("Job submitted at {}", moment(&job.properties.creation_time)));
    let (mut told, mut is_start_told) = (String::new(), false);
    loop {
        let properties = &job.properties;
        if let (Some(info), false) = (&properties.execution_info, is_start_told) {
            session.report.note(&format!("Job started execution at {}", moment(&info.start_time)));
            is_start_told = true;
        }
        if properties.execution_state != told {
            told.clone_from(&properties.execution_state);
            session.report.note(&format!("Job state: {told}"));
        }
        if is_ended(&job) {
            return Ok(conclude(&job, &id, session.report));
        }
        job = change(&session.client, &id, &job).await?;
    }
}

/// The job when it is another than this one, or after some time. A server that goes away in between is
/// started again and asked again.
///
/// # Errors
/// See [`ClientError`].
pub async fn change(client: &Client, id: &ResourceId, job: &Job) -> Result<Job, ClientError> {
    let mut broken = 0;
    loop {
        match client.wait_for_change(id, job).await {
            Err(error) if error.is_lost_connection() && broken < PATIENCE => {
                broken += 1;
                client.pause().await;
            }
            result => return result,
        }
    }
}

/// Whether nothing more will happen to it.
#[must_use]
pub fn is_ended(job: &Job) -> bool {
    matches!(job.properties.execution_state.as_str(), "succeeded" | "failed")
}

/// Tells how the job ended; answers its exit code.
pub fn conclude(job: &Job, id: &ResourceId, report: Report) -> u8 {
    let Some(info) = &job.properties.execution_info else {
        report.note("Failed job has no execution info");
        return ExitCode::NoExitCode.value();
    };
    let ended = info.end_time.as_deref().unwrap_or_default();
    let (at, took) = (moment(ended), elapsed(info));
    if job.properties.execution_state == "succeeded" {
        report.note(&format!("Job completed at {at}; execution took {took}"));
        return ExitCode::Ok.value();
    }
    report.note(&format!("The job \"{}\" in resource group \"{}\" failed.", job.name, id.group));
    match info.exit_code {
        Some(code) => report.note(&format!("Job failed with exit code {code} at {at}; execution took {took}")),
        None => report.note(&format!("Job failed without an exit code at {at}; execution took {took}")),
    }
    for error in info.errors.iter().flatten() {
        report.note(&format!("Error message: {}", error.message));
        report.note("Details:");
        let details: Vec<String> =
            error.details.iter().flatten().map(|detail| format!("{}: {}", detail.name, detail.value)).collect();
        report.note(&if details.is_empty() { "<none>".into() } else { details.join("\n") });
    }
    exit_code(job)
}

/// The exit code of a job that has ended; 255 when it has none.
#[must_use]
pub fn exit_code(job: &Job) -> u8 {
    let info = job.properties.execution_info.as_ref();
    match info.and_then(|info| info.exit_code) {
        Some(code) => of_job(code),
        None => ExitCode::NoExitCode.value(),
    }
}

/// `2018-06-07 21:16:57.114000+00:00`, as Python prints it.
fn moment(wire: &str) -> String {
    timestamp(wire).replacen('T', " ", 1)
}

/// How long the job ran, as Python prints a `timedelta`.
#[must_use]
pub fn elapsed(info: &ExecutionInfo) -> String {
    let parse = |text: &str| text.parse::<Timestamp>().ok();
    let span = parse(&info.start_time).zip(info.end_time.as_deref().and_then(parse));
    let microseconds = span.and_then(|(start, end)| end.since(start).ok()?.total(Unit::Microsecond).ok());
    microseconds.map_or_else(|| "an unknown time".into(), |us| timedelta(us.round() as i128))
}
