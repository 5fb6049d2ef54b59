//! Text for a shell. Called by whoever makes commands of a run: the supervisor, and engines.

use std::path::Path;

/// One word of shell text, in which nothing means anything (POSIX, "Single-Quotes").
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same of a path. What is not UTF-8 in it is replaced: engines refuse such data directories.
#[must_use]
pub fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_quoted_text_is_one_word_to_the_shell(given in "[ -~\n\t]{0,30}") {
            let text = format!("printf %s {}", quoted(&given));
            let printed = Command::new("/bin/sh").arg("-c").arg(text).output().expect("a shell");
            prop_assert_eq!(String::from_utf8_lossy(&printed.stdout), given);
        }

        #[test]
        fn a_quoted_path_is_one_word_to_the_shell(path in "/[ -~]{0,20}") {
            let text = format!("printf %s {}", quoted_path(Path::new(&path)));
            let printed = Command::new("/bin/sh").arg("-c").arg(text).output().expect("a shell");
            prop_assert_eq!(String::from_utf8_lossy(&printed.stdout), path);
        }
    }
}
