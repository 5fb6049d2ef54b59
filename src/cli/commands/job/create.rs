//! `job create`: submit and print.

use super::submit::{SubmitArgs, submit};
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::session::Session;

/// Submits the job of a file and prints it.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &SubmitArgs, session: &Session) -> Outcome {
    let submitted = submit(args, session).await?;
    session.print(&Output::one(&submitted.job))
}
