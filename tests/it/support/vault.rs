//! A key vault on the network: a little of what Azure Key Vault answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{Sandbox, wait_until};

/// A vault of one test; it goes with the process.
pub struct Vault {
    /// Its address.
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Vault {
    /// Answers a path such as `/secrets/token` with a status, and a value where there is one.
    pub fn start(answer: impl Fn(&str) -> (u16, Option<String>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &log, answer.as_ref()));
            }
        });
        Self { url, asked }
    }

    /// What it was asked so far: path, query and token.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the log").clone()
    }

    /// Waits until it was asked so often.
    #[track_caller]
    pub fn was_asked(&self, times: usize) {
        wait_until(&format!("the vault was asked {times} times"), || self.asked().len() >= times);
    }

    /// Writes it into the settings of the server of `sandbox`, under the name `demo`; answers the file of its token.
    pub fn settle(&self, sandbox: &Sandbox) -> PathBuf {
        let token = sandbox.file("vault.token", "opens-the-vault\n");
        permit(&token, 0o600);
        let settings = json!({ "vaults": { "demo": { "url": self.url, "tokenFile": token } } });
        std::fs::create_dir_all(sandbox.home()).expect("a home");
        std::fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
        token
    }
}

/// Changes who may read a file.
pub fn permit(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}

fn serve(
    mut stream: &TcpStream,
    log: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> (u16, Option<String>) + Send + Sync),
) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut token = String::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let header = line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some((_, value)) = header {
            value.clone_into(&mut token);
        }
    }
    log.lock().expect("the log").push(format!("{target} {token}"));
    let (status, value) = answer(target.split('?').next().unwrap_or_default());
    let body = match value {
        Some(value) => json!({ "value": value, "id": "https://demo.vault.azure.net/secrets/x/1" }).to_string(),
        None => json!({ "error": { "code": "SecretNotFound", "message": "hunter2" } }).to_string(),
    };
    // Whoever hung up reads nothing.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
