//! Every exit code of the program, with its meaning.
//!
//! Scripts rely on these numbers: 0 to 3 are those of the Azure CLI. Used by `report` and by `main`.

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// What was asked for was done.
    Ok,
    /// The server said no, or the user did.
    Refused,
    /// The command line or a file of the user is wrong.
    Usage,
    /// The thing that was named does not exist.
    Missing,
    /// The server cannot be reached, or does not let us in.
    Unreachable,
    /// A wait came to its time limit.
    TimedOut,
    /// Interrupted by the user.
    Interrupted,
    /// The job has ended, and has no exit code.
    NoExitCode,
    /// The exit code of a job or of a command on a node, as [`of_job`] made it.
    Job(u8),
}

impl ExitCode {
    /// The number that the calling shell sees.
    #[must_use]
    pub fn value(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Missing => 3,
            Self::Unreachable => 4,
            Self::TimedOut => 5,
            Self::Interrupted => 130,
            Self::NoExitCode => 255,
            Self::Job(code) => code,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.value())
    }
}

/// The exit code of a job as one that a process can have: the lowest eight bits, as the operating system takes
/// them. A failed job never looks like a successful one: where those bits are all zero, the answer is 1.
#[must_use]
pub fn of_job(code: i32) -> u8 {
    let [low, ..] = code.to_le_bytes();
    if low == 0 && code != 0 { 1 } else { low }
}

#[cfg(test)]
mod tests {
    use super::{ExitCode, of_job};

    #[test]
    fn the_numbers_are_the_documented_ones() {
        let all = [
            ExitCode::Ok,
            ExitCode::Refused,
            ExitCode::Usage,
            ExitCode::Missing,
            ExitCode::Unreachable,
            ExitCode::TimedOut,
            ExitCode::Interrupted,
            ExitCode::NoExitCode,
            ExitCode::Job(7),
        ];
        assert_eq!(all.map(ExitCode::value), [0, 1, 2, 3, 4, 5, 130, 255, 7]);
    }

    #[test]
    fn a_failed_job_never_looks_successful() {
        let cases = [(0, 0), (1, 1), (255, 255), (256, 1), (257, 1), (258, 2), (-1, 255), (-256, 1), (i32::MIN, 1)];
        for (code, expected) in cases {
            assert_eq!(of_job(code), expected, "exit code {code}");
        }
    }
}
