//! Where things are when the data directory was moved while a run goes on.
//!
//! We were started inside of the run directory, so that our working directory tells where that is now.

use std::path::{Path, PathBuf};

use super::run_dir::{LaunchMount, MountHow, RunDir};

/// The run directory as it is called now.
pub(super) fn run_dir(dir: &RunDir) -> RunDir {
    RunDir::at(now(dir).unwrap_or_else(|| dir.path().to_owned()))
}

/// A volume of the run, with its paths of now.
pub(super) fn mount(dir: &RunDir, mount: &LaunchMount) -> LaunchMount {
    let mut mount = mount.clone();
    if let Some(now) = now(dir) {
        mount.path = follow(&mount.path, dir.path(), &now);
        if let MountHow::Program(program) = &mut mount.how {
            for path in [&mut program.cache, &mut program.kept_in].into_iter().flatten() {
                *path = follow(path, dir.path(), &now);
            }
        }
    }
    mount
}

/// `None` where it is there still, or is gone.
fn now(dir: &RunDir) -> Option<PathBuf> {
    if dir.path().exists() {
        return None;
    }
    std::env::current_dir().ok().filter(|now| now.file_name() == dir.path().file_name())
}

/// Where `path` is when what was `before` is `now`: both end alike below the folder that was moved.
fn follow(path: &Path, before: &Path, now: &Path) -> PathBuf {
    let alike = before.iter().rev().zip(now.iter().rev()).take_while(|(one, other)| one == other).count();
    let folder = |path: &Path| path.ancestors().nth(alike).map(Path::to_owned);
    let rest = folder(before).and_then(|folder| path.strip_prefix(folder).ok());
    rest.zip(folder(now)).map_or_else(|| path.to_owned(), |(rest, folder)| folder.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_folder_that_was_moved_is_found_there_and_nothing_else_is() {
        let follow =
            |path, before, now| follow(Path::new(path), Path::new(before), Path::new(now)).display().to_string();
        assert_eq!(follow("/a/runs/r/mounts/v", "/a/runs/r", "/b/runs/r"), "/b/runs/r/mounts/v");
        assert_eq!(
            follow("/a/nodes/1/0/mounts/v", "/a/nodes/1/0/holder", "/c/d/nodes/1/0/holder"),
            "/c/d/nodes/1/0/mounts/v"
        );
        assert_eq!(follow("/mnt/v", "/a/runs/r", "/b/runs/r"), "/mnt/v");
    }
}
