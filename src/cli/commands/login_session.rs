//! `__session ROLE ...`: started by the SSH servers of nodes, and not for people.
//!
//! Like `__supervise`, not a part of the command line that is parsed: a login is to begin quickly.

use std::ffi::OsString;

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::supervisor::login::{self, Role, WORD};

/// The role, when the arguments of the process are those of a session.
#[must_use]
pub fn role(arguments: &[OsString]) -> Option<Role<'_>> {
    match arguments {
        [_program, word, words @ ..] if word == WORD => Role::parse(words),
        _ => None,
    }
}

/// Stays until the session is over, or becomes its program.
///
/// # Errors
/// When that could not be started; whoever logged in reads it.
pub fn run(role: &Role<'_>) -> Outcome {
    match login::run(role) {
        Ok(()) => Ok(ExitCode::Ok.value()),
        Err(error) => {
            let what = match role {
                Role::Guard(_) => "guard the sessions of a server".to_owned(),
                Role::Sftp(_) => "serve files".to_owned(),
                Role::Program { program, .. } => format!("start {} on this node", program.display()),
            };
            Err(Failure::new(ExitCode::Refused, format!("cannot {what}: {error}")))
        }
    }
}
