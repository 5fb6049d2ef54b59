//! `job create`: submit and print.

use tokio::sync::Notify;

use super::dry_run;
use super::submit::{SubmitArgs, prepare};
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::session::Session;

/// Submits the job of a file and prints it.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &SubmitArgs, session: &Session) -> Outcome {
    if args.dry_run {
        return dry_run::run(args, session).await;
    }
    let submitted = prepare(args, session)?.submit(session, &Notify::new()).await?;
    session.print(&Output::one(&submitted.job))
}
