//! Writing `exit.json`, also when the disk is full or the job has removed its own run directory: without it a finished
//! run would look like a lost one, or like one that has not begun and is to be run again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::run_dir::{Exit, Launch, RunDir, RunDirError};
use super::{mountinfo, moved, note, sentence};

/// Long enough for somebody to make room, short enough that nobody waits for a word that will not come.
const PATIENCE: Duration = Duration::from_secs(10);

const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Writes how the run ended. Where that fails, first the working copies and temporary directories of the run, which
/// nobody needs any more, make room.
///
/// # Errors
/// When it still fails after 10 s.
pub fn write(dir: &RunDir, launch: &Launch, exit: &Exit) -> Result<(), RunDirError> {
    let dir = &moved::run_dir(dir);
    let began = Instant::now();
    loop {
        let Err(error) = dir.write_exit(exit) else { return Ok(()) };
        if began.elapsed() >= PATIENCE {
            return Err(error);
        }
        if make_again(dir) {
            note("the run directory was gone; made again to say how the run ended");
        } else if make_room(dir, launch) {
            // Only now is there room for this line too.
            note(&format!("removed the working copies of the run to make room: {}", sentence(&error)));
        } else {
            // The one wait without an event: nobody tells when a disk has room again.
            std::thread::sleep(TRY_AGAIN);
        }
    }
}

/// Whether the run directory was gone and is there again. Where the whole data directory is gone, nobody asks any more.
fn make_again(dir: &RunDir) -> bool {
    fs::create_dir(dir.path()).is_ok()
}

/// Whether anything was removed.
fn make_room(dir: &RunDir, launch: &Launch) -> bool {
    let places = 0..launch.nodes.len();
    let owned = places.flat_map(|place| [dir.code(place), dir.temp(place)]);
    owned.filter(|path| is_ours_alone(path) && fs::remove_dir_all(path).is_ok()).count() > 0
}

/// Removing what is mounted inside would remove somebody's data.
fn is_ours_alone(path: &Path) -> bool {
    let Ok(place) = path.canonicalize() else { return false };
    mountinfo::all().is_ok_and(|mounts| !mounts.iter().any(|mount| mount.path.starts_with(&place)))
}
