//! How a run ends, in words and codes. Pure.

use crate::supervisor::family::End;
use crate::supervisor::run_dir::{Cause, Exit, Launch, Preparation, VERSION};
use crate::supervisor::watch::Interruption;

/// The end of a run, before what is left of it was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    cause: Cause,
    exit_code: Option<i32>,
    message: Option<String>,
    /// Whether processes that the run waited for may still run: they get the whole grace, leftovers less.
    pub are_others_left: bool,
}

impl Ending {
    pub fn succeeded() -> Self {
        Self { cause: Cause::Exited, exit_code: Some(0), message: None, are_others_left: false }
    }

    /// A process of the toolkit ended otherwise than well.
    pub fn failed(name: &str, end: End, are_others_left: bool, has_company: bool) -> Self {
        let is_said_by_code = matches!(end, End::Code(_)) && !has_company;
        let message = (!is_said_by_code).then(|| format!("{name} {end}"));
        Self { cause: Cause::Exited, exit_code: Some(end.code()), message, are_others_left }
    }

    pub fn preparation_failed(node: &str, end: End, are_others_left: bool) -> Self {
        let message = Some(format!("the preparation {end} on node {node}"));
        Self { cause: Cause::PreparationFailed, exit_code: Some(end.code()), message, are_others_left }
    }

    pub fn set_up_failed(message: String) -> Self {
        Self { cause: Cause::SetUpFailed, exit_code: None, message: Some(message), are_others_left: true }
    }

    pub fn mount_failed(message: String) -> Self {
        Self { cause: Cause::MountFailed, exit_code: None, message: Some(message), are_others_left: true }
    }

    pub fn container_failed(message: String) -> Self {
        Self { cause: Cause::ContainerFailed, exit_code: None, message: Some(message), are_others_left: true }
    }

    pub fn interrupted(why: Interruption) -> Self {
        let cause = match why {
            Interruption::Asked => Cause::Stopped,
            Interruption::WallClock => Cause::WallClock,
            Interruption::VolumeLost => Cause::MountFailed,
        };
        Self { cause, exit_code: None, message: None, are_others_left: true }
    }

    /// Why what still runs is stopped, for the execution log.
    pub fn reason(&self, launch: &Launch) -> String {
        match (self.cause, &self.message) {
            (Cause::Stopped, _) => "somebody asked for it".into(),
            (Cause::WallClock, _) => format!("the limit of {} s is reached", launch.max_wall_clock_seconds),
            (Cause::Exited, None) => "the job has ended".into(),
            (
                Cause::SetUpFailed
                | Cause::MountFailed
                | Cause::ContainerFailed
                | Cause::PreparationFailed
                | Cause::Exited,
                message,
            ) => message.clone().unwrap_or_default(),
        }
    }

    /// Whether somebody, or a clock, waits for the run to be gone.
    pub fn is_early(&self) -> bool {
        matches!(self.cause, Cause::Stopped | Cause::WallClock)
    }

    /// What was written is not where it should be: a job that succeeded otherwise has failed.
    pub fn fail_if_succeeded(&mut self) {
        if (self.cause, self.exit_code) == (Cause::Exited, Some(0)) {
            (self.cause, self.exit_code) = (Cause::MountFailed, None);
        }
    }

    /// Adds what else went wrong.
    pub fn add(&mut self, problem: &str) {
        self.message = Some(match self.message.take() {
            Some(message) => format!("{message}; {problem}"),
            None => problem.to_owned(),
        });
    }

    /// As the engine reads it; the end is now.
    pub fn into_exit(self) -> Exit {
        let Self { cause, exit_code, message, are_others_left: _ } = self;
        Exit { version: VERSION, cause, exit_code, message, ended_at: jiff::Timestamp::now().as_microsecond() }
    }
}

/// Whether the parts of a plan fit together, so that nothing later need ask.
///
/// # Errors
/// The ending of a run whose plan does not.
pub fn check(launch: &Launch) -> Result<(), Ending> {
    let nodes = launch.nodes.len();
    if let Some(process) = launch.processes.iter().find(|process| process.node >= nodes) {
        let (name, node) = (&process.name, process.node);
        return Err(Ending::set_up_failed(format!("{name} is to run on node {node} of {nodes}, counted from 0")));
    }
    let has_all_files =
        |preparation: &Preparation| [&preparation.stdout, &preparation.stderr].iter().all(|files| files.len() == nodes);
    if !launch.preparation.as_ref().is_none_or(has_all_files) {
        return Err(Ending::set_up_failed(format!(
            "the preparation does not have its output files for all of {nodes} nodes"
        )));
    }
    if let Some(container) = &launch.container
        && container.nodes.len() != nodes
    {
        let containers = container.nodes.len();
        return Err(Ending::set_up_failed(format!("there are {containers} containers for {nodes} nodes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_given_only_where_cause_and_code_do_not_say_it() {
        let ended = |end, others, company| {
            let Exit { exit_code, message, .. } = Ending::failed("rank 1", end, others, company).into_exit();
            (exit_code, message)
        };
        assert_eq!(ended(End::Code(3), false, false), (Some(3), None));
        assert_eq!(ended(End::Code(3), true, true), (Some(3), Some("rank 1 exited with code 3".into())));
        assert_eq!(ended(End::Signal(9), false, false), (Some(137), Some("rank 1 was ended by signal 9".into())));
    }

    #[test]
    fn problems_at_the_end_join_the_message_without_changing_the_cause() {
        let mut ending = Ending::succeeded();
        ending.add("cannot unmount /a");
        ending.add("cannot unmount /b");
        let exit = ending.into_exit();
        assert_eq!((exit.cause, exit.exit_code), (Cause::Exited, Some(0)));
        assert_eq!(exit.message.as_deref(), Some("cannot unmount /a; cannot unmount /b"));
    }
}
