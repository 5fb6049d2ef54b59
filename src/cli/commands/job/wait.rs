//! `job wait`: tell of every change, and exit with the job's exit code. The words are `az batchai`'s.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{Timestamp, Unit};

use super::submit::flags;
use crate::api::id::ResourceId;
use crate::api::job::{ExecutionInfo, Job};
use crate::cli::exit_code::{ExitCode, of_job};
use crate::cli::output::shape::{timedelta, timestamp};
use crate::cli::progress::Spinner;
use crate::cli::report::Failure;
use crate::cli::report::Report;
use crate::cli::session::Session;
use crate::cli::targets::JobTargets;
use crate::cli::{Outcome, span};
use crate::client::resources::Look;
use crate::client::{Client, ClientError};

/// Arguments of `job wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    #[command(flatten)]
    targets: JobTargets,
    /// Give up after this time, with exit code 5; the jobs go on. Seconds, or 90s, 10m, 1h30m, 7d.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    timeout: Option<Duration>,
    /// Wait for another state than the end; the exit code then tells only whether it came.
    #[arg(long = "for", value_enum, value_name = "STATE")]
    awaited: Option<Awaited>,
    /// Seconds between two looks at the job, of a server that speaks only the versions of Batch AI; batchai's own
    /// tells of changes at once.
    #[arg(long, value_name = "SECONDS")]
    interval: Option<u32>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Awaited {
    /// It has started.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended, and not well.
    Failed,
    /// It has ended.
    #[default]
    Ended,
}

/// How the wait for one job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has come.
    Come,
    /// It can still come.
    Open,
    /// It cannot come any more.
    Lost,
}

impl Awaited {
    fn standing(self, job: &Job) -> Standing {
        let state = job.properties.execution_state.as_str();
        let has_come = match self {
            Self::Running => job.properties.execution_info.is_some(),
            Self::Succeeded => state == "succeeded",
            Self::Failed => state == "failed",
            Self::Ended => job.is_ended(),
        };
        match has_come {
            true => Standing::Come,
            false if job.is_ended() => Standing::Lost,
            false => Standing::Open,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }
}

/// Connections that may break one after the other while nothing changes.
const PATIENCE: u32 = 10;

/// Waits until the jobs have ended, or are in the state that was asked for. Never touches them.
///
/// # Errors
/// When a job is not there, or goes while it is waited for; when the time is over.
pub async fn run(args: &WaitArgs, session: &Session) -> Outcome {
    let ids = args.targets.resolve(session)?;
    let look = Look::State(args.interval.map(|seconds| Duration::from_secs(seconds.into())));
    until(&ids, (args.awaited.unwrap_or_default(), look), args.timeout, session).await
}

/// Waits until one job has ended; its exit code, or that of Ctrl-C.
///
/// # Errors
/// As [`run`].
pub async fn until_ended(id: &ResourceId, session: &Session) -> Outcome {
    until(std::slice::from_ref(id), (Awaited::Ended, Look::State(None)), None, session).await
}

async fn until(
    ids: &[ResourceId],
    (awaited, look): (Awaited, Look),
    timeout: Option<Duration>,
    session: &Session,
) -> Outcome {
    let table = Table { states: RefCell::new(Vec::new()), spinner: Spinner::new(session.report) };
    let is_several = ids.len() > 1;
    let follow = |(place, id)| {
        let table = &table;
        async move { (place, wait(id, (awaited, look), is_several, session, table).await) }
    };
    let mut waits: FuturesUnordered<_> = ids.iter().enumerate().map(follow).collect();
    let mut codes: Vec<Option<Result<u8, Failure>>> = ids.iter().map(|_| None).collect();
    let over = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let (mut over, mut interrupted) = (pin!(over), pin!(tokio::signal::ctrl_c()));
    loop {
        tokio::select! {
            ended = waits.next() => match ended {
                Some((place, code)) => codes[place] = Some(code),
                None => break,
            },
            () = &mut over => return Err(too_late(timeout.unwrap_or_default(), &table)),
            Ok(()) = &mut interrupted => return Ok(interruption(ids, &table, session.report)),
        }
    }
    drop(waits);
    conclusion(codes.into_iter().flatten().collect(), session.report)
}

fn interruption(ids: &[ResourceId], table: &Table, report: Report) -> u8 {
    table.spinner.hide();
    let what = if ids.len() == 1 { "The job goes on" } else { "The jobs go on" };
    let again: String = ids.first().map(flags).unwrap_or_default();
    report.note(&format!("{what}. To wait again: `batchai job wait{again}`"));
    ExitCode::Interrupted.value()
}

/// Of one job its own; of several, 0 when all are 0, else that of the first that is not.
fn conclusion(codes: Vec<Result<u8, Failure>>, report: Report) -> Outcome {
    let is_one = codes.len() == 1;
    let mut answer = ExitCode::Ok.value();
    for code in codes {
        let code = match code {
            Ok(code) => code,
            Err(failure) if is_one => return Err(failure),
            Err(failure) => {
                report.error(&failure);
                failure.code.value()
            }
        };
        if answer == ExitCode::Ok.value() {
            answer = code;
        }
    }
    Ok(answer)
}

/// What is known of all jobs that are waited for, and where it is shown.
struct Table {
    states: RefCell<Vec<(String, String)>>,
    spinner: Spinner,
}

impl Table {
    /// The newest of one job; the line on the terminal tells of all that have not come.
    fn tell(&self, job: &Job, is_over: bool) {
        let mut states = self.states.borrow_mut();
        states.retain(|(name, _)| *name != job.name);
        if !is_over {
            let properties = &job.properties;
            let reason = properties.queue_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            states.push((job.name.clone(), format!("{}{reason}", properties.execution_state)));
        }
        match states.as_slice() {
            [] => self.spinner.hide(),
            [(name, state)] => self.spinner.say(format!("Job {name} is {state}")),
            [(name, state), others @ ..] => {
                self.spinner.say(format!("Job {name} is {state}; {} more are waited for", others.len()));
            }
        }
    }
}

async fn wait(
    id: &ResourceId,
    (awaited, look): (Awaited, Look),
    is_prefixed: bool,
    session: &Session,
    table: &Table,
) -> Result<u8, Failure> {
    let mut job: Job = session.client.get(id).await?;
    let prefix = if is_prefixed { format!("{}: ", job.name) } else { String::new() };
    let say = |text: &str| table.spinner.suspend(|| session.report.note(&format!("{prefix}{text}")));
    say(&format!("Job submitted at {}", moment(&job.properties.creation_time)));
    let (mut told, mut is_start_told) = (String::new(), false);
    loop {
        let properties = &job.properties;
        if let (Some(info), false) = (&properties.execution_info, is_start_told) {
            say(&format!("Job started execution at {}", moment(&info.start_time)));
            is_start_told = true;
        }
        if properties.execution_state != told {
            told.clone_from(&properties.execution_state);
            say(&format!("Job state: {told}"));
        }
        let standing = awaited.standing(&job);
        table.tell(&job, standing != Standing::Open);
        match standing {
            Standing::Open => {}
            Standing::Come if awaited == Awaited::Ended => {
                return Ok(table.spinner.suspend(|| conclude(&job, id, session.report, &prefix)));
            }
            Standing::Come => return Ok(ExitCode::Ok.value()),
            Standing::Lost => {
                let (name, state) = (&job.name, &properties.execution_state);
                let message = format!("job {name} has ended ({state}), and will not be `{}` any more", awaited.word());
                return Err(Failure::new(ExitCode::Refused, message)
                    .hint(format!("`batchai job explain{}` tells why", flags(id))));
            }
        }
        job = change(&session.client, id, &job, look).await?;
    }
}

fn too_late(timeout: Duration, table: &Table) -> Failure {
    table.spinner.hide();
    let states = table.states.borrow();
    let names: Vec<&str> = states.iter().map(|(name, _)| name.as_str()).collect();
    let states: Vec<String> = states.iter().map(|(name, state)| format!("job {name} is {state}")).collect();
    let message = format!("waited for {}: {}", span::told(timeout), states.join("; "));
    Failure::new(ExitCode::TimedOut, message).hint(format!(
        "nothing was stopped; wait longer with a larger `--timeout`, or look: `batchai job explain {}`",
        names.join(" ")
    ))
}

/// The job when it is another than this one, or after some time. A server that goes away in between is
/// started again and asked again.
///
/// # Errors
/// See [`ClientError`].
pub async fn change(client: &Client, id: &ResourceId, job: &Job, look: Look) -> Result<Job, ClientError> {
    let mut broken = 0;
    loop {
        match client.wait_for_change(id, job, look).await {
            Err(error) if error.is_lost_connection() && broken < PATIENCE => {
                broken += 1;
                client.pause().await;
            }
            result => return result,
        }
    }
}

/// Tells how the job ended; answers its exit code.
pub fn conclude(job: &Job, id: &ResourceId, report: Report, prefix: &str) -> u8 {
    let note = |text: &str| report.note(&format!("{prefix}{text}"));
    let Some(info) = &job.properties.execution_info else {
        note("Failed job has no execution info");
        return ExitCode::NoExitCode.value();
    };
    let ended = info.end_time.as_deref().unwrap_or_default();
    let (at, took) = (moment(ended), elapsed(info));
    if job.properties.execution_state == "succeeded" {
        note(&format!("Job completed at {at}; execution took {took}"));
        return ExitCode::Ok.value();
    }
    note(&format!("The job \"{}\" in resource group \"{}\" failed.", job.name, id.group));
    match info.exit_code {
        Some(code) => note(&format!("Job failed with exit code {code} at {at}; execution took {took}")),
        None => note(&format!("Job failed without an exit code at {at}; execution took {took}")),
    }
    for error in info.errors.iter().flatten() {
        note(&format!("Error message: {}", error.message));
        note("Details:");
        let details: Vec<String> =
            error.details.iter().flatten().map(|detail| format!("{}: {}", detail.name, detail.value)).collect();
        note(&if details.is_empty() { "<none>".into() } else { details.join("\n") });
    }
    report.hint(&format!("`batchai job explain{}` tells more", flags(id)));
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
