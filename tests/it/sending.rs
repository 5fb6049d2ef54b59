//! The sending of code to a server that takes its time: the bar, and Ctrl-C.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::json;

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

/// One request. Of the code only the first piece is taken before the gate opens.
fn serve(stream: &TcpStream, asked: &Sender<String>, gate: &Receiver<()>) {
    let mut reader = BufReader::new(stream);
    let Some((first, length)) = head(&mut reader) else { return };
    let is_code = first.starts_with("PUT") && first.contains("/snapshots/");
    if is_code {
        let _ = asked.send(first.clone());
        let _ = reader.read_exact(&mut vec![0; 1 << 20]);
        let _ = gate.recv();
    } else {
        let _ = reader.read_exact(&mut vec![0; length]);
    }
    let is_job = first.starts_with("PUT") && first.contains("/jobs/");
    let (status, code) = if is_job { (400, "SnapshotNotFound") } else { (404, "NotFound") };
    let body = json!({ "error": { "code": code, "message": "not here" } }).to_string();
    let body = if first.starts_with("HEAD") { String::new() } else { body };
    let mut answer = stream;
    // Whoever hung up reads nothing.
    let _ = write!(
        answer,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

#[test]
fn a_bar_shows_how_far_it_is_and_ctrl_c_leaves_no_job() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, asked) = channel();
    let (open, gate) = channel();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(&stream, &tell, &gate)));

    let sandbox = Sandbox::new();
    std::fs::File::create(sandbox.path("data")).and_then(|file| file.set_len(32 << 20)).expect("a large file");
    sandbox.file("job.json", r#"{ "code": ".", "customToolkitSettings": { "commandLine": "true" } }"#);
    let mut command = sandbox.command(["job", "create", "-f", "job.json", "-n", "a", "-c", "c", "--wait"]);
    let command = command.env("TERM", "xterm").env("BATCHAI_ENDPOINT", &url).env("BATCHAI_TOKEN", "t");
    let mut terminal = OnTerminal::start(command);
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
