//! The sending of code to a server that takes its time: the bar, and Ctrl-C.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};

use crate::support::{OnTerminal, Sandbox};

/// Reads the beginning of a request up to its body; answers its first line.
fn head(reader: &mut BufReader<&TcpStream>) -> Option<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some((first, length)) };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
}

/// What waits until the gate opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// The code, of which only the first piece is taken before.
    Code,
    /// The answer to the job.
    Job,
}

/// One request, of a server that does not have the code, or takes the job without.
fn serve(stream: &TcpStream, held: Held, asked: &Sender<String>, gate: &Receiver<()>) {
    let mut reader = BufReader::new(stream);
    let Some((first, length)) = head(&mut reader) else { return };
    let is_put = |what: &str| first.starts_with("PUT") && first.contains(what);
    let taken = if is_put("/snapshots/") { 1 << 20 } else { length };
    let _ = reader.read_exact(&mut vec![0; taken]);
    if is_put(if held == Held::Code { "/snapshots/" } else { "/jobs/" }) {
        let _ = asked.send(first.clone());
        let _ = gate.recv();
    }
    let error = |code: &str| json!({ "error": { "code": code, "message": "not here" } });
    let (status, body) = match held {
        Held::Code if is_put("/jobs/") => (400, error("SnapshotNotFound")),
        Held::Job if is_put("/jobs/") => (200, job()),
        Held::Code | Held::Job => (404, error("NotFound")),
    };
    let body = if first.starts_with("HEAD") { String::new() } else { body.to_string() };
    let mut answer = stream;
    // Whoever hung up reads nothing.
    let _ = write!(
        answer,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn job() -> Value {
    json!({ "id": "/x", "name": "a", "type": "Microsoft.BatchAI/workspaces/experiments/jobs", "properties": {
        "provisioningState": "succeeded", "provisioningStateTransitionTime": "2018-06-06T20:19:17.24Z",
        "creationTime": "2018-06-06T20:19:17.24Z", "executionState": "queued",
        "executionStateTransitionTime": "2018-06-06T20:19:17.24Z", "toolType": "custom",
        "jobOutputDirectoryPathSegment": "s", "cluster": { "id": "c" }, "nodeCount": 1,
    } })
}

/// Submits a job with 32 MiB of code; answers the terminal, what the server has at its gate, and what opens that.
fn submit(sandbox: &Sandbox, held: Held) -> (OnTerminal, Receiver<String>, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, asked) = channel();
    let (open, gate) = channel();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(&stream, held, &tell, &gate)));
    std::fs::File::create(sandbox.path("data")).and_then(|file| file.set_len(32 << 20)).expect("a large file");
    sandbox.file("job.json", r#"{ "code": ".", "customToolkitSettings": { "commandLine": "true" } }"#);
    let mut command = sandbox.command(["job", "create", "-f", "job.json", "-n", "a", "-c", "c", "--wait"]);
    let command = command.env("TERM", "xterm").env("BATCHAI_ENDPOINT", &url).env("BATCHAI_TOKEN", "t");
    (OnTerminal::start(command), asked, open)
}

#[test]
fn a_bar_shows_how_far_it_is_and_ctrl_c_leaves_no_job() {
    let sandbox = Sandbox::new();
    let (mut terminal, asked, open) = submit(&sandbox, Held::Code);
    assert!(asked.recv().expect("the code is sent").contains("/snapshots/sha256"));
    terminal.shows("Sending the code");
    terminal.shows("of 32.00 MiB");
    terminal.types("\x03");
    assert_eq!(terminal.exit_code(), 130);
    terminal.shows("interrupted while the code was sent; the job was not submitted");
    let screen = terminal.screen();
    let after = screen.rsplit("Sending the code").next().unwrap_or_default();
    assert!(after.contains("\u{1b}[2K"), "the bar is taken away: {after:?}");
    drop(open);
}

#[test]
fn ctrl_c_that_comes_too_late_to_prevent_a_job_says_how_to_get_at_it() {
    let sandbox = Sandbox::new();
    let (mut terminal, asked, open) = submit(&sandbox, Held::Job);
    assert!(asked.recv().expect("the job is sent").contains("/jobs/a"));
    terminal.types("\x03");
    terminal.shows("^C");
    open.send(()).expect("a server");
    assert_eq!(terminal.exit_code(), 130);
    terminal.shows(
        "Job a was submitted already, and goes on. To wait for it: `batchai job wait -w default -e default -n a`",
    );
}
