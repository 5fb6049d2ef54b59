//! `job create`: submit and print; with `--wait` or `--stream`, stay until it has ended.

use clap::Args;
use tokio::sync::Notify;

use super::dry_run;
use super::run::follow;
use super::submit::{SubmitArgs, prepare};
use super::wait;
use crate::api::job::Job;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
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
    let submitted = prepare(&args.submit, session)?.submit(session, &Notify::new()).await?;
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
