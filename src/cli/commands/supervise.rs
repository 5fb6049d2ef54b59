//! `__supervise RUN_DIR`: started by the engines, and not for people.
//!
//! Not a part of the command line that is parsed: to define that one costs more memory than all else a supervisor
//! has, and each job has one for as long as it runs.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;

/// The run directory, when the arguments of the process are those of a supervisor.
#[must_use]
pub fn run_dir(arguments: &[OsString]) -> Option<&Path> {
    match arguments {
        [_program, word, run_dir] if word == "__supervise" => Some(Path::new(run_dir)),
        _ => None,
    }
}

/// Stays until the run is over.
///
/// # Errors
/// When its end could not be written down.
pub fn run(run_dir: &Path) -> Outcome {
    match crate::supervisor::run(run_dir) {
        Ok(()) => Ok(ExitCode::Ok.value()),
        Err(error) => Err(Failure::from_error(ExitCode::Refused, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_of_an_engine_make_a_supervisor() {
        let asked = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            run_dir(&words).map(Path::to_owned)
        };
        assert_eq!(asked(&["batchai", "__supervise", "/runs/a"]), Some("/runs/a".into()));
        assert_eq!(asked(&["batchai", "__supervise"]), None);
        assert_eq!(asked(&["batchai", "__supervise", "/runs/a", "more"]), None);
        assert_eq!(asked(&["batchai", "job", "__supervise"]), None);
    }
}
