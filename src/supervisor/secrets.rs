//! Secret variables on their way to a supervisor: by a pipe that is its standard input, and by nothing else.
//!
//! `launch.json` tells their names, so that a pipe that was cut off is noticed. No file holds a value, and neither do
//! the supervisor's own environment and arguments: only the processes that the secrets are for have them. An engine
//! writes, [`super::run`] reads, both in the form that this file alone knows.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};

/// Values by name. Does not show itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl FromIterator<(String, String)> for Secrets {
    /// The last of several values of one name counts.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Secrets {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// As variables of a process.
    pub(super) const fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Sends them: a JSON object, names to values, until the end of the pipe. Blocks while the pipe is full.
    ///
    /// # Errors
    /// When the supervisor has gone without reading them.
    pub fn send(&self, mut pipe: impl Write) -> io::Result<()> {
        pipe.write_all(&serde_json::to_vec(&self.0)?)
    }

    /// Receives the secrets of these names; reads nothing where there are none.
    ///
    /// # Errors
    /// When the pipe ends before all of them have come: their sender is gone.
    pub(super) fn receive(names: &[String], mut pipe: impl Read) -> io::Result<Self> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        let mut text = Vec::new();
        pipe.read_to_end(&mut text)?;
        // Not the parser's error, which could quote what it has read.
        let cut_off = |_| io::Error::new(io::ErrorKind::UnexpectedEof, "the secrets of the run have not come");
        let all = Self(serde_json::from_slice(&text).map_err(cut_off)?);
        if all.names() != names {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "other secrets came than those of the plan"));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        [("B", "$HOME \"hunter2\"\n"), ("A", "ü")].map(|(n, v)| (n.to_owned(), v.to_owned())).into_iter().collect()
    }

    fn sent(secrets: &Secrets) -> Vec<u8> {
        let mut pipe = Vec::new();
        secrets.send(&mut pipe).expect("memory takes it");
        pipe
    }

    #[test]
    fn what_was_sent_arrives_as_it_was() {
        let received = Secrets::receive(&["A".into(), "B".into()], &*sent(&secrets())).expect("whole");
        assert!(received == secrets());
        assert_eq!(format!("{received:?}"), "Secrets(2)");
    }

    #[test]
    fn a_pipe_that_was_cut_off_anywhere_is_an_error_that_quotes_nothing() {
        let whole = sent(&secrets());
        for length in 0..whole.len() {
            let error = Secrets::receive(&["A".into(), "B".into()], &whole[..length]).expect_err("cut off");
            assert_eq!(error.to_string(), "the secrets of the run have not come", "after {length} bytes");
        }
        Secrets::receive(&["A".into()], &*whole).expect_err("other names");
    }

    #[test]
    fn nothing_is_read_where_nothing_is_to_come() {
        struct Untouchable;
        impl Read for Untouchable {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("nobody may read this")
            }
        }
        assert!(Secrets::receive(&[], Untouchable).expect("nothing to do").is_empty());
    }
}
