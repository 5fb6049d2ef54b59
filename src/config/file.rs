//! Writing a file of the configuration so that it is the old one or the new one, whatever happens.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::home::for_this_user;

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
    for_this_user().create(path.parent().unwrap_or(Path::new(".")))
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
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
