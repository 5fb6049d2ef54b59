//! `job run`: submit, show the output, exit with the job's exit code.

use std::pin::pin;

use clap::Args;
use tokio::sync::Notify;

use super::interrupt::{Answer, Interruption, Reaction, Signals, ask, is_terminal, react};
use super::live::{self, View};
use super::submit::{Prepared, SubmitArgs, Submitted, flags, prepare};
use super::{dry_run, wait};
use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::client::resources::Waits;

/// Arguments of `job run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    submit: SubmitArgs,
    /// Leave the job running when this command is interrupted; without it, a signal ends the job, except for
    /// Ctrl-C on a terminal, which asks.
    #[arg(long)]
    detach_on_signal: bool,
}

/// Submits the job of a file and stays until it has ended.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: RunArgs, session: &Session) -> Outcome {
    if args.submit.dry_run {
        return dry_run::run(&args.submit, session).await;
    }
    follow(&args.submit, args.detach_on_signal, session).await
}

/// The same; `detach_on_signal`: whatever signal comes, the job is left alone.
///
/// # Errors
/// With what to tell the user.
pub async fn follow(submit_args: &SubmitArgs, detach_on_signal: bool, session: &Session) -> Outcome {
    let prepared = prepare(submit_args, session)?;
    // From before the job can exist: a signal must never leave a job that nobody knows of.
    let mut signals = Signals::listen()
        .map_err(|error| Failure::new(ExitCode::Refused, format!("cannot listen for signals: {error}")))?;
    let Some((submitted, mut early)) = submit(&prepared, session, &mut signals).await? else {
        return Ok(ExitCode::Interrupted.value());
    };
    session.report.note(&format!("Job {} submitted to {}.", submitted.job.name, place(&submitted.job)));
    let id = submitted.id;
    let view = View::default();
    let mut shown = Box::pin(live::show(session, &id, submitted.job, &view));
    let mut is_ending = false;
    loop {
        let signal = tokio::select! {
            Some(signal) = std::future::ready(early.take()), if early.is_some() => signal,
            job = &mut shown => {
                let job = job.map_err(|failure| failure.hint(format!("the job may still run: {}", reattach(&id))))?;
                return Ok(if is_ending { interrupted(session, &job) } else { conclude(session, &id, &job) });
            }
            signal = signals.next() => signal,
        };
        let reaction = match react(signal, is_terminal(), detach_on_signal, is_ending) {
            Reaction::Ask => match ask(&mut signals).await {
                Answer::Continue => continue,
                Answer::Detach => Reaction::Detach,
                Answer::EndJob => Reaction::EndJob,
            },
            decided => decided,
        };
        if reaction == Reaction::Detach {
            return Ok(detached(session, &id, is_ending));
        }
        is_ending = true;
        session.report.note("Stopping the job ...");
        session.client.terminate(&id, Waits::No).await?;
    }
}

/// Submits, and remembers a signal that comes meanwhile. `None` after a second one.
async fn submit(
    prepared: &Prepared,
    session: &Session,
    signals: &mut Signals,
) -> Result<Option<(Submitted, Option<Interruption>)>, Failure> {
    let stop = Notify::new();
    let mut submitted = pin!(prepared.submit(session, &stop));
    let early = tokio::select! {
        submitted = &mut submitted => return Ok(Some((submitted?, None))),
        signal = signals.next() => signal,
    };
    stop.notify_one();
    tokio::select! {
        submitted = submitted => Ok(Some((submitted?, Some(early)))),
        _ = signals.next() => Ok(None),
    }
}

fn conclude(session: &Session, id: &ResourceId, job: &Job) -> u8 {
    if job.properties.execution_state == "succeeded" {
        let took = job.properties.execution_info.as_ref().map(wait::elapsed).unwrap_or_default();
        session.report.note(&format!("Job {} succeeded after {took}.", job.name));
        return ExitCode::Ok.value();
    }
    wait::conclude(job, id, session.report, "")
}

fn interrupted(session: &Session, job: &Job) -> u8 {
    session.report.note(&format!("Job {} was stopped.", job.name));
    ExitCode::Interrupted.value()
}

fn detached(session: &Session, id: &ResourceId, is_ending: bool) -> u8 {
    let state = if is_ending { "The job is still being stopped" } else { "The job goes on" };
    session.report.note(&format!("{state}. To wait for it: {}", reattach(id)));
    ExitCode::Interrupted.value()
}

/// The commands that lead back to the job.
fn reattach(id: &ResourceId) -> String {
    let named = flags(id);
    format!("`batchai job wait{named}`, its output: `batchai job logs -f{named}`")
}

fn place(job: &Job) -> String {
    let cluster = ResourceId::parse(&job.properties.spec.cluster.id);
    let (workspace, experiment) = match ResourceId::parse(&job.id) {
        Some(ResourceId { workspace, child: Child::Job(experiment, _), .. }) => (workspace, experiment),
        Some(_) | None => (String::new(), String::new()),
    };
    let cluster = match cluster {
        Some(ResourceId { child: Child::Cluster(name), .. }) => name,
        Some(_) | None => String::new(),
    };
    format!("cluster {cluster} (workspace {workspace}, experiment {experiment})")
}
