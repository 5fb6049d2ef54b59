//! Pulling from a registry that wants a password: a real Podman, and a stand-in that speaks as much of the registry's
//! protocol (OCI distribution specification) as a pull takes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{error, job, submit};
use crate::support::leaks::{holders, shows};
use crate::support::podman::IMAGE;
use crate::support::{Podman, Sandbox, wait_until};

/// A registry with one image, `<address>/private/image:1`.
struct Registry {
    address: String,
    /// How many requests had the right password.
    let_in: Arc<AtomicUsize>,
}

impl Registry {
    /// Serves the image that was pushed into `folder` to whoever has this password. `seen` is called while one pulls.
    fn start(folder: PathBuf, user: &str, password: &str, seen: impl Fn() + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let let_in = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&let_in);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if answer(stream, &folder, &wanted).unwrap_or(false) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    seen();
                }
            }
        });
        Self { address, let_in }
    }

    fn image(&self) -> String {
        format!("{}/private/image:1", self.address)
    }
}

/// Answers one request; whether it had the password.
fn answer(mut stream: TcpStream, folder: &Path, wanted: &str) -> std::io::Result<bool> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut is_let_in = false;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        is_let_in |= line
            .split_once(": ")
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("authorization") && value == wanted);
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let file = match path.rsplit('/').next().unwrap_or_default() {
        "" => None,
        "1" => Some(folder.join("manifest.json")),
        digest => Some(folder.join(digest.trim_start_matches("sha256:"))),
    };
    let (status, body) = match (is_let_in, file) {
        (false, _) => ("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"", Vec::new()),
        (true, None) => ("200 OK", b"{}".to_vec()),
        (true, Some(file)) => std::fs::read(file).map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body)),
    };
    let kind =
        serde_json::from_slice::<Value>(&body).ok().and_then(|json| json["mediaType"].as_str().map(str::to_owned));
    let kind = kind.unwrap_or_else(|| "application/vnd.docker.distribution.manifest.v2+json".into());
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)?;
    Ok(is_let_in)
}

fn private(registry: &Registry, password: &str) -> Value {
    let mut spec = job("echo pulled");
    spec["containerSettings"]["imageSourceRegistry"] = json!({
        "image": registry.image(),
        "serverUrl": format!("http://{}", registry.address),
        "credentials": { "username": "me", "password": password } });
    spec
}

/// A server whose Podman trusts the registry without TLS.
fn serving(podman: &Podman, registry: &Registry) -> Sandbox {
    let sandbox = Sandbox::new();
    podman.serve(&sandbox);
    let text = format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", registry.address);
    let settings = sandbox.file("registries.conf", &text);
    let mut start = sandbox.command(["server", "start"]);
    assert!(start.env("CONTAINERS_REGISTRIES_CONF", settings).status().expect("the program").success());
    sandbox.cluster("c", 1);
    sandbox
}

fn pushed(podman: &Podman) -> PathBuf {
    let folder = podman.path("pushed");
    podman.run(&format!("push --format v2s2 {IMAGE} dir:{}", folder.display())).succeeds();
    // So that nothing of it is there already.
    podman.run("rmi --all --force").succeeds();
    folder
}

#[test]
fn an_image_of_a_private_registry_is_pulled_with_a_password_that_nobody_sees() {
    let Some(podman) = Podman::new() else { return };
    let password = format!("'$x\" {}", uuid::Uuid::new_v4());
    let spied = password.clone();
    let token = STANDARD.encode(format!("me:{password}"));
    let spied_token = token.clone();
    let seen = move || {
        for id in super::all_processes() {
            for text in [&spied, &spied_token] {
                // The first process of this test binary has it in neither.
                for file in ["cmdline", "environ"] {
                    assert!(!shows(id, file, text), "{file} of process {id}");
                }
            }
        }
    };
    let registry = Registry::start(pushed(&podman), "me", &password, seen);
    let sandbox = serving(&podman, &registry);
    sandbox.spec("job.json", &private(&registry, &password));
    sandbox.run("job create -c c -f job.json -n a").succeeds();
    std::fs::remove_file(sandbox.path("job.json")).expect("the only file that may hold it");
    sandbox.run("job wait -n a").succeeds();
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("pulled\n");
    assert!(registry.let_in.load(Ordering::SeqCst) >= 3, "a manifest, its configuration and a layer at least");
    let log = sandbox.run("job file stream -j a -f execution.log").succeeds().stdout;
    assert!(log.contains(&format!("pulling image {}", registry.image())) && log.contains("Copying blob"), "{log}");
    for text in [&password, &token] {
        for folder in podman.records().into_iter().chain([sandbox.home().to_owned(), sandbox.work()]) {
            assert_eq!(holders(&folder, text), [] as [String; 0]);
        }
    }
}

#[test]
fn a_job_whose_image_is_being_pulled_says_so() {
    let Some(podman) = Podman::new() else { return };
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    // Every answer waits until the test has seen what it wants; later, `recv` fails at once.
    let seen = move || {
        let _ = may_go.recv();
    };
    let registry = Registry::start(pushed(&podman), "me", "right", seen);
    let sandbox = serving(&podman, &registry);
    submit(&sandbox, "a", &private(&registry, "right"));
    let said = format!("is running: it pulls image {}, then starts on 1 node.", registry.image());
    wait_until("the pull is told", || sandbox.run("job explain a").succeeds().stdout.contains(&said));
    drop(go);
    sandbox.run("job wait -n a").succeeds();
}

#[test]
fn a_wrong_password_fails_the_job_and_says_what_to_check() {
    let Some(podman) = Podman::new() else { return };
    let registry = Registry::start(pushed(&podman), "me", "right", || {});
    let sandbox = serving(&podman, &registry);
    submit(&sandbox, "a", &private(&registry, "wrong"));
    let waited = sandbox.run("job wait -n a").fails_with(255);
    let error = error(&sandbox, "a");
    assert_eq!(error["code"], "FailedStartingContainer", "{}", waited.stderr);
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("check its name, and the serverUrl and credentials"), "{message}");
    assert!(message.to_lowercase().contains("unauthorized") && !message.contains("wrong"), "{message}");
    assert_eq!(registry.let_in.load(Ordering::SeqCst), 0);
}
