//! `schema`: what a file may say, for editors.

use clap::Args;

use super::validate::Kind;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::{self, OutputError};
use crate::cli::report::Failure;
use crate::cli::spec;

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// What the file describes.
    #[arg(value_enum)]
    kind: Kind,
}

/// Prints the schema.
///
/// # Errors
/// When standard output takes no more.
pub fn run(args: &SchemaArgs) -> Outcome {
    let schema = spec::schema(args.kind.into());
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::from(OutputError::from(error)))?;
    output::raw(format!("{text}\n").as_bytes())?;
    Ok(ExitCode::Ok.value())
}
