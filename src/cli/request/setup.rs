//! `--setup-task` and `--setup-task-output`: what runs on each node before it takes jobs.

use clap::Args;

use super::wrong;
use crate::api::cluster::SetupTask;
use crate::cli::report::Failure;

/// A set-up task.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupArgs {
    /// A command that runs on each node before it takes jobs; replaces the whole set-up task of the file.
    #[arg(long, value_name = "COMMAND", help_heading = "Set-up task")]
    pub setup_task: Option<String>,
    /// Where its output goes: a path that may begin with $AZ_BATCHAI_MOUNT_ROOT and the mount path of a volume.
    #[arg(long, value_name = "PATH", help_heading = "Set-up task")]
    pub setup_task_output: Option<String>,
}

impl SetupArgs {
    /// The task over that of the file.
    ///
    /// # Errors
    /// When its output has no place.
    pub fn over(&self, file: Option<SetupTask>) -> Result<Option<SetupTask>, Failure> {
        let Some(command_line) = self.setup_task.clone() else { return Ok(file) };
        let Some(std_out_err_path_prefix) = self.setup_task_output.clone().filter(|prefix| !prefix.is_empty()) else {
            return Err(wrong("--setup-task requires providing of --setup-task-output"));
        };
        Ok(Some(SetupTask { command_line, std_out_err_path_prefix, ..SetupTask::default() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(task: Option<&str>, output: Option<&str>) -> SetupArgs {
        SetupArgs { setup_task: task.map(str::to_owned), setup_task_output: output.map(str::to_owned) }
    }

    #[test]
    fn a_flag_replaces_the_whole_task_of_the_file_and_needs_a_place_for_its_output() {
        let file =
            SetupTask { command_line: "old".into(), environment_variables: Some(vec![]), ..SetupTask::default() };
        assert_eq!(args(None, Some("/x")).over(Some(file.clone())), Ok(Some(file.clone())));
        let made = args(Some("new"), Some("/logs")).over(Some(file)).expect("a task").expect("one");
        assert_eq!((made.command_line.as_str(), made.std_out_err_path_prefix.as_str()), ("new", "/logs"));
        assert_eq!(made.environment_variables, None);
        for output in [None, Some("")] {
            let failure = args(Some("new"), output).over(None).expect_err("a failure");
            assert_eq!(failure.message, "--setup-task requires providing of --setup-task-output");
        }
    }
}
