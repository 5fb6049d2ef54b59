//! What stays as it is: ports and keys, while servers come and go.

use std::os::unix::fs::PermissionsExt;

use super::{Login, port};
use crate::support::wait_until;

#[test]
fn a_restart_keeps_ports_and_the_host_key() {
    let Some(login) = Login::new(2) else { return };
    let before = login.nodes();
    login.runs("true").succeeds();
    login.sandbox.kill_server();
    assert_eq!(login.nodes(), before);
    login.runs("echo in").succeeds().prints("in\n");
    login.sandbox.run("server stop").succeeds();
    login.sandbox.run("workspace list").succeeds();
    // The new server looks at its nodes without being asked for them.
    let address = login.address();
    wait_until("the node listens", || std::net::TcpStream::connect((address.0.as_str(), address.1)).is_ok());
    assert_eq!(login.nodes(), before);
}

#[test]
fn the_host_key_outlives_nodes_and_is_for_nobody_else() {
    let Some(login) = Login::new(1) else { return };
    let key = login.nodes()[0]["hostKey"].clone();
    let file = login.sandbox.home().join("ssh/host_key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
    login.sandbox.run("cluster delete -n c -y").succeeds();
    login.make_cluster(1);
    assert_eq!(login.nodes()[0]["hostKey"], key);
}

#[test]
fn nodes_may_share_an_address_with_ports_as_in_the_service() {
    let Some(login) = Login::without_cluster() else { return };
    let first = free_port();
    let settings = format!("ssh: {{listen: 127.0.0.1, address: localhost, firstPort: {first}}}\n");
    std::fs::create_dir_all(login.sandbox.home()).expect("the data directory");
    std::fs::write(login.sandbox.home().join("server.yaml"), settings).expect("settings");
    login.make_cluster(2);
    let nodes = login.nodes();
    assert!(nodes.iter().all(|node| node["ipAddress"] == "localhost"), "{nodes:?}");
    let ports: Vec<u16> = nodes.iter().map(port).collect();
    assert!(ports[0] >= first && ports[1] > ports[0], "{ports:?} from {first} on");
    login.runs("echo in").succeeds().prints("in\n");
    login.sandbox.kill_server();
    assert_eq!(login.nodes(), nodes);
    // The lowest that is free, so that a rule of a firewall stays true.
    login.sandbox.run("cluster resize -n c -t 1").succeeds();
    login.sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    login.sandbox.run("cluster resize -n c -t 2").succeeds();
    login.sandbox.wait_for_nodes("c", "idleNodeCount", 2);
    assert_eq!(login.nodes().iter().map(port).collect::<Vec<_>>(), ports);
}

/// One with free ones behind it, most likely.
fn free_port() -> u16 {
    let candidates = (40_000..64_000).step_by(64);
    let is_free = |port: &u16| (*port..*port + 4).all(|port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    let offset = std::process::id() as usize % 300;
    candidates.skip(offset).find(is_free).expect("free ports")
}

#[test]
fn ssh_may_be_turned_off_and_settings_that_cannot_be_are_refused() {
    let Some(login) = Login::without_cluster() else { return };
    std::fs::create_dir_all(login.sandbox.home()).expect("the data directory");
    let settings = |text: &str| std::fs::write(login.sandbox.home().join("server.yaml"), text).expect("settings");
    for (text, why) in [
        ("ssh: {listen: 0.0.0.0}", "say in its `address` which one clients are told"),
        ("ssh: {address: gpu.example.org}", "give both"),
        ("ssh: {lisen: 127.0.0.1}", "lisen"),
        ("ssh: {listen: here}", "IP address"),
    ] {
        settings(text);
        login.sandbox.run("server start").fails_with(4).says("server.yaml").says(why);
    }
    settings("ssh: {enabled: false}\n");
    login.make_cluster(1);
    assert_eq!(port(&login.nodes()[0]), 0);
    let exec = login.sandbox.run("cluster node exec c -k key --exec true");
    exec.fails_with(1).says("offers no SSH").says("batchai server logs");
}

#[test]
fn a_server_that_was_started_on_demand_stays_while_a_node_offers_ssh() {
    let Some(login) = Login::without_cluster() else { return };
    let create = "cluster create -n c -t 1 -u me -k key.pub";
    login.sandbox.run_idle(create).succeeds();
    let address = wait_address(&login);
    // Twice the time after which it would leave.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(
        std::net::TcpStream::connect((address.as_str(), 22))
            .or_else(|_| std::net::TcpStream::connect((address.as_str(), 2222)))
            .is_ok()
    );
    login.sandbox.run_idle("cluster delete -n c -y").succeeds();
    wait_until("it has left", || login.sandbox.servers().is_empty());
}

fn wait_address(login: &Login) -> String {
    crate::support::wait_for("there is a node", || {
        let nodes = login.sandbox.run_idle("cluster node list c").succeeds().json();
        nodes.as_array()?.iter().find(|node| port(node) > 0)?["ipAddress"].as_str().map(str::to_owned)
    })
}

#[test]
fn a_node_that_is_unusable_can_be_looked_at() {
    let Some(login) = Login::without_cluster() else { return };
    let cluster = serde_json::json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": { "adminUserName": "me",
            "adminUserSshPublicKey": std::fs::read_to_string(login.path("key.pub")).expect("a key") },
        "nodeSetup": { "setupTask": { "commandLine": "exit 3", "stdOutErrPathPrefix": "/tmp" } },
    });
    login.sandbox.spec("cluster.json", &cluster);
    login.sandbox.run("cluster create -n c -f cluster.json").succeeds();
    login.sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    login.runs("echo in").succeeds().prints("in\n");
}
