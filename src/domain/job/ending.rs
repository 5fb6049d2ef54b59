//! How a job ended, in words: what its exit code stands for, and what can be done about it. Pure.

use super::execution::{JobError, Outcome};

/// The names of the signals that end programs (signal(7), the numbers of Linux on x86 and ARM).
const SIGNALS: [(i32, &str); 14] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (15, "SIGTERM"),
    (24, "SIGXCPU"),
    (25, "SIGXFSZ"),
];

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The answer in a sentence.
    pub summary: String,
    /// What can be done, a sentence each.
    pub remedies: Vec<String>,
    /// The signal that the exit code stands for.
    pub signal: Option<&'static str>,
}

/// Puts an outcome into words.
#[must_use]
pub fn describe(outcome: &Outcome) -> Described {
    let Outcome::Failed { exit_code, error } = outcome else {
        return Described { summary: "it succeeded".into(), remedies: Vec::new(), signal: None };
    };
    let signal = exit_code.and_then(signal_of);
    let (summary, remedy) = failure(*exit_code, error);
    Described { summary, remedies: remedy.map(str::to_owned).into_iter().collect(), signal }
}

fn failure(exit_code: Option<i32>, error: &JobError) -> (String, Option<&'static str>) {
    match (error.code.as_str(), exit_code) {
        ("JobTerminated", _) => ("its user stopped it".into(), None),
        ("JobMaxWallClockTimeExceeded", _) => {
            (lowered(error), Some("give it more time: constraints.maxWallClockTime, such as `PT12H`"))
        }
        ("JobPreparationFailed", Some(code)) => exited("its preparation", code, error),
        ("JobFailed", Some(code)) => exited("it", code, error),
        ("JobLost", _) => (
            lowered(error),
            Some(
                "submit it again: nothing says that the job itself was at fault; with constraints.maxRetryCount it \
                 runs again by itself",
            ),
        ),
        ("JobNodesRemoved", _) => (
            lowered(error),
            Some("submit it again; `--node-deallocation-option requeue` or `waitforjobcompletion` spare jobs"),
        ),
        ("ClusterDeleted", _) => (lowered(error), Some("submit it again to another cluster")),
        ("JobStartFailed" | "JobSetUpFailed", _) => (format!("it could not start: {}", told(error)), None),
        _ => (lowered(error), None),
    }
}

fn exited(who: &str, code: i32, error: &JobError) -> (String, Option<&'static str>) {
    let (meaning, remedy) = meaning(code);
    let details: Vec<&str> = error.details.iter().map(|(_, text)| text.as_str()).collect();
    // They say who ended, and how.
    let ended = if details.is_empty() { format!("{who} exited with code {code}") } else { details.join("; ") };
    (format!("{ended}{meaning}"), remedy)
}

/// What an exit code of a shell stands for (POSIX `sh`, EXIT STATUS), and what to do.
fn meaning(code: i32) -> (String, Option<&'static str>) {
    let (text, remedy) = match code {
        126 => {
            ("a command was found but cannot be run", Some("make the script executable, or run it with `sh SCRIPT`"))
        }
        127 => ("a command was not found", Some("install the program, or write its whole path")),
        137 => (
            "SIGKILL: nobody asked for it, so the machine may have run out of memory",
            Some("use less memory, such as a smaller batch, or run fewer jobs at once"),
        ),
        139 => ("SIGSEGV: the program touched memory that is not its own", None),
        134 => ("SIGABRT: the program gave up, as after a failed assertion", None),
        143 => ("SIGTERM: somebody or something asked it to end", None),
        code => match signal_of(code) {
            Some(signal) => return (format!(": {signal}"), None),
            None => return (String::new(), None),
        },
    };
    (format!(": {text}"), remedy)
}

/// The signal that an exit code stands for.
fn signal_of(code: i32) -> Option<&'static str> {
    SIGNALS.iter().find(|(number, _)| code == 128 + number).map(|(_, name)| *name)
}

/// Its message and its details.
fn told(error: &JobError) -> String {
    let details = error.details.iter().map(|(_, text)| format!("; {text}"));
    error.message.clone() + &details.collect::<String>()
}

/// The same as the rest of a sentence.
fn lowered(error: &JobError) -> String {
    let text = told(error);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::Interruption;

    fn failed(exit_code: Option<i32>, code: &str, message: &str, detail: Option<&str>) -> Outcome {
        let details = detail.map(|text| ("Info".to_owned(), text.to_owned())).into_iter().collect();
        Outcome::Failed { exit_code, error: JobError { details, ..JobError::new(code, message) } }
    }

    #[test]
    fn every_ending_says_what_happened_and_what_helps() {
        let exit = |code| failed(Some(code), "JobFailed", "Job failed with non-zero exit code", None);
        let endings = [
            Outcome::Succeeded,
            exit(3),
            exit(126),
            exit(127),
            exit(130),
            exit(134),
            exit(137),
            exit(139),
            exit(143),
            exit(200),
            failed(Some(9), "JobFailed", "x", Some("rank 1 exited with code 9")),
            failed(Some(2), "JobPreparationFailed", "x", Some("the preparation exited with code 2 on node n")),
            failed(None, "JobMaxWallClockTimeExceeded", "The job was ended because it ran too long", None),
            failed(None, "JobTerminated", "The specified job has been terminated by the user", None),
            failed(None, "JobLost", "the supervisor of the job disappeared", None),
            Outcome::Failed { exit_code: None, error: Interruption::Removed.ending().expect("an ending") },
            failed(None, "JobStartFailed", "caffeSettings: not here", None),
            failed(None, "JobSetUpFailed", "cannot write /x", None),
            failed(None, "ClusterDeleted", "the cluster of the job was deleted", None),
            failed(Some(-1), "AZFMountError", "Unable to mount Azure File", Some("busy")),
        ];
        let lines = endings.iter().map(|outcome| {
            let Described { summary, remedies, signal } = describe(outcome);
            let helps = remedies.iter().map(|remedy| format!(" | {remedy}")).collect::<String>();
            format!("{} | {summary}{helps}\n", signal.unwrap_or("-"))
        });
        insta::assert_snapshot!(lines.collect::<String>(), @r"
        - | it succeeded
        - | it exited with code 3
        - | it exited with code 126: a command was found but cannot be run | make the script executable, or run it with `sh SCRIPT`
        - | it exited with code 127: a command was not found | install the program, or write its whole path
        SIGINT | it exited with code 130: SIGINT
        SIGABRT | it exited with code 134: SIGABRT: the program gave up, as after a failed assertion
        SIGKILL | it exited with code 137: SIGKILL: nobody asked for it, so the machine may have run out of memory | use less memory, such as a smaller batch, or run fewer jobs at once
        SIGSEGV | it exited with code 139: SIGSEGV: the program touched memory that is not its own
        SIGTERM | it exited with code 143: SIGTERM: somebody or something asked it to end
        - | it exited with code 200
        - | rank 1 exited with code 9
        - | the preparation exited with code 2 on node n
        - | the job was ended because it ran too long | give it more time: constraints.maxWallClockTime, such as `PT12H`
        - | its user stopped it
        - | the supervisor of the job disappeared | submit it again: nothing says that the job itself was at fault; with constraints.maxRetryCount it runs again by itself
        - | the job was stopped for good because its cluster was made smaller with nodeDeallocationOption `terminate`, and nodes that it ran on went | submit it again; `--node-deallocation-option requeue` or `waitforjobcompletion` spare jobs
        - | it could not start: caffeSettings: not here
        - | it could not start: cannot write /x
        - | the cluster of the job was deleted | submit it again to another cluster
        - | unable to mount Azure File; busy
        ");
    }
}
