//! The server on the network: plain on this machine, with TLS elsewhere, and the commands through it.

use std::io::{Read, Write};

use rustix::process::Signal;
use serde_json::json;

use crate::support::network::received;
use crate::support::{Network, Running, SUBSCRIPTION, Sandbox, wait_until};

fn workspace() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w")
}

/// A job with code, run by somebody else, whose end and output must come through.
#[track_caller]
fn runs_jobs(network: &Network<'_>, user: &Sandbox, run: impl Fn(&str) -> crate::support::Done) {
    user.file("code/train.txt", "trained\n");
    let spec = json!({ "code": "code", "customToolkitSettings": { "commandLine": "cat train.txt; exit 7" } });
    user.spec("job.json", &spec);
    run("job run -f job.json -n j").fails_with(7).prints("trained\n");
    run("job wait -n j").fails_with(7);
    run("job file stream -j j -f stdout.txt").succeeds().prints("trained\n");
    run("job show -n missing").fails_with(3);
    let status = run("server status").succeeds().json();
    assert_eq!(status["addresses"][0], network.url.as_str());
    assert!(user.servers().is_empty(), "a server of the user was started");
}

#[test]
fn commands_do_over_the_network_what_they_do_at_home() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "");
    assert!(network.url.starts_with("http://127.0.0.1:") && !network.url.ends_with(":0"), "{}", network.url);
    let token = network.token("ci", "--role contributor");
    runs_jobs(&network, &user, |words| network.run(&user, words, Some(&token)));
}

#[test]
fn commands_do_over_tls_what_they_do_at_home() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    assert!(network.url.starts_with("https://127.0.0.1:"), "{}", network.url);
    let token = network.token("ci", "--role contributor");
    let authority = sandbox.home().join("tls/ca.pem");
    runs_jobs(&network, &user, |words| {
        let mut command = network.command(&user, words, Some(&token));
        crate::support::Done::of(&command.env("BATCHAI_CA_FILE", &authority).output().expect("the program"))
    });
}

#[test]
fn links_of_long_lists_lead_back_over_the_network() {
    for words in ["", "--tls"] {
        let sandbox = Sandbox::new();
        let network = Network::start(&sandbox, words);
        let token = network.token("r", "--role reader");
        for name in ["a", "b", "c"] {
            sandbox.run(&format!("workspace create -g g -n {name}")).succeeds();
        }
        let list = format!("{}?maxresults=2", workspace().trim_end_matches("/w"));
        let send = if words.is_empty() { Network::send } else { Network::send_encrypted };
        let page = send(&network, Some(&token), "GET", &list, "").is(200).json();
        let next = page["nextLink"].as_str().expect("a link");
        assert!(next.starts_with(&format!("{}/subscriptions/", network.url)), "{next}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    let token = network.token("ci", "--role contributor");
    let refused = network.run(&user, "workspace list", Some(&token)).fails_with(4);
    refused.says("cannot be trusted").says(&format!("batchai login {}", network.url));
}

#[test]
fn answers_over_tls_ask_for_tls_and_plain_ones_do_not() {
    let (sandbox, other) = (Sandbox::new(), Sandbox::new());
    let plain = Network::start(&sandbox, "").send(None, "GET", "/batchai/server", "").is(401);
    assert_eq!(plain.header("strict-transport-security"), None);
    let encrypted = Network::start(&other, "--tls").send_encrypted(None, "GET", "/batchai/server", "").is(401);
    assert_eq!(encrypted.header("strict-transport-security"), Some("max-age=31536000; includeSubDomains"));
}

#[test]
fn where_nobody_listens_and_where_nobody_should_a_command_says_so() {
    let user = Sandbox::new();
    user.run("workspace list --endpoint http://127.0.0.1:1")
        .fails_with(4)
        .says("cannot reach the server at http://127.0.0.1:1");
    user.run("workspace list --endpoint http://gpu.example:8650").fails_with(2).says("use https");
    assert!(user.servers().is_empty(), "a server of the user was started");
}

#[test]
fn an_address_that_is_taken_is_told_and_nothing_is_left_behind() {
    let (sandbox, other) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "");
    let failed = other.run(&format!("server run --listen {}", network.host())).fails_with(1);
    failed.says(&format!("cannot listen on {}", network.host())).says("hint: ");
    other.run(&format!("server start --listen {}", network.host())).fails_with(4).says("cannot listen on");
    assert!(!other.home().join("server.sock").exists());
    other.run("server run --listen nonsense").fails_with(2).says("`nonsense` is no address to listen on");
}

#[test]
fn the_settings_of_a_server_can_stand_in_its_file() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a folder");
    let file = sandbox.home().join("server.yaml");
    std::fs::write(&file, "listen: ['127.0.0.1:0']\ntls: true\nhostNames: [gpu.example]\n").expect("a file");
    sandbox.run("workspace list").succeeds();
    let status = sandbox.run("server status").succeeds().json();
    assert!(status["addresses"][0].as_str().is_some_and(|url| url.starts_with("https://127.0.0.1:")), "{status}");
    assert!(status["fingerprint"].as_str().is_some_and(|text| text.starts_with("sha256:")), "{status}");
    assert_eq!(status["leavesWhenIdle"], false, "others wait for it");
    sandbox.run("server stop").succeeds();
    std::fs::write(&file, "lisen: []\n").expect("a file");
    sandbox.run("server start").fails_with(4).says("lisen").says("server.yaml");
}

#[test]
fn half_open_connections_and_garbage_disturb_nobody() {
    for words in ["", "--tls"] {
        let (sandbox, user) = (Sandbox::new(), Sandbox::new());
        let network = Network::start(&sandbox, words);
        let token = network.token("ci", "--role contributor");
        let mut open: Vec<_> = (0..50).map(|_| network.connect()).collect();
        for (at, stream) in open.iter_mut().enumerate() {
            let bytes: &[u8] =
                if at % 2 == 0 { b"GET /half HTTP/1.1\r\nHost: " } else { b"\x16\x03\x01\xff\xff\0\x01\r\n\r\n" };
            let _ = stream.write_all(bytes);
        }
        let mut command = network.command(&user, "workspace list", Some(&token));
        let done = command.env("BATCHAI_CA_FILE", sandbox.home().join("tls/ca.pem"));
        if words.is_empty() {
            done.env_remove("BATCHAI_CA_FILE");
        }
        crate::support::Done::of(&command.output().expect("the program")).succeeds();
    }
}

#[test]
fn a_request_in_flight_is_answered_when_the_server_is_told_to_leave() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role contributor");
    let request = network.request(Some(&token), "PUT", &workspace(), r#"{"location": "eastus"}"#);
    let (most, last) = request.split_at(request.len() - 3);
    let mut stream = network.connect();
    // The server says when it wants the body: then the request is in a handler's hands.
    let most = most.replacen("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1);
    stream.write_all(most.as_bytes()).expect("sent");
    let mut word = [0; 25];
    stream.read_exact(&mut word).expect("100 Continue");
    assert!(word.starts_with(b"HTTP/1.1 100 Continue"), "{}", String::from_utf8_lossy(&word));
    let server = sandbox.server();
    crate::support::process::signal(server, Signal::TERM);
    wait_until("nobody is let in any more", || std::net::TcpStream::connect(network.host()).is_err());
    stream.write_all(last.as_bytes()).expect("sent");
    assert_eq!(received(stream).is(200).json()["name"], "w");
    wait_until("the server has left", || sandbox.servers().is_empty());
    sandbox.run("workspace show -g g -n w").succeeds();
}

#[test]
fn following_over_the_network_survives_a_restart_of_the_server() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role contributor");
    let gate = user.gate("go");
    user.job_file(&format!("echo one; {}; echo two", gate.wait()));
    let run = Running::start(network.command(&user, "job run -f job.json -n j", Some(&token)));
    run.prints("one\n");
    sandbox.run("server stop").succeeds();
    sandbox.run(&format!("server start --listen {}", network.host())).succeeds();
    gate.open();
    run.ends().succeeds().prints("one\ntwo\n");
}
