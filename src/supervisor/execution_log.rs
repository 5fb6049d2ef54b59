//! `execution.log` of a node: what was done there and when, for the user of the job.
//!
//! Lines `<UTC time, seconds>Z <text>`, as users of Batch AI and its successor have posted them
//! (MachineLearningNotebooks issue 149).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// What precedes the name of an image when a pull begins. The next line comes when it has ended.
pub const PULLING: &str = "pulling image ";

/// The log of one node.
pub enum ExecutionLog {
    /// Written at once.
    Open(File),
    /// Its directory is not there yet: what will be written.
    Waiting(String),
    /// Its directory is going away: nothing more is written.
    Closed,
}

impl ExecutionLog {
    /// Opens it to append.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        File::options().create(true).append(true).open(path).map(Self::Open)
    }

    /// Writes what has waited, and from now on at once.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn arrive(&mut self, path: &Path) -> io::Result<()> {
        if let Self::Waiting(lines) = self {
            let lines = std::mem::take(lines);
            *self = Self::open(path)?;
            self.write(&lines);
        }
        Ok(())
    }

    /// Adds a line; for text of several lines, as many. A disk that is full does not stop a job here: its own output
    /// will tell.
    pub fn say(&mut self, text: &str) {
        let now = now();
        let lines: String = text.lines().map(|line| format!("{now} {line}\n")).collect();
        self.write(&lines);
    }

    fn write(&mut self, lines: &str) {
        match self {
            Self::Open(file) => {
                let _ = file.write_all(lines.as_bytes());
            }
            Self::Waiting(all) => all.push_str(lines),
            Self::Closed => {}
        }
    }
}

/// The time as the log writes it.
pub fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_its_directory_was_there_is_written_when_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("volume/execution.log");
        let mut log = ExecutionLog::Waiting(String::new());
        log.say("mounting");
        log.arrive(&path).expect_err("no directory");
        let mut log = ExecutionLog::Waiting(String::new());
        log.say("mounting");
        std::fs::create_dir(dir.path().join("volume")).expect("a directory");
        log.arrive(&path).expect("opens");
        log.say("mounted");
        log = ExecutionLog::Closed;
        log.say("nobody reads this");
        let text = std::fs::read_to_string(&path).expect("readable");
        let words: Vec<&str> = text.lines().map(|line| &line["2018-06-07T09:15:00Z ".len()..]).collect();
        assert_eq!(words, ["mounting", "mounted"]);
    }

    #[test]
    fn every_line_has_the_time_and_old_lines_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("execution.log");
        ExecutionLog::open(&path).expect("opens").say("first");
        ExecutionLog::open(&path).expect("opens").say("second\nthird");
        let text = std::fs::read_to_string(&path).expect("readable");
        let words: Vec<&str> = text.lines().map(|line| &line["2018-06-07T09:15:00Z ".len()..]).collect();
        assert_eq!(words, ["first", "second", "third"]);
        for line in text.lines() {
            let time = line.split(' ').next().expect("a word");
            assert_eq!(time.len(), "2018-06-07T09:15:00Z".len());
            assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        }
    }
}
