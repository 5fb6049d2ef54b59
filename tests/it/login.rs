//! `login` and `logout`.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Network, Sandbox};

/// The home of somebody who uses a server elsewhere, and that server.
fn words(network: &Network<'_>) -> String {
    format!("login {} --fingerprint {}", network.url, network.fingerprint.as_deref().expect("a fingerprint"))
}

#[test]
fn after_a_login_the_server_is_trusted_and_open_until_a_logout() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    let token = network.token("ci", "--role contributor");
    user.run_fed(&words(&network), &format!("{token}\n")).succeeds().prints("").says("Logged in to");
    let file = user.home().join("logins.yaml");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    user.run(&format!("workspace create -g g -n w --endpoint {}", network.url)).succeeds();
    sandbox.run("workspace show -g g -n w").succeeds();
    user.run(&format!("logout {}", network.url)).succeeds().says("Logged out");
    user.run(&format!("logout {}", network.url)).fails_with(3);
    user.run(&format!("workspace list --endpoint {}", network.url)).fails_with(4).says("cannot be trusted");
}

#[test]
fn without_a_terminal_an_unknown_certificate_needs_its_fingerprint() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    let fingerprint = network.fingerprint.clone().expect("a fingerprint");
    let asked = user.run_fed(&format!("login {}", network.url), "bai_x\n").fails_with(4);
    asked.says(&format!("--fingerprint {fingerprint}"));
    let wrong = format!("login {} --fingerprint sha256:{}", network.url, "0".repeat(64));
    user.run_fed(&wrong, "bai_x\n").fails_with(4).says("another certificate").says(&fingerprint);
    assert!(!user.home().join("logins.yaml").exists());
}

#[test]
fn a_token_that_does_not_work_is_not_remembered() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    user.run_fed(&words(&network), "bai_wrong\n").fails_with(4).says("unknown to this server");
    user.run_fed(&words(&network), "\n").fails_with(2).says("there is no token");
    assert!(!user.home().join("logins.yaml").exists());
}

#[test]
fn another_server_at_the_same_address_is_refused_after_a_login() {
    let (sandbox, other, user) = (Sandbox::new(), Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "--tls");
    let token = network.token("ci", "--role contributor");
    user.run_fed(&words(&network), &token).succeeds();
    sandbox.run("server stop").succeeds();
    other.run(&format!("server start --tls --listen {}", network.host())).succeeds();
    user.run(&format!("workspace list --endpoint {}", network.url)).fails_with(4).says("cannot be trusted");
    other.run("server stop").succeeds();
    sandbox.run(&format!("server start --tls --listen {}", network.host())).succeeds();
    user.run(&format!("workspace list --endpoint {}", network.url)).succeeds();
}

#[test]
fn the_endpoint_of_the_settings_is_used_and_the_local_server_stays_its_own() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role contributor");
    user.run_fed(&format!("login {}", network.url), &token).succeeds();
    std::fs::write(user.home().join("config.yaml"), format!("endpoint: {}\n", network.url)).expect("a file");
    user.run("workspace create -g g -n w").succeeds();
    sandbox.run("workspace show -g g -n w").succeeds();
    assert!(user.servers().is_empty(), "a server of the user was started");
    user.run("server stop").succeeds().says("No server was running.");
    sandbox.run("workspace show -g g -n w").succeeds();
}
