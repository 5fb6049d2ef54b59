//! `job wait`: tell of every change, and exit with the job's exit code.

use clap::Args;

use super::JobArgs;
use crate::api::id::ResourceId;
use crate::api::job::{ExecutionInfo, Job};
use crate::cli::Outcome;
use crate::cli::exit_code::{ExitCode, of_job};
use crate::cli::output::shape::timestamp;
use crate::cli::report::{Failure, Report};
use crate::cli::session::Session;
use crate::client::Client;
use crate::domainless::Elapsed;

/// Arguments of `job wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    #[command(flatten)]
    job: JobArgs,
    /// Accepted for old scripts; changes are told at once.
    #[arg(long, value_name = "SECONDS", hide = true)]
    interval: Option<u32>,
}
