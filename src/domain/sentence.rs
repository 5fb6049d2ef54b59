//! An error as one sentence, for logs and answers that have one line.

use std::error::Error;

/// The error and its causes, each after a colon.
#[must_use]
pub fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}
