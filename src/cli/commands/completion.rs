//! `completion bash | zsh | fish`: prints what `completions/` holds.
//!
//! A shell may ask for it each time it starts, so it is not made then: `tests/it/completions.rs` makes the files
//! out of the definition of the command line, and fails when they are stale.

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell that is to read it.
    #[arg(value_enum)]
    shell: Shell,
}

/// Shells that there is a script for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// `source <(batchai completion bash)`, or a file in ~/.local/share/bash-completion/completions.
    Bash,
    /// A file `_batchai` in a folder of `$fpath`.
    Zsh,
    /// `batchai completion fish | source`, or a file in ~/.config/fish/completions.
    Fish,
}

/// Prints the script.
///
/// # Errors
/// When stdout takes no more.
pub fn run(args: &CompletionArgs) -> Outcome {
    let script = match args.shell {
        Shell::Bash => include_str!("../../../completions/batchai.bash"),
        Shell::Zsh => include_str!("../../../completions/_batchai"),
        Shell::Fish => include_str!("../../../completions/batchai.fish"),
    };
    output::raw(script.as_bytes())?;
    Ok(ExitCode::Ok.value())
}
