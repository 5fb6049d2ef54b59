//! `completion bash | zsh | fish | powershell`: prints what `completions/` holds.
//!
//! The scripts know nothing of the commands: they ask the program on every press of the Tab key
//! ([`crate::cli::completion`]), so a new version needs no new script.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;
use crate::cli::report::Report;

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
    /// Version 4.4 and later.
    Bash,
    /// Put it as `_batchai` into a folder of `$fpath`.
    Zsh,
    /// Put it into ~/.config/fish/completions.
    Fish,
    /// Windows PowerShell and PowerShell 7.
    #[value(name = "powershell", alias = "pwsh")]
    Power,
}

/// Prints the script; a user who sees it on a terminal is told what to do with it.
///
/// # Errors
/// When stdout takes no more.
pub fn run(args: &CompletionArgs, report: Report) -> Outcome {
    let script = script(args.shell);
    output::raw(script.as_bytes())?;
    if std::io::stdout().is_terminal() {
        report.note("This script is for the shell to read. To install it:");
        install(script).for_each(|line| report.note(&format!("  {line}")));
    }
    Ok(ExitCode::Ok.value())
}

fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../../completions/batchai.bash"),
        Shell::Zsh => include_str!("../../../completions/_batchai"),
        Shell::Fish => include_str!("../../../completions/batchai.fish"),
        Shell::Power => include_str!("../../../completions/batchai.ps1"),
    }
}

/// The commands that install a script: in its head, indented.
fn install(script: &'static str) -> impl Iterator<Item = &'static str> {
    script.lines().take_while(|line| line.starts_with('#')).filter_map(|line| line.strip_prefix("#   "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_says_how_to_install_it() {
        for shell in Shell::value_variants() {
            let lines: Vec<&str> = install(script(*shell)).collect();
            let name = shell.to_possible_value().expect("a name").get_name().to_owned();
            assert!(lines.iter().any(|line| line.contains(&format!("batchai completion {name}"))), "{lines:?}");
        }
    }
}
