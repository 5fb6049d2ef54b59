//! "Are you sure?" before anything is deleted or terminated, word for word as knack, the framework of the
//! Azure CLI, asks it.
//!
//! Called by the commands that need it, after parsing and before the first request.

use std::io::{BufRead, IsTerminal as _, Write};

use super::exit_code::ExitCode;
use super::report::{self, Failure, Report};

const QUESTION: &str = "Are you sure you want to perform this operation? (y/n): ";
const NO_TERMINAL: &str = "Unable to prompt for confirmation as no tty available. Use --yes.";
const CANCELLED: &str = "Operation cancelled.";

/// What came of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    CannotAsk,
}

/// Asks on standard error and reads standard input, unless `yes` (the flag `--yes`) has answered already.
///
/// # Errors
///
/// A failure with exit code 1 when the user says no, ends the input, or cannot be asked.
pub fn confirm(yes: bool, report: &Report) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let input = std::io::stdin();
    let is_terminal = input.is_terminal();
    conclude(ask(&mut input.lock(), &mut report::stream(), is_terminal), report)
}

fn conclude(answer: Answer, report: &Report) -> Result<(), Failure> {
    let cancelled = Failure::new(ExitCode::Refused, CANCELLED);
    match answer {
        Answer::Yes => Ok(()),
        Answer::No => Err(cancelled.hint("nothing was changed")),
        Answer::CannotAsk => {
            report.warn(NO_TERMINAL);
            Err(cancelled.hint("nothing was changed; the same command with `--yes` does it without asking"))
        }
    }
}

/// Repeats the question until the answer is one of `y`, `Y`, `n`, `N`. The end of the input is a no.
fn ask(input: &mut impl BufRead, prompt: &mut impl Write, is_terminal: bool) -> Answer {
    if !is_terminal {
        return Answer::CannotAsk;
    }
    loop {
        // A prompt that cannot be shown leaves the reader waiting, as any program does.
        let _ = prompt.write_all(QUESTION.as_bytes()).and_then(|()| prompt.flush());
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            Ok(_) | Err(_) => {
                let _ = prompt.write_all(b"\n");
                return Answer::No;
            }
        }
        let typed = line.strip_suffix(b"\n").unwrap_or(&line);
        match typed.strip_suffix(b"\r").unwrap_or(typed) {
            b"y" | b"Y" => return Answer::Yes,
            b"n" | b"N" => return Answer::No,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(typed: &[u8]) -> (Answer, usize) {
        let (mut input, mut shown) = (typed, Vec::new());
        let answer = ask(&mut input, &mut shown, true);
        let shown = String::from_utf8(shown).expect("text");
        (answer, shown.matches(QUESTION).count())
    }

    #[test]
    fn only_the_four_letters_are_answers() {
        assert_eq!(answer(b"y\n"), (Answer::Yes, 1));
        assert_eq!(answer(b"Y\r\n"), (Answer::Yes, 1));
        assert_eq!(answer(b"n\ny\n"), (Answer::No, 1));
        assert_eq!(answer(b"\nyes\n\xff\n y\ny \nN\n"), (Answer::No, 6));
    }

    #[test]
    fn the_end_of_the_input_is_a_no() {
        assert_eq!(answer(b""), (Answer::No, 1));
        assert_eq!(answer(b"perhaps"), (Answer::No, 2));
    }

    #[test]
    fn without_a_terminal_nothing_is_asked_or_read() {
        let (mut input, mut shown) = (&b"y\n"[..], Vec::new());
        assert_eq!(ask(&mut input, &mut shown, false), Answer::CannotAsk);
        assert_eq!((input, shown.len()), (&b"y\n"[..], 0));
    }

    #[test]
    fn anything_but_yes_cancels_with_exit_code_1() {
        let report = Report { only_errors: true, ..Report::default() };
        assert_eq!(conclude(Answer::Yes, &report), Ok(()));
        for answer in [Answer::No, Answer::CannotAsk] {
            let failure = conclude(answer, &report).expect_err("a failure");
            assert_eq!((failure.code, failure.message.as_str()), (ExitCode::Refused, "Operation cancelled."));
            assert!(failure.hints[0].starts_with("nothing was changed"), "{failure:?}");
        }
    }
}
