//! `completion bash | zsh | fish`: what `completions/` holds, printed.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell that is to read it.
    #[arg(value_enum)]
    shell: Supported,
}

/// Shells that a script can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Supported {
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
    let shell = match args.shell {
        Supported::Bash => Shell::Bash,
        Supported::Zsh => Shell::Zsh,
        Supported::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(&crate::cli::definition()), "batchai", &mut script);
    output::raw(&script)?;
    Ok(ExitCode::Ok.value())
}

/// The same command without whatever is hidden, of which the generators know nothing.
fn visible(command: &Command) -> Command {
    let mut shown = Command::new(command.get_name().to_owned()).disable_help_subcommand(true);
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        shown = shown.version(version.to_owned());
    }
    shown
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set()).cloned())
        .subcommands(command.get_subcommands().filter(|command| !command.is_hide_set()).map(visible))
}
