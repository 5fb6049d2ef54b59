use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, UNIX_EPOCH};

use super::*;

/// A folder called `code` in a directory of its own, so that tests can look above it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a directory"));
        fs::create_dir(folder.path()).expect("made");
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("code")
    }

    fn above(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file below the folder, and the directories it lies in.
    fn file(&self, path: impl AsRef<Path>, content: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
        fs::write(&path, content).expect("written");
        path
    }

    #[track_caller]
    fn plan(&self) -> Snapshot {
        plan(&self.path(), DEFAULT_LIMIT).expect("a snapshot")
    }

    #[track_caller]
    fn refused(&self) -> SnapshotError {
        plan(&self.path(), DEFAULT_LIMIT).expect_err("no snapshot")
    }

    #[track_caller]
    fn names(&self) -> Vec<String> {
        self.plan().entries.iter().map(|entry| entry.path.display().to_string()).collect()
    }
}

fn archive(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    snapshot.write_to(&mut bytes).expect("sent");
    bytes
}

#[test]
fn the_same_content_has_the_same_digest_at_any_time_and_place() {
    let (one, two) = (Folder::new(), Folder::new());
    for folder in [&one, &two] {
        folder.file("train.py", "print(1)");
        folder.file("lib/a.py", "");
    }
    let old = fs::File::open(two.path().join("train.py")).expect("open");
    old.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("set");
    fs::set_permissions(two.path().join("train.py"), fs::Permissions::from_mode(0o600)).expect("set");
    let digest = one.plan().digest().to_owned();
    assert_eq!(digest, one.plan().digest());
    assert_eq!(digest, two.plan().digest());
    assert!(digest.starts_with("sha256:") && digest.len() == 7 + 64, "{digest}");

    two.file("train.py", "print(2)");
    assert_ne!(digest, two.plan().digest());
}

#[test]
fn the_owners_executable_bit_is_part_of_the_content() {
    let folder = Folder::new();
    let file = folder.file("run.sh", "true");
    let mut digests = Vec::new();
    for mode in [0o644, 0o744, 0o711, 0o655] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
        digests.push(folder.plan().digest().to_owned());
    }
    assert_eq!((&digests[0], &digests[1]), (&digests[3], &digests[2]));
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn the_archive_is_what_was_digested_and_unpacks_to_the_folder() {
    let folder = Folder::new();
    let long = "d".repeat(150);
    let odd = Path::new(std::ffi::OsStr::from_bytes(b"\xff\xfe")).join("x".repeat(120));
    fs::set_permissions(folder.file("run.sh", "true"), fs::Permissions::from_mode(0o700)).expect("set");
    folder.file(format!("{long}/deep.txt"), &"0123456789".repeat(60_000));
    folder.file(&odd, "odd");
    folder.file("block", &"b".repeat(512));
    fs::create_dir(folder.path().join("empty")).expect("made");
    symlink(format!("../{long}/deep.txt"), folder.path().join("empty/link")).expect("linked");

    let snapshot = folder.plan();
    let bytes = archive(&snapshot);
    let mut digesting = Digesting::new(io::sink());
    digesting.write_all(&bytes).expect("digested");
    assert_eq!(digesting.finish(), (snapshot.digest().to_owned(), snapshot.len()));

    let target = tempfile::tempdir().expect("a directory");
    tar::Archive::new(bytes.as_slice()).unpack(target.path()).expect("unpacked");
    let content = |path: &Path| fs::read_to_string(target.path().join(path)).expect("a file");
    assert_eq!(content(Path::new("empty/link")).len(), 600_000);
    assert_eq!((content(&odd).as_str(), content(Path::new("block")).len()), ("odd", 512));
    let again = plan(target.path(), DEFAULT_LIMIT).expect("a snapshot");
    assert_eq!(again.digest(), snapshot.digest());
}

#[test]
fn entries_carry_no_owner_time_or_odd_mode() {
    let folder = Folder::new();
    fs::set_permissions(folder.file("a", "x"), fs::Permissions::from_mode(0o777)).expect("set");
    fs::create_dir(folder.path().join("d")).expect("made");
    let bytes = archive(&folder.plan());
    let mut modes = Vec::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries().expect("entries") {
        let entry = entry.expect("an entry");
        let header = entry.header();
        let owner = (header.uid().expect("a number"), header.gid().expect("a number"));
        assert_eq!((owner, header.mtime().expect("a number")), ((0, 0), 0));
        assert_eq!(header.username_bytes(), Some(&b""[..]));
        modes.push(header.mode().expect("a number"));
    }
    assert_eq!(modes, [0o755, 0o755]);
}

#[test]
fn an_empty_folder_is_an_archive_too() {
    let folder = Folder::new();
    let snapshot = folder.plan();
    assert_eq!((snapshot.entries.len(), snapshot.len()), (0, 1024));
    assert_eq!(archive(&snapshot), vec![0; 1024]);
}

#[test]
fn ignore_files_hold_without_a_repository_and_hidden_files_are_sent() {
    let folder = Folder::new();
    folder.file(".gitignore", "*.log\n/data/\n");
    folder.file(".batchaiignore", "notes\n!kept.log\n");
    folder.file(".ignore", "train.py\n");
    for path in ["train.py", ".env", "a.log", "kept.log", "data/x", "sub/data/y", "notes/n"] {
        folder.file(path, "x");
    }
    let expected =
        [".batchaiignore", ".env", ".gitignore", ".ignore", "kept.log", "sub", "sub/data", "sub/data/y", "train.py"];
    assert_eq!(folder.names(), expected);
}

#[test]
fn a_nested_ignore_file_can_bring_a_file_back() {
    let folder = Folder::new();
    folder.file(".gitignore", "*.bin\n");
    folder.file("a.bin", "x");
    folder.file("weights/.gitignore", "!best.bin\n");
    folder.file("weights/best.bin", "x");
    folder.file("weights/last.bin", "x");
    assert_eq!(folder.names(), [".gitignore", "weights", "weights/.gitignore", "weights/best.bin"]);
}

#[test]
fn git_itself_is_never_sent() {
    let folder = Folder::new();
    folder.file(".git/HEAD", "ref");
    folder.file(".git/info/exclude", "train.py\n");
    folder.file("module/.git", "gitdir: elsewhere");
    folder.file("train.py", "x");
    folder.file("git", "x");
    assert_eq!(folder.names(), ["git", "module", "train.py"]);
}

#[test]
fn ignore_files_above_count_only_inside_the_same_repository() {
    let folder = Folder::new();
    fs::write(folder.above().join(".gitignore"), "*.log\n").expect("written");
    folder.file("a.log", "x");
    folder.file("sub/b.log", "x");
    folder.file("sub/c.txt", "x");
    assert_eq!(folder.names(), ["a.log", "sub", "sub/b.log", "sub/c.txt"]);

    fs::create_dir(folder.above().join(".git")).expect("made");
    assert_eq!(folder.names(), ["sub", "sub/c.txt"]);

    fs::create_dir(folder.path().join(".git")).expect("made");
    assert_eq!(folder.names(), ["a.log", "sub", "sub/b.log", "sub/c.txt"]);
    let sub = plan(&folder.path().join("sub"), DEFAULT_LIMIT).expect("a snapshot");
    assert_eq!(sub.entries.len(), 2, "the repository of the folder ends below the ignore file");
}

#[test]
fn a_rule_that_means_nothing_is_an_error_where_it_counts() {
    let folder = Folder::new();
    folder.file("a", "x");
    fs::write(folder.above().join(".gitignore"), "[z-a\n").expect("written");
    assert_eq!(folder.names(), ["a"]);

    fs::create_dir(folder.above().join(".git")).expect("made");
    assert!(matches!(folder.refused(), SnapshotError::IgnoreRule { .. }));

    fs::remove_dir(folder.above().join(".git")).expect("removed");
    folder.file(".batchaiignore", "good\n[z-a\n");
    let error = folder.refused();
    let source = std::error::Error::source(&error).expect("a source").to_string();
    assert!(matches!(error, SnapshotError::IgnoreRule { .. }));
    assert!(source.contains(".batchaiignore: line 2"), "{source}");
}

#[test]
fn links_inside_are_kept_and_absolute_ones_made_relative() {
    let folder = Folder::new();
    let file = folder.file("data/file", "x");
    let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).expect("linked");
    link(Path::new("data/file"), "a");
    link(&file, "data/b");
    link(Path::new("../code/data"), "c");
    link(Path::new("not-yet"), "d");
    link(Path::new("e"), "e");
    link(&folder.path(), "f");
    let targets: Vec<_> = (folder.plan().entries.into_iter())
        .filter_map(|entry| match entry.kind {
            Kind::Link { target } => Some((entry.path.display().to_string(), target.display().to_string())),
            Kind::Directory | Kind::File { .. } => None,
        })
        .collect();
    let expected =
        [("a", "data/file"), ("c", "data"), ("d", "not-yet"), ("data/b", "../data/file"), ("e", "e"), ("f", ".")];
    assert_eq!(targets, expected.map(|(name, target)| (name.to_owned(), target.to_owned())));
}

#[test]
fn links_that_lead_outside_are_refused_by_name() {
    // The third goes through a link to the folder itself: by its words alone it stays inside.
    for target in ["../secret", "/etc/passwd", "here/../secret", "../nothing", "/nothing"] {
        let folder = Folder::new();
        fs::write(folder.above().join("secret"), "x").expect("written");
        symlink(".", folder.path().join("here")).expect("linked");
        symlink(target, folder.path().join("leak")).expect("linked");
        let error = folder.refused();
        let told = error.to_string();
        assert!(matches!(error, SnapshotError::LinkOutside { .. }), "{target}: {told}");
        assert!(told.contains("code/leak") && told.ends_with(target), "{told}");
        assert!(error.hint().expect("a hint").contains(".batchaiignore"));

        folder.file(".batchaiignore", "leak\n");
        assert_eq!(folder.names(), [".batchaiignore", "here"]);
    }
}

#[test]
fn sockets_and_pipes_are_refused_by_name() {
    let folder = Folder::new();
    let socket = folder.path().join("control");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
    let expected = format!("cannot send {}: it is a socket, not a file", real(&socket).display());
    assert_eq!(folder.refused().to_string(), expected);

    fs::remove_file(&socket).expect("removed");
    rustix::fs::mknodat(rustix::fs::CWD, &socket, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
    assert!(folder.refused().to_string().contains("it is a named pipe"));
}

#[test]
fn a_folder_over_the_limit_is_refused_with_what_is_large_in_it() {
    let folder = Folder::new();
    folder.file("a.txt", "12345");
    folder.file("data/big.bin", &"x".repeat(2048));
    assert_eq!(plan(&folder.path(), 2053).expect("exactly the limit").entries.len(), 3);
    let error = plan(&folder.path(), 2052).expect_err("over the limit");
    let told = error.to_string().replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(told, @r"
    the code folder FOLDER is too large to be sent: 2.0 KiB so far, the limit is 2.0 KiB; the largest in it:
       2.0 KiB  data/big.bin
           5 B  a.txt
    ");
    assert!(error.hint().expect("a hint").contains(".batchaiignore"));
}

#[test]
fn a_folder_that_is_missing_or_a_file_is_named() {
    let folder = Folder::new();
    let file = folder.file("f", "");
    let told = |path: &Path| plan(path, 1).expect_err("no folder").to_string();
    assert_eq!(told(Path::new("no/such")), "the code folder no/such does not exist");
    assert_eq!(told(&file), format!("cannot send {} as code: it is not a folder", file.display()));
    assert_eq!(told(&file.join("x")), format!("cannot send {} as code: it is not a folder", file.join("x").display()));
}

#[test]
fn a_link_to_the_folder_is_as_good_as_the_folder() {
    let folder = Folder::new();
    folder.file("a", "x");
    let link = folder.above().join("link");
    symlink("code", &link).expect("linked");
    assert_eq!(plan(&link, 1).expect("a snapshot").digest(), folder.plan().digest());
}

#[test]
fn a_file_that_changed_before_it_was_sent_is_named() {
    let folder = Folder::new();
    let file = folder.file("log.txt", "one");
    let snapshot = folder.plan();
    for content in ["longer", "s"] {
        fs::write(&file, content).expect("written");
        let told = snapshot.write_to(io::sink()).expect_err("changed").to_string();
        let expected = "the code folder changed while it was being sent:";
        assert_eq!(told, format!("{expected} {} is not as it was", real(&file).display()));
    }
    fs::remove_file(&file).expect("removed");
    let error = snapshot.write_to(io::sink()).expect_err("gone");
    assert!(matches!(error, SnapshotError::FileChanged { .. }), "{error}");
}

#[test]
fn other_content_of_the_same_length_is_noticed() {
    let folder = Folder::new();
    folder.file("a", "one");
    let snapshot = folder.plan();
    folder.file("a", "two");
    let error = snapshot.write_to(io::sink()).expect_err("changed");
    assert!(matches!(error, SnapshotError::FolderChanged { .. }), "{error}");
}

#[test]
fn a_receiver_that_takes_no_more_is_not_a_fault_of_the_folder() {
    let folder = Folder::new();
    folder.file("a", "one");
    let mut room = [0; 700];
    let error = folder.plan().write_to(&mut room[..]).expect_err("full");
    assert!(matches!(error, SnapshotError::Send(_)), "{error}");
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().expect("it exists")
}
