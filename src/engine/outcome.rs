//! What a supervisor wrote at the end -> how the job ended.
//!
//! Pure. The one place that knows which error code stands for which end. Called by engines.

use crate::domain::job::{JobError, Outcome};
use crate::domain::mount::MountFailure;
use crate::supervisor::run_dir::{Cause, Exit, Launch, LaunchMount, VolumeKind};

/// A job that exceeded `maxWallClockTime`. No public source shows the service's word for it; ours follows the name
/// of the property.
pub const WALL_CLOCK: &str = "JobMaxWallClockTimeExceeded";
/// A directory, the code or an output file could not be made. Ours: the service never let it come to that.
pub const SET_UP_FAILED: &str = "JobSetUpFailed";

/// How the job ended. `launch` is the plan of the run, if it can still be read: with it messages say more.
#[must_use]
pub fn outcome(exit: &Exit, launch: Option<&Launch>) -> Outcome {
    let failed = |exit_code, error| Outcome::Failed { exit_code, error };
    match exit.cause {
        Cause::Exited if exit.exit_code == Some(0) => Outcome::Succeeded,
        // Codes and messages of these two: azure-sdk-for-python recordings, June 2018.
        Cause::Exited => failed(exit.exit_code, described("JobFailed", "Job failed with non-zero exit code", exit)),
        Cause::PreparationFailed => {
            let message = "Job preparation task failed with non-zero exit code";
            failed(exit.exit_code, described("JobPreparationFailed", message, exit))
        }
        // The exit code of a failed mount: azure-cli issue 18679.
        Cause::MountFailed => failed(Some(-1), mount_error(exit, launch)),
        Cause::ContainerFailed => failed(exit.exit_code, container_error(exit, launch)),
        Cause::SetUpFailed => {
            let message = exit.message.clone().unwrap_or_else(|| "the job could not be set up".into());
            failed(None, JobError::new(SET_UP_FAILED, message))
        }
        Cause::WallClock => failed(None, JobError::new(WALL_CLOCK, wall_clock_message(launch))),
        Cause::Stopped => failed(None, JobError::terminated()),
    }
}

/// An error with the recorded message, and what the supervisor had to add as a detail.
fn described(code: &str, message: &str, exit: &Exit) -> JobError {
    let details = exit.message.iter().map(|text| ("Info".to_owned(), text.clone())).collect();
    JobError { details, ..JobError::new(code, message) }
}

/// Code and detail: azure-docs issue 15559; the message is ours.
fn container_error(exit: &Exit, launch: Option<&Launch>) -> JobError {
    let message = exit.message.clone().unwrap_or_else(|| "the container of the job could not be started".into());
    let image = launch.and_then(|launch| launch.container.as_ref()).map(|container| container.image.clone());
    let details = image.into_iter().map(|image| ("imageName".to_owned(), image)).collect();
    JobError { details, ..JobError::new("FailedStartingContainer", message) }
}

fn mount_error(exit: &Exit, launch: Option<&Launch>) -> JobError {
    let kind = launch.and_then(|launch| failed_mount(exit, launch)).map_or(VolumeKind::Other, |mount| mount.kind);
    match of_kind(kind) {
        Some(failure) => described(failure.code(), failure.message(), exit),
        // Ours: no public source names a failed file server or unmanaged volume.
        None => described("MountFailed", "Unable to mount a volume of the job", exit),
    }
}

const fn of_kind(kind: VolumeKind) -> Option<MountFailure> {
    match kind {
        VolumeKind::FileShare => Some(MountFailure::FileShare),
        VolumeKind::BlobContainer => Some(MountFailure::BlobContainer),
        VolumeKind::Other => None,
    }
}

/// Why a node is unusable whose volumes could not be mounted.
#[must_use]
pub fn node_reason(exit: &Exit, launch: Option<&Launch>) -> String {
    let why = exit.message.as_deref().unwrap_or("its volumes cannot be mounted");
    let kind = launch.and_then(|launch| failed_mount(exit, launch)).and_then(|mount| of_kind(mount.kind));
    kind.map_or_else(|| why.to_owned(), |kind| kind.reason(why))
}

/// The only mount there is, or the one whose path the message names.
fn failed_mount<'a>(exit: &Exit, launch: &'a Launch) -> Option<&'a LaunchMount> {
    let mut mounts = launch.nodes.iter().flat_map(|node| &node.mounts);
    if let [only] = launch.nodes.first()?.mounts.as_slice() {
        return Some(only);
    }
    let message = exit.message.as_deref()?;
    // The last of those that fit is the longest among paths that begin alike: `a/b` is mounted after `a`.
    mounts.by_ref().filter(|mount| message.contains(&mount.path.display().to_string())).last()
}

fn wall_clock_message(launch: Option<&Launch>) -> String {
    match launch.map(|launch| launch.max_wall_clock_seconds) {
        Some(1) => "The job was ended because it ran longer than its maxWallClockTime of 1 second".into(),
        Some(seconds) => {
            format!("The job was ended because it ran longer than its maxWallClockTime of {seconds} seconds")
        }
        None => "The job was ended because it ran longer than its maxWallClockTime".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::engine::launch::tests::{launch_of, mounted_spec};
    use crate::supervisor::run_dir::VERSION;

    fn exit(cause: Cause, exit_code: Option<i32>, message: Option<&str>) -> Exit {
        Exit { version: VERSION, cause, exit_code, message: message.map(str::to_owned), ended_at: 0 }
    }

    fn told(exit: &Exit, launch: Option<&Launch>) -> String {
        match outcome(exit, launch) {
            Outcome::Succeeded => "succeeded".into(),
            Outcome::Failed { exit_code, error } => {
                format!("{exit_code:?} {}: {} {:?}", error.code, error.message, error.details)
            }
        }
    }

    #[test]
    fn every_end_has_its_code_and_message() {
        let limit = launch_of(mounted_spec());
        let ends = [
            exit(Cause::Exited, Some(0), None),
            exit(Cause::Exited, Some(137), None),
            exit(Cause::Exited, None, Some("odd")),
            exit(Cause::PreparationFailed, Some(2), None),
            exit(Cause::SetUpFailed, None, Some("cannot write /x: no space")),
            exit(Cause::WallClock, None, None),
            exit(Cause::Stopped, None, None),
        ];
        let table: Vec<String> = ends.iter().map(|end| told(end, Some(&limit))).collect();
        insta::assert_snapshot!(table.join("\n"), @r#"
        succeeded
        Some(137) JobFailed: Job failed with non-zero exit code []
        None JobFailed: Job failed with non-zero exit code [("Info", "odd")]
        Some(2) JobPreparationFailed: Job preparation task failed with non-zero exit code []
        None JobSetUpFailed: cannot write /x: no space []
        None JobMaxWallClockTimeExceeded: The job was ended because it ran longer than its maxWallClockTime of 3600 seconds []
        None JobTerminated: The specified job has been terminated by the user []
        "#);
    }

    #[test]
    fn a_failed_mount_is_named_by_what_it_mounts() {
        let launch = launch_of(mounted_spec());
        let path = |volume: &str| -> PathBuf {
            let mounts = &launch.nodes[0].mounts;
            mounts.iter().find(|m| m.path.ends_with(volume)).map(|m| m.path.clone()).expect("a mount")
        };
        let code = |at: &Path| {
            let message = format!("cannot mount {}: busy", at.display());
            told(&exit(Cause::MountFailed, None, Some(&message)), Some(&launch))
        };
        assert!(code(&path("afs")).starts_with("Some(-1) AZFMountError: Unable to mount Azure File"));
        assert!(code(&path("bfs")).starts_with("Some(-1) BFSMountError: Unable to mount Azure Blob container"));
        assert!(code(&path("gfs")).starts_with("Some(-1) MountFailed: "));
        assert!(code(&path("gfs")).contains("busy"));
        let unknown = exit(Cause::MountFailed, None, None);
        assert!(told(&unknown, None).starts_with("Some(-1) MountFailed: "));
    }
}
