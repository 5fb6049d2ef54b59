//! `job create`: submit and print; with `--wait` or `--stream`, stay until it has ended.

use std::pin::pin;

use clap::Args;
use tokio::sync::Notify;

use super::dry_run;
use super::run::follow;
use super::submit::{Prepared, SubmitArgs, Submitted, flags, prepare};
use super::wait;
use crate::api::job::Job;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::Session;

/// Arguments of `job create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    submit: SubmitArgs,
    /// Wait until it has ended, and exit with its exit code; Ctrl-C leaves it running.
    #[arg(long)]
    wait: bool,
    /// Show its output as it is written, and exit with its exit code; Ctrl-C leaves it running.
    #[arg(long, conflicts_with = "wait")]
    stream: bool,
}

/// Submits the job of a file and prints it.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &CreateArgs, session: &Session) -> Outcome {
    if args.submit.dry_run {
        return dry_run::run(&args.submit, session).await;
    }
    if args.stream {
        return follow(&args.submit, true, session).await;
    }
    let Some(submitted) = submit(&prepare(&args.submit, session)?, session).await? else {
        return Ok(ExitCode::Interrupted.value());
    };
    if !args.wait {
        return session.print(&Output::one(&submitted.job));
    }
    let code = wait::until_ended(&submitted.id, session).await?;
    if code != ExitCode::Interrupted.value() {
        let job: Job = session.client.get(&submitted.id).await?;
        session.print(&Output::one(&job))?;
    }
    Ok(code)
}

/// Submits. `None` after a Ctrl-C that came too late to prevent the job, or a second one.
///
/// # Errors
/// With what to tell the user, also when the job was prevented.
async fn submit(prepared: &Prepared, session: &Session) -> Result<Option<Submitted>, Failure> {
    let stop = Notify::new();
    let mut submitting = pin!(prepared.submit(session, &stop));
    tokio::select! {
        // A signal that comes together with the answer counts: nobody would hear it later.
        biased;
        Ok(()) = tokio::signal::ctrl_c() => stop.notify_one(),
        submitted = &mut submitting => return Ok(Some(submitted?)),
    }
    let named = flags(&prepared.id);
    tokio::select! {
        submitted = submitting => {
            let name = submitted?.job.name;
            let wait = format!("To wait for it: `batchai job wait{named}`, to stop it: `batchai job terminate{named}`");
            session.report.note(&format!("Job {name} was submitted already, and goes on. {wait}"));
        }
        Ok(()) = tokio::signal::ctrl_c() => {
            session.report.note(&format!("The job may have been submitted. To look: `batchai job show{named}`"));
        }
    }
    Ok(None)
}
