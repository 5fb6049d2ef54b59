//! What to type next, where a mistake of the command line comes without it: the help of the same command.
//!
//! Called once, where the program ends; what a command knows better it says itself, as a hint of its failure.

use std::ffi::OsString;

use super::exit_code::ExitCode;
use super::report::Failure;

/// The failure with something to type in one of its hints, where it is a mistake of the command line that
/// `arguments`, the program first, are.
#[must_use]
pub fn told(failure: Failure, arguments: &[OsString]) -> Failure {
    let is_told = failure.hints.iter().any(|hint| hint.contains('`'));
    if failure.code != ExitCode::Usage || is_told {
        return failure;
    }
    failure.hint(format!("`{} --help` shows an example, and every flag", command(arguments)))
}

/// The words of the command that is called: those that name groups and commands, in their order.
fn command(arguments: &[OsString]) -> String {
    let root = super::definition();
    let (mut at, mut words) = (&root, vec!["batchai"]);
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        if let Some(below) = at.find_subcommand(argument) {
            at = below;
            words.push(below.get_name());
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_help_of_the_same_command_is_named() {
        for (line, named) in [
            ("batchai job file list -j train", "batchai job file list"),
            ("batchai -o table cluster create", "batchai cluster create"),
            ("batchai", "batchai"),
        ] {
            assert_eq!(command(&words(line)), named);
        }
    }

    #[test]
    fn only_mistakes_of_the_command_line_without_a_hint_get_one() {
        let arguments = words("batchai job show");
        let plain = Failure::new(ExitCode::Usage, "no");
        assert_eq!(
            told(plain.clone(), &arguments).hints,
            ["`batchai job show --help` shows an example, and every flag"]
        );
        let hinted = plain.hint("`batchai job list` shows them");
        assert_eq!(told(hinted.clone(), &arguments), hinted);
        let refused = Failure::new(ExitCode::Refused, "no");
        assert_eq!(told(refused.clone(), &arguments), refused);
    }
}
