//! One name, as an argument or by its flag: for commands that are about exactly one thing.

use super::exit_code::ExitCode;
use super::report::Failure;

/// The name that was given either way, or both ways alike; `None` when it was not given.
///
/// # Errors
/// When the two differ.
pub fn either(noun: &str, argument: Option<&String>, flag: (&str, Option<&String>)) -> Result<Option<String>, Failure> {
    match (argument, flag) {
        (Some(argument), (word, Some(given))) if argument != given => {
            let message = format!("two names are given for one {noun}: `{argument}`, and `{given}` with {word}");
            Err(Failure::new(ExitCode::Usage, message).hint("give one of them"))
        }
        (argument, (_, given)) => Ok(argument.or(given).cloned()),
    }
}

/// The same where there has to be one.
///
/// # Errors
/// When none is given, or two that differ.
pub fn one(noun: &str, argument: Option<&String>, flag: (&str, Option<&String>)) -> Result<String, Failure> {
    let word = flag.0;
    either(noun, argument, flag)?.ok_or_else(|| {
        Failure::new(ExitCode::Usage, format!("no {noun} is named: give its name as an argument or with {word}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_may_be_given_twice_but_not_two() {
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let named = |argument: Option<&String>, flag: Option<&String>| {
            one("cluster", argument, ("-n", flag)).map_err(|failure| failure.message)
        };
        assert_eq!(named(Some(&a), None), Ok("a".into()));
        assert_eq!(named(None, Some(&a)), Ok("a".into()));
        assert_eq!(named(Some(&a), Some(&a)), Ok("a".into()));
        assert_eq!(named(Some(&a), Some(&b)), Err("two names are given for one cluster: `a`, and `b` with -n".into()));
        let none = "no cluster is named: give its name as an argument or with -n";
        assert_eq!(named(None, None), Err(none.into()));
    }
}
