//! Writing a file of the configuration so that it is the old one or the new one, whatever happens.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Writes beside and renames, for nobody but this user; makes the folder when it is not there. Where the path is a
/// link, the file that it leads to is written, so that the link stays.
///
/// # Errors
/// When the file system refuses; the file is then as it was.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    make_folder(&target)?;
    let beside = target.with_extension(format!("yaml.{}", std::process::id()));
    let written = write_whole(&beside, text).and_then(|()| std::fs::rename(&beside, &target));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// As long as the answer lives, nobody else has it: for reading, changing and writing a file of this folder. Where
/// folders cannot be locked, nobody waits.
///
/// # Errors
/// When the folder cannot be made.
pub fn lock_folder_of(path: &Path) -> io::Result<Option<File>> {
    make_folder(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Ok(File::open(folder).ok().filter(|folder| folder.lock().is_ok()))
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path.parent().unwrap_or(Path::new(".")))
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written_for_its_user_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("real"), folder.path().join("config.yaml"));
        std::fs::write(&file, "old").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, "new").expect("written");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), "new");
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left beside");
    }
}
