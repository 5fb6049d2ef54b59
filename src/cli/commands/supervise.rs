//! `__supervise RUN_DIR`: hidden; started by the engines.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;

/// Arguments of `__supervise`.
#[derive(Debug, Args)]
pub struct SuperviseArgs {
    /// The run directory.
    run_dir: PathBuf,
}

/// Stays until the run is over.
///
/// # Errors
/// When its end could not be written down.
pub fn run(args: &SuperviseArgs) -> Outcome {
    match crate::supervisor::run(&args.run_dir) {
        Ok(()) => Ok(ExitCode::Ok.value()),
        Err(error) => Err(Failure::from_error(ExitCode::Refused, &error)),
    }
}
