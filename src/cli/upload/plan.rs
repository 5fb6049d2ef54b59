//! Which files of this machine are sent, and what they will be called. Looks at files, reads none.
//!
//! As with `cp -r`: a folder arrives under its own name, `FOLDER/.` is what is in it. Links to files are followed as
//! long as they stay in the folder that was named; everything else that is no file is left out, and told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Wanted;
use super::pattern::matches;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// To be sent, in the order of their names there.
    pub files: Vec<Wanted>,
    /// Left out, and why: a sentence each.
    pub left_out: Vec<String>,
}

/// The files that are named, and those in the folders that are named. `folder`: where they go; `pattern`: only those.
///
/// # Errors
/// When something is not there or cannot be read, has a name that cannot be sent, or would land where another one does.
pub fn find(sources: &[PathBuf], folder: &str, pattern: Option<&str>) -> Result<Found, Failure> {
    let mut found = Found::default();
    for source in sources {
        of_source(source, folder, pattern, &mut found)?;
    }
    found.files.sort_by(|a, b| a.remote.cmp(&b.remote));
    let mut seen: HashMap<&str, &Path> = HashMap::new();
    for file in &found.files {
        if let Some(other) = seen.insert(&file.remote, &file.local) {
            let (first, second) = (other.display(), file.local.display());
            return Err(wrong(&format!("both {first} and {second} would be {}", file.remote))
                .hint("upload them one after the other, each with its own --path"));
        }
    }
    Ok(found)
}

fn of_source(source: &Path, folder: &str, pattern: Option<&str>, found: &mut Found) -> Result<(), Failure> {
    let metadata = source.metadata().map_err(|error| unreadable(source, &error))?;
    if metadata.is_dir() {
        let base = if is_content(source) { folder.to_owned() } else { below(folder, own_name(source)?) };
        let root = source.canonicalize().map_err(|error| unreadable(source, &error))?;
        // Without the `/.` that says what is meant.
        let shown: PathBuf = source.components().collect();
        return Walk { root: &root, base: &base, pattern, found }.folder(&shown, "");
    }
    if !metadata.is_file() {
        return Err(wrong(&format!("{} is neither a file nor a folder", source.display()))
            .hint("`-` as the only source sends what comes on standard input"));
    }
    let name = own_name(source)?;
    if pattern.is_none_or(|pattern| matches(pattern, name)) {
        found.files.push(wanted(source, below(folder, name), &metadata));
    }
    Ok(())
}

/// Whether what is in the folder is meant rather than the folder.
fn is_content(source: &Path) -> bool {
    let text = source.as_os_str().as_encoded_bytes();
    text == b"." || text.ends_with(b"/.") || source.file_name().is_none()
}

fn own_name(source: &Path) -> Result<&str, Failure> {
    let name = source.file_name().unwrap_or(source.as_os_str());
    name.to_str().filter(|name| is_sendable(name)).ok_or_else(|| unsendable(source))
}

/// As the server takes names.
fn is_sendable(name: &str) -> bool {
    !name.chars().any(char::is_control)
}

struct Walk<'w> {
    /// The real path of the folder that was named.
    root: &'w Path,
    /// Where it goes.
    base: &'w str,
    pattern: Option<&'w str>,
    found: &'w mut Found,
}

impl Walk<'_> {
    /// What is in `folder`, which is at `path` below the folder that was named.
    fn folder(&mut self, folder: &Path, path: &str) -> Result<(), Failure> {
        let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(folder, &error))?;
            let (local, kind) = (entry.path(), entry.file_type().map_err(|error| unreadable(folder, &error))?);
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| is_sendable(name)) else { return Err(unsendable(&local)) };
            let path = below(path, name);
            if kind.is_dir() {
                self.folder(&local, &path)?;
            } else if let Some(metadata) = self.file(&local, kind)?
                && self.pattern.is_none_or(|pattern| matches(pattern, &path))
            {
                self.found.files.push(wanted(&local, below(self.base, &path), &metadata));
            }
        }
        Ok(())
    }

    /// `None` for what is left out.
    fn file(&mut self, local: &Path, kind: std::fs::FileType) -> Result<Option<std::fs::Metadata>, Failure> {
        let mut without = |why: &str| {
            self.found.left_out.push(format!("{} is left out: {why}", local.display()));
            Ok(None)
        };
        if kind.is_file() {
            return local.symlink_metadata().map(Some).map_err(|error| unreadable(local, &error));
        }
        if !kind.is_symlink() {
            return without("it is no file, but a pipe, a socket or a device");
        }
        let Ok(real) = local.canonicalize() else { return without("the link leads nowhere") };
        let metadata = real.metadata().map_err(|error| unreadable(local, &error))?;
        if !real.starts_with(self.root) {
            return without("the link leads out of the folder");
        }
        if metadata.is_dir() {
            return without("it is a link to a folder, which is uploaded where it really is");
        }
        if metadata.is_file() { Ok(Some(metadata)) } else { without("the link leads to no file") }
    }
}

fn wanted(local: &Path, remote: String, metadata: &std::fs::Metadata) -> Wanted {
    Wanted { local: local.to_owned(), remote, size: metadata.len(), is_executable: is_executable(metadata) }
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// A path of a volume and what is below it.
#[must_use]
pub fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        _ => error.to_string(),
    };
    wrong(&format!("{}: {why}", path.display())).hint("nothing was sent")
}

fn unsendable(path: &Path) -> Failure {
    let message = format!("{path:?} has a name that is no text, or has control characters in it");
    wrong(&message).hint("rename it, or leave it out with --pattern; nothing was sent")
}

fn wrong(message: &str) -> Failure {
    Failure::new(ExitCode::Usage, format!("cannot upload: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &Found) -> Vec<&str> {
        found.files.iter().map(|file| file.remote.as_str()).collect()
    }

    fn staged() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["data/a.bin", "data/deep/ü b.txt", "data/-x", "train.py", "other/train.py"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            std::fs::write(path, file).expect("a file");
        }
        folder
    }

    #[test]
    fn a_folder_arrives_under_its_name_and_its_content_without() {
        let folder = staged();
        let at = |path: &str| PathBuf::from(format!("{}/{path}", folder.path().display()));
        let found = |source: &str| find(&[at(source)], "mnist", None).expect("files");
        let expected = ["mnist/data/-x", "mnist/data/a.bin", "mnist/data/deep/ü b.txt"];
        assert_eq!(names(&found("data")), expected);
        assert_eq!(names(&found("data/")), expected);
        assert_eq!(names(&found("data/.")), ["mnist/-x", "mnist/a.bin", "mnist/deep/ü b.txt"]);
        assert_eq!(names(&found("train.py")), ["mnist/train.py"]);
        let some = find(&[at("data"), at("train.py")], "", Some("*.*")).expect("files");
        assert_eq!(names(&some), ["data/a.bin", "data/deep/ü b.txt", "train.py"]);
    }

    #[test]
    fn no_file_takes_the_place_of_another_unseen_and_a_missing_one_is_told() {
        let folder = staged();
        let at = |path: &str| folder.path().join(path);
        let failure = find(&[at("train.py"), at("other/train.py")], "", None).expect_err("a failure");
        assert!(failure.message.contains("would be train.py"), "{}", failure.message);
        let failure = find(&[at("absent")], "", None).expect_err("a failure");
        assert!(failure.message.ends_with("absent: there is no such file or folder"), "{}", failure.message);
        std::fs::write(at("data/a\nb"), "").expect("a file");
        let failure = find(&[at("data")], "", None).expect_err("a failure");
        assert!(failure.message.contains("a\\nb"), "{}", failure.message);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_to_files_inside_and_nothing_is_left_out_silently() {
        use std::os::unix::fs::symlink;
        let folder = staged();
        let data = folder.path().join("data");
        for (target, name) in
            [("a.bin", "near"), ("/etc/passwd", "out"), ("deep", "folder"), ("..", "up"), ("gone", "nowhere")]
        {
            symlink(target, data.join(name)).expect("a link");
        }
        let found = find(std::slice::from_ref(&data), "", None).expect("files");
        assert_eq!(names(&found), ["data/-x", "data/a.bin", "data/deep/ü b.txt", "data/near"]);
        assert_eq!(found.files[3].size, 10);
        assert_eq!(found.left_out.len(), 4, "{:?}", found.left_out);
        // What is named itself is meant, wherever it leads.
        symlink("/etc/passwd", folder.path().join("named")).expect("a link");
        let found = find(&[folder.path().join("named")], "", None).expect("a file");
        assert_eq!(names(&found), ["named"]);
    }
}
