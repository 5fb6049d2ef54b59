//! A blob service of one test: Azurite, which `tests/run` installs, with containers that a signature opens.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;

use super::network::received;
use super::{Answer, Sandbox, is_left_out};

/// The account that it always has, and its key, which everybody knows.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const VERSION: &str = "2018-11-09";
const EXPIRY: &str = "2099-01-01T00:00:00Z";
const PERMISSIONS: &str = "racwdl";

/// Dropping it ends it; what it holds is in its memory only.
pub struct Azurite {
    process: Child,
    address: String,
}

impl Azurite {
    /// `None` when `tests/run` was told to do without it, rclone or FUSE. Fails when one of them is not there.
    #[track_caller]
    pub fn start() -> Option<Self> {
        if is_left_out("azurite") || !has_rclone() {
            return None;
        }
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        let folder = target.join("node/azurite");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/package-lock.json");
        assert!(
            std::fs::read(folder.join("installed")).ok() == Some(std::fs::read(lock).expect("a lock file")),
            "Azurite as tests/node/package-lock.json pins it is not in {}: `tests/run` installs it, `tests/run --without \
             azurite` goes on without it",
            folder.display()
        );
        let mut command = Command::new(folder.join("node_modules/.bin/azurite-blob"));
        command.args(["--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck"]);
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("Azurite, which needs node on PATH");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let line = lines.by_ref().find(|line| line.contains("successfully listens"));
        let line = line.expect("a line that says where it listens");
        // It says every request, and would end when nobody listened.
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.rsplit_once("http://").expect("an address").1.trim().to_owned();
        Some(Self { process, address })
    }

    /// Makes a container.
    #[track_caller]
    pub fn container(&self, name: &str) {
        let to_sign = [ACCOUNT, PERMISSIONS, "b", "sco", "", EXPIRY, "", "", VERSION, ""].join("\n");
        let query = format!(
            "restype=container&sv={VERSION}&ss=b&srt=sco&se={}&sp={PERMISSIONS}&sig={}",
            encoded(EXPIRY),
            signature(&to_sign)
        );
        self.send("PUT", &format!("/{ACCOUNT}/{name}?{query}"), "", "").is(201);
    }

    /// The address of a container with a signature that opens it.
    pub fn sas_url(&self, container: &str) -> String {
        let resource = format!("/blob/{ACCOUNT}/{container}");
        let to_sign = [PERMISSIONS, "", EXPIRY, &resource, "", "", "", VERSION, "c", "", "", "", "", "", ""].join("\n");
        format!(
            "http://{}/{ACCOUNT}/{container}?sv={VERSION}&sr=c&se={}&sp={PERMISSIONS}&sig={}",
            self.address,
            encoded(EXPIRY),
            signature(&to_sign)
        )
    }

    /// The same with a signature of nobody.
    pub fn wrong_sas_url(&self, container: &str) -> String {
        let url = self.sas_url(container);
        let (rest, _) = url.split_once("&sig=").expect("a signature");
        format!("{rest}&sig={}", encoded(&BASE64.encode([7; 32])))
    }

    /// Writes a blob.
    #[track_caller]
    pub fn write(&self, container: &str, blob: &str, content: &str) {
        self.send("PUT", &self.path_of(container, blob), "x-ms-blob-type: BlockBlob\r\n", content).is(201);
    }

    /// What is in a blob; `None` when it is not there.
    pub fn read(&self, container: &str, blob: &str) -> Option<String> {
        let answer = self.send("GET", &self.path_of(container, blob), "", "");
        (answer.status == 200).then(|| answer.text())
    }

    /// Ends it, as a machine that goes down would.
    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The settings of a server whose account `acc` has these containers here, opened by what is in a file each; writes
    /// those files. `None`: opened by a wrong signature.
    pub fn settle(&self, sandbox: &Sandbox, containers: &[(&str, bool)]) {
        let mut all = serde_json::Map::new();
        for (container, opens) in containers {
            let url = if *opens { self.sas_url(container) } else { self.wrong_sas_url(container) };
            let file = sandbox.file(&format!("{container}.sas"), &url);
            all.insert((*container).to_owned(), serde_json::json!({ "rclone": true, "sasUrlFile": file }));
        }
        let settings = serde_json::json!({ "storage": { "accounts": { "acc": { "containers": all } } } });
        std::fs::create_dir_all(sandbox.home()).expect("a home");
        std::fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
    }

    fn path_of(&self, container: &str, blob: &str) -> String {
        let url = self.sas_url(container);
        let query = url.split_once('?').expect("a query").1;
        format!("/{ACCOUNT}/{container}/{blob}?{query}")
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("Azurite");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-ms-version: {VERSION}\r\n{headers}content-length: \
             {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("a request");
        received(stream)
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether rclone and FUSE are to be used. Fails when one is and is not there.
#[track_caller]
pub fn has_rclone() -> bool {
    if is_left_out("rclone") || is_left_out("fuse") {
        return false;
    }
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    for (program, name) in [("rclone", "rclone"), ("fusermount3", "fuse")] {
        assert!(
            is_there(program),
            "there is no {program}: `tests/run` installs it, `tests/run --without {name}` goes on without it"
        );
    }
    let device = std::fs::File::options().read(true).write(true).open("/dev/fuse");
    assert!(
        device.is_ok(),
        "/dev/fuse: {device:?}: `modprobe fuse`, or `tests/run --without fuse` to go on without it"
    );
    true
}

fn signature(text: &str) -> String {
    let key = BASE64.decode(KEY).expect("a key");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    encoded(&BASE64.encode(tag.as_ref()))
}

fn encoded(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace(':', "%3A")
}
