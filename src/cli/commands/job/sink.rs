//! Where the bytes of one file of output go: this process's own stdout or stderr, by whole characters, and with a
//! prefix by whole lines.

use crate::cli::output;
use crate::cli::report::{self, Failure};

/// One file's way to the reader.
pub struct Sink {
    whole: Whole,
    to_stdout: bool,
    is_open: bool,
}

impl Sink {
    /// To stdout or to stderr; every line behind the prefix.
    #[must_use]
    pub fn new(prefix: Option<String>, to_stdout: bool) -> Self {
        Self { whole: Whole::new(prefix), to_stdout, is_open: true }
    }

    /// Whether anybody still reads.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Takes the next bytes, and passes on what is whole.
    ///
    /// # Errors
    /// When stdout takes no more.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let ready = self.whole.push(bytes);
        self.put(&ready)
    }

    /// Passes on what is left.
    ///
    /// # Errors
    /// When stdout takes no more.
    pub fn finish(&mut self) -> Result<(), Failure> {
        let rest = self.whole.finish();
        self.put(&rest)
    }

    /// A reader that has gone away does not end the job, nor the wait for its exit code.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !self.is_open || bytes.is_empty() {
            return Ok(());
        }
        self.is_open = if self.to_stdout { output::raw(bytes)? } else { report::raw(bytes) };
        Ok(())
    }
}

/// Holds back what is not whole yet: the beginning of a character, so that streams that share a terminal do
/// not tear each other's characters; with a prefix, the beginning of a line.
struct Whole {
    prefix: Option<String>,
    held: Vec<u8>,
}

impl Whole {
    fn new(prefix: Option<String>) -> Self {
        Self { prefix, held: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let whole = match self.prefix {
            Some(_) => self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
            None => self.held.len() - unfinished_character(&self.held),
        };
        let rest = self.held.split_off(whole);
        let ready = std::mem::replace(&mut self.held, rest);
        self.prefixed(ready)
    }

    fn finish(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.held);
        if self.prefix.is_some() && !rest.is_empty() {
            rest.push(b'\n');
        }
        self.prefixed(rest)
    }

    fn prefixed(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(prefix) = &self.prefix else { return bytes };
        bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|line| [prefix.as_bytes(), line].concat()).collect()
    }
}

/// How many bytes at the end are the beginning of a character that is not finished.
fn unfinished_character(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            0b1000_0000..=0b1011_1111 => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_is_split_over_two_reads_is_shown_whole() {
        for character in ["é", "€", "😀"] {
            let bytes = format!("a{character}b").into_bytes();
            for cut in 1..bytes.len() {
                let mut whole = Whole::new(None);
                let first = whole.push(&bytes[..cut]);
                assert!(std::str::from_utf8(&first).is_ok(), "{character} cut at {cut}");
                assert_eq!([first, whole.push(&bytes[cut..])].concat(), bytes);
                assert!(whole.finish().is_empty());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_not_held_back_for_ever() {
        let mut whole = Whole::new(None);
        assert_eq!(whole.push(&[0xff, 0xfe]), [0xff, 0xfe]);
        assert_eq!(whole.push(&[b'a', 0xe2]), b"a");
        assert_eq!(whole.finish(), [0xe2]);
    }

    #[test]
    fn every_line_of_several_processes_begins_with_the_rank() {
        let mut whole = Whole::new(Some("[1] ".into()));
        assert_eq!(whole.push(b"one\ntw"), b"[1] one\n");
        assert_eq!(whole.push(b"o\n\n"), b"[1] two\n[1] \n");
        assert_eq!(whole.push(b"three"), b"");
        assert_eq!(whole.finish(), b"[1] three\n");
    }
}
