//! Which symbolic links may travel, and with which target.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The target to send for the link at `path`, which is relative to the real path `root`; nothing for a link that
/// leads out of the folder. A target that stays inside is sent as it is, also where nothing is there (yet); one
/// that leaves the folder and comes back, such as an absolute one, is made relative, so that it still fits where
/// the archive is unpacked.
pub fn target_inside(root: &Path, path: &Path, target: &Path) -> Option<OsString> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let real = root.join(parent).join(target).canonicalize().ok();
    let real_inside = real.as_deref().map(|real| real.strip_prefix(root).ok());
    match (real_inside, stays_inside(parent, target)) {
        (Some(Some(_)) | None, true) => Some(target.as_os_str().to_owned()),
        (Some(Some(inside)), false) => Some(relative(parent, inside).into_os_string()),
        (Some(None), _) | (None, false) => None,
    }
}

/// Whether a target leaves the folder at no step, going by its words alone.
fn stays_inside(parent: &Path, target: &Path) -> bool {
    let mut depth = parent.components().count();
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// The way from the directory `parent` to `inside`, both relative to the folder.
fn relative(parent: &Path, inside: &Path) -> PathBuf {
    let up: PathBuf = parent.components().map(|_| Component::ParentDir).collect();
    let way = up.join(inside);
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}
