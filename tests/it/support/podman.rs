//! Podman with storage of its own, so that the developer's images and containers stay as they are, and a tiny image.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Done, Sandbox, is_left_out};

/// The image that every [`Podman`] has.
pub const IMAGE: &str = "localhost/batchai-test:1";

/// Limits below those of the user: where these are low, containers do not start with Podman's own.
const RUN_OPTIONS: [&str; 4] = ["--ulimit", "nofile=512:512", "--ulimit", "nproc=1024:1024"];

/// Dropping it removes its containers and images.
pub struct Podman {
    folder: TempDir,
    options: Vec<String>,
}

impl Podman {
    /// `None` when `tests/run` was told to do without. Fails when it is not installed, or cannot run a container.
    #[track_caller]
    pub fn new() -> Option<Self> {
        if is_left_out("podman") {
            return None;
        }
        // Podman takes no long paths here.
        let folder = tempfile::tempdir_in("/tmp").expect("a temporary folder");
        let mut failures = String::new();
        // The second is for machines on which the usual runtime does not work, such as some containers.
        for runtime in [&[][..], &["--runtime", "runc"]] {
            let podman = Self::at(&folder, runtime);
            podman.import();
            let tried = podman
                .run_with(["run", "--rm", "--network", "host"].iter().chain(&RUN_OPTIONS).chain(&[IMAGE, "true"]));
            if tried.code == 0 {
                return Some(Self { folder, options: podman.options });
            }
            failures.push_str(&tried.stderr);
        }
        panic!(
            "podman runs no container here: {failures}\n`tests/run` installs it with runc, `tests/run --without podman` \
             goes on without it"
        );
    }

    fn at(folder: &TempDir, runtime: &[&str]) -> Bare {
        let below = |name: &str| folder.path().join(name).display().to_string();
        let own = ["--root", &below("root"), "--runroot", &below("run"), "--tmpdir", &below("tmp")].map(str::to_owned);
        let rest = ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"].iter().chain(runtime);
        Bare { options: own.into_iter().chain(rest.map(|word| (*word).to_owned())).collect() }
    }

    /// From now on the server of this sandbox, which does not run yet, uses it.
    pub fn serve(&self, sandbox: &Sandbox) {
        self.serve_with(sandbox, &[]);
    }

    /// The same, with these folders of the host in every container, to be read.
    pub fn serve_with(&self, sandbox: &Sandbox, folders: &[&str]) {
        let folders = folders.iter().filter(|folder| Path::new(folder).exists());
        let volumes = folders.flat_map(|folder| ["--volume".to_owned(), format!("{folder}:{folder}:ro")]);
        let run_options: Vec<String> = RUN_OPTIONS.map(str::to_owned).into_iter().chain(volumes).collect();
        let settings = serde_json::json!({ "containers": {
            "engine": "podman", "options": self.options, "runOptions": run_options } });
        std::fs::create_dir_all(sandbox.home()).expect("a folder");
        std::fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
    }

    /// Runs it with these words.
    pub fn run(&self, words: &str) -> Done {
        Bare { options: self.options.clone() }.run_with(words.split_whitespace())
    }

    /// The names of all containers that there are, in order.
    pub fn containers(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.run("ps --all --format {{.Names}}").succeeds().stdout.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Where it keeps what it knows; not the files of images and containers.
    pub fn records(&self) -> Vec<PathBuf> {
        ["root/libpod", "root/vfs-containers", "root/vfs-images", "run", "tmp"].map(|name| self.path(name)).into()
    }

    /// A folder that is gone with it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.run("rm --all --force --time 0");
        for point in super::process::mounts_below(self.folder.path()) {
            let _ = Command::new("umount").arg("-l").arg(point).output();
        }
    }
}

/// The program and where its storage is.
struct Bare {
    options: Vec<String>,
}

impl Bare {
    #[track_caller]
    fn run_with<'w>(&self, words: impl IntoIterator<Item = &'w (impl AsRef<str> + ?Sized + 'w)>) -> Done {
        let mut command = Command::new("podman");
        command.args(&self.options).args(words.into_iter().map(AsRef::as_ref)).stdin(Stdio::null());
        let missing =
            "podman is not installed: `tests/run` installs it, `tests/run --without podman` goes on without it";
        Done::of(&command.output().expect(missing))
    }

    /// Makes the image: a static busybox with a link for each of its programs.
    #[track_caller]
    fn import(&self) {
        let mut command = Command::new("podman");
        command.args(&self.options).args(["import", "--change", "ENV OF_IMAGE=yes", "-", IMAGE]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let missing =
            "podman is not installed: `tests/run` installs it, `tests/run --without podman` goes on without it";
        let mut child = command.spawn().expect(missing);
        child.stdin.take().expect("its input").write_all(&root()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What is in the image.
#[track_caller]
fn root() -> Vec<u8> {
    let missing =
        "there is no static /bin/busybox: `tests/run` installs it, `tests/run --without podman` goes on without";
    let busybox = std::fs::read("/bin/busybox").expect(missing);
    let listed = Command::new("/bin/busybox").arg("--list").output().expect(missing).stdout;
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |path: &str, kind: tar::EntryType, mode: u32, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(data.len() as u64);
        archive.append_data(&mut header, path, data).expect("memory");
    };
    for folder in ["bin", "etc", "root", "tmp"] {
        add(folder, tar::EntryType::Directory, 0o755, b"");
    }
    add("bin/busybox", tar::EntryType::Regular, 0o755, &busybox);
    add("etc/passwd", tar::EntryType::Regular, 0o644, b"root:x:0:0:root:/root:/bin/sh\n");
    for applet in String::from_utf8_lossy(&listed).lines().filter(|applet| *applet != "busybox") {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, Path::new("bin").join(applet), "busybox").expect("memory");
    }
    archive.into_inner().expect("memory")
}
