//! What the user types and sees: `az batchai`'s words, flags and output.
//!
//! Lives on `client`, `api` and `config` alone; of the domain, the store and the engines it knows nothing.
//! Three commands are the server's own: `server run`, and `__supervise` and `__session`, which are none for people and
//! not parsed.

pub mod commands;
pub mod completion;
pub mod confirm;
#[cfg(target_os = "linux")]
pub mod doctor;
pub mod download;
pub mod dry_run;
pub mod ending;
pub mod exchange;
pub mod exit_code;
mod failure;
pub mod naming;
pub mod next;
pub mod output;
pub mod progress;
pub mod report;
pub mod request;
pub mod session;
pub mod span;
pub mod spec;
pub mod spec_args;
pub mod ssh;
pub mod targets;
pub mod unseen;
pub mod upload;
pub mod watch;

use std::ffi::OsString;

use clap::{Args, Parser, ValueEnum};

use self::commands::Command;
use self::exit_code::ExitCode;
use self::output::Format;
use self::report::{Failure, Report};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "batchai",
    version,
    about = "Describe a training job in a file, submit it, follow its output, get its exit code, find its files.",
    long_about = None,
    before_help = "Example: batchai job run -f job.yaml",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// How to print the result.
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT", help_heading = "Global")]
    pub output: Option<Format>,
    /// Print only what this JMESPath expression picks out of the result.
    #[arg(long, global = true, value_name = "JMESPATH", help_heading = "Global")]
    pub query: Option<String>,
    /// Subscription, by id or name; any is accepted, and all zeros when not configured.
    #[arg(long, global = true, value_name = "ID", help_heading = "Global")]
    pub subscription: Option<String>,
    /// Use the server at this address instead of the local one.
    #[arg(long, global = true, value_name = "URL", help_heading = "Global")]
    pub endpoint: Option<String>,
    /// When to use colours; on a terminal, unless NO_COLOR is set, when not given.
    #[arg(long, global = true, value_enum, value_name = "WHEN", help_heading = "Global")]
    pub color: Option<Color>,
    /// Also say what is being done.
    #[arg(long, global = true, help_heading = "Global")]
    pub verbose: bool,
    /// Also show every request and every answer, without secrets.
    #[arg(long, global = true, help_heading = "Global")]
    pub debug: bool,
    /// Show errors only, no notes and no warnings.
    #[arg(long, global = true, help_heading = "Global")]
    pub only_show_errors: bool,
}

/// The values of `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The same for everything that writes to a terminal.
    fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// Runs the command line; answers the exit code of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    #[cfg(target_os = "linux")]
    if let Some(run_dir) = commands::supervise::run_dir(&arguments) {
        return code_of(commands::supervise::run(run_dir), Report::default());
    }
    #[cfg(target_os = "linux")]
    if let Some(role) = commands::login_session::role(&arguments) {
        return code_of(commands::login_session::run(&role), Report::default());
    }
    if let Some(question) = completion::question(&arguments) {
        completion::answer(&question);
        return ExitCode::Ok.value();
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let is_help = error.exit_code() == 0;
            // Nothing is left to be done about a closed stdout.
            let _ = error.print();
            return if is_help { ExitCode::Ok.value() } else { ExitCode::Usage.value() };
        }
    };
    if let Some(color) = cli.global.color {
        color.choice().write_global();
    }
    let report = Report {
        only_errors: cli.global.only_show_errors,
        is_verbose: cli.global.verbose || cli.global.debug,
        is_debug: cli.global.debug,
    };
    let outcome = match cli.command {
        Some(command) => commands::run(command, &cli.global, report),
        None => commands::landing::run(&cli.global, report),
    };
    code_of(outcome.map_err(|failure| next::told(failure, &arguments)), report)
}

fn code_of(outcome: Outcome, report: Report) -> u8 {
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            report.error(&failure);
            failure.code.value()
        }
    }
}

/// What every command answers: the exit code of the process.
pub type Outcome = Result<u8, Failure>;

/// The full definition of the command line, for completions and tests. What is parsed is not it: there, the
/// arguments of a command are put together only when it is called, which is what makes a start quick.
#[must_use]
pub fn definition() -> clap::Command {
    let mut whole = <Cli as clap::CommandFactory>::command();
    whole.build();
    whole
}
