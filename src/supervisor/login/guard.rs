//! Hanging up the sessions of a server that was killed.
//!
//! The kernel tells only the first process of a session that its server has died, so one process beside the server reads
//! a pipe from it: which sessions there are, and which are over. The end of the pipe is the end of the server.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::hang_up;

/// What a server tells its guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'n> {
    /// A session has begun: the id of its leader, and its marker.
    Begun(i32, &'n str),
    /// It is over.
    Over(i32),
}

impl News<'_> {
    /// One line.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Begun(session, marker) => format!("+{session} {marker}\n"),
            Self::Over(session) => format!("-{session}\n"),
        }
    }
}

fn parse(line: &str) -> Option<News<'_>> {
    match line.split_at_checked(1)? {
        ("+", begun) => {
            let (session, marker) = begun.split_once(' ')?;
            Some(News::Begun(session.parse().ok()?, marker))
        }
        ("-", over) => Some(News::Over(over.parse().ok()?)),
        _ => None,
    }
}

/// Reads to the end of the pipe, then hangs up all sessions that are not over.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn watch(news: impl BufRead) -> io::Result<()> {
    for (session, marker) in left(news) {
        hang_up(session, &marker)?;
    }
    Ok(())
}

fn left(news: impl BufRead) -> BTreeMap<i32, String> {
    let mut sessions = BTreeMap::new();
    for line in news.lines().map_while(Result::ok) {
        match parse(&line) {
            Some(News::Begun(session, marker)) => drop(sessions.insert(session, marker.to_owned())),
            Some(News::Over(session)) => drop(sessions.remove(&session)),
            // The last line of a server that was killed may be half of one.
            None => {}
        }
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_begun_and_is_not_over_is_left() {
        let news =
            [News::Begun(7, "ssh-a b"), News::Begun(8, "ssh-c"), News::Over(7), News::Over(9), News::Begun(7, "x")];
        let text: String = news.iter().map(News::line).collect();
        let sessions = left(format!("{text}\n?\n+\n+1").as_bytes());
        assert_eq!(sessions, [(7, "x".to_owned()), (8, "ssh-c".to_owned())].into());
        assert_eq!(parse("+7 ssh-a b"), Some(News::Begun(7, "ssh-a b")));
    }
}
