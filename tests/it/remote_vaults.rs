//! Key vaults on the network, as server.yaml names them: asked when a run needs a secret, while everything else goes on.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::leaks::holders;
use crate::support::vault::permit;
use crate::support::{Sandbox, Vault, process, wait_until};

const TOKEN: &str = "https://demo.vault.azure.net/secrets/token";

fn secrets(urls: &[&str]) -> Value {
    let kept = |url: &&str| json!({ "sourceVault": { "id": "/v" }, "secretUrl": url });
    let all = urls.iter().zip(["TOKEN", "OTHER"]);
    Value::from_iter(all.map(|(url, name)| json!({ "name": name, "valueSecretReference": kept(url) })))
}

/// A job that prints its secrets.
fn job(sandbox: &Sandbox, urls: &[&str]) {
    let command = "printf %s \"$TOKEN$OTHER\"";
    let job = json!({ "secrets": secrets(urls), "customToolkitSettings": { "commandLine": command } });
    sandbox.spec("job.json", &job);
}

/// The message with which a job failed.
#[track_caller]
fn why(sandbox: &Sandbox, name: &str) -> String {
    let error = sandbox.job(name)["executionInfo"]["errors"][0].clone();
    assert_eq!(error["code"], "JobStartFailed", "{error}");
    error["message"].as_str().expect("a message").to_owned()
}

/// A vault that answers when it is told to.
fn slow() -> (Vault, Sender<()>) {
    let (go, wait) = channel();
    let wait: Arc<Mutex<Receiver<()>>> = Arc::new(Mutex::new(wait));
    let vault = Vault::start(move |_| {
        let _ = wait.lock().expect("one at a time").recv();
        (200, Some("hunter2".into()))
    });
    (vault, go)
}

#[test]
fn a_job_gets_what_the_vault_has_with_the_token_of_this_moment() {
    let sandbox = Sandbox::new();
    let vault = Vault::start(|path| match path {
        "/secrets/token" => (200, Some("$HOME hunter2\n".into())),
        "/secrets/token/0af3" => (200, Some("old".into())),
        _ => (404, None),
    });
    let file = vault.settle(&sandbox);
    let old = format!("{TOKEN}/0af3");
    job(&sandbox, &[TOKEN, &old]);
    sandbox.run("job run -n a -f job.json").succeeds().prints("$HOME hunter2\nold");
    std::fs::write(&file, "renewed").expect("a new token");
    // The host is no matter: what is asked is the address in the settings.
    job(&sandbox, &["https://demo.elsewhere.example:8443/secrets/token"]);
    sandbox.run("job run -n b -f job.json").succeeds().prints("$HOME hunter2\n");
    assert_eq!(
        vault.asked(),
        [
            "/secrets/token?api-version=7.4 Bearer opens-the-vault",
            "/secrets/token/0af3?api-version=7.4 Bearer opens-the-vault",
            "/secrets/token?api-version=7.4 Bearer renewed",
        ]
    );
    let found = holders(sandbox.home(), "hunter2");
    assert!(found.iter().all(|file| file.ends_with("/stdout.txt")), "only where the jobs wrote it: {found:?}");
    for token in ["opens-the-vault", "renewed"] {
        assert_eq!(holders(sandbox.home(), token), [""; 0]);
    }
}

#[test]
fn what_the_settings_name_wins_over_the_vault_of_the_server() {
    let sandbox = Sandbox::new();
    sandbox.run_fed("vault set -v demo token", "here").succeeds();
    sandbox.run("server stop").succeeds();
    let vault = Vault::start(|_| (200, Some("there".into())));
    vault.settle(&sandbox);
    job(&sandbox, &[TOKEN]);
    sandbox.run("job run -n a -f job.json").succeeds().prints("there");
    sandbox
        .run_fed("vault set -v Demo token", "x")
        .fails_with(1)
        .says(&format!("The vault demo is kept at {} (`vaults` of server.yaml): set its secrets there", vault.url));
    sandbox.run_fed("vault set -v other token", "x").succeeds();
    sandbox.run("vault delete -v demo token -y").succeeds();
}

#[test]
fn a_vault_that_does_not_give_the_secret_fails_the_job_with_what_to_do() {
    let sandbox = Sandbox::new();
    let vault = Vault::start(|path| match path.rsplit('/').next() {
        Some("unknown") => (401, None),
        Some("closed") => (403, None),
        Some("nonsense") => (200, None),
        Some("busy") => (503, None),
        _ => (404, None),
    });
    let file = vault.settle(&sandbox);
    let told = |name: &str| {
        let url = format!("https://demo.vault.azure.net/secrets/{name}");
        job(&sandbox, &[&url]);
        sandbox.run(&format!("job run -n {name} -f job.json")).fails_with(255);
        let message = why(&sandbox, name);
        assert!(!message.contains("hunter2"), "{message}");
        let rest = message.strip_prefix("the secret variable `TOKEN` cannot be opened: ").expect("the variable");
        rest.strip_prefix(&format!("{url}: ")).expect("the address").replace(&vault.url, "URL")
    };
    assert_eq!(told("missing"), "the key vault at URL has no such secret, or no such version of it: set it there");
    assert!(told("unknown").starts_with("the key vault at URL does not accept the token in "));
    assert!(told("closed").starts_with("the key vault at URL does not let the token in "));
    assert_eq!(told("nonsense"), "what answers at URL is no key vault: look at `vaults` of server.yaml");
    let before = vault.asked().len();
    assert!(told("busy").starts_with("the key vault at URL answers 503 "));
    assert_eq!(vault.asked().len(), before + 3, "it is asked again");
    permit(&file, 0o644);
    assert!(told("open").ends_with(&format!("everybody can read or change it: `chmod o-rwx {}`", file.display())));
    assert_eq!(vault.asked().len(), before + 3, "the token was not sent");
}

#[test]
fn while_a_vault_takes_its_time_the_job_is_running_and_everything_else_goes_on() {
    let sandbox = Sandbox::new();
    let (vault, go) = slow();
    vault.settle(&sandbox);
    sandbox.cluster("c", 2);
    job(&sandbox, &[TOKEN]);
    sandbox.run("job create -c c -n waits -f job.json").succeeds();
    vault.was_asked(1);
    sandbox.job_file("echo through");
    sandbox.run("job run -c c -n passes -f job.json").succeeds().prints("through\n");
    assert_eq!(sandbox.job("waits")["executionState"], "running");
    assert!(process::supervisors(sandbox.home()).is_empty(), "nothing of it has begun");
    go.send(()).expect("the vault waits");
    sandbox.run("job wait -n waits").succeeds();
    sandbox.run("job file stream -j waits -f stdout.txt").succeeds().prints("hunter2");
    assert_eq!(vault.asked().len(), 1);
}

#[test]
fn a_job_is_terminated_and_deleted_while_its_secrets_are_on_their_way() {
    let sandbox = Sandbox::new();
    let (vault, go) = slow();
    vault.settle(&sandbox);
    sandbox.cluster("c", 1);
    job(&sandbox, &[TOKEN]);
    for (name, words, times) in [("one", "job terminate -n one -y", 1), ("two", "job delete -n two -y", 2)] {
        sandbox.run(&format!("job create -c c -n {name} -f job.json")).succeeds();
        vault.was_asked(times);
        sandbox.run(words).succeeds();
    }
    let ended = sandbox.job("one");
    assert_eq!(
        (&ended["executionState"], &ended["executionInfo"]["errors"][0]["code"]),
        (&json!("failed"), &json!("JobTerminated"))
    );
    sandbox.run("job show -n two").fails_with(3);
    (0..2).for_each(|_| go.send(()).expect("the vault waits"));
    sandbox.job_file("echo next");
    sandbox.run("job run -c c -n three -f job.json").succeeds().prints("next\n");
    assert!(process::supervisors(sandbox.home()).is_empty(), "what came late starts nothing");
    assert_eq!(sandbox.job("one")["executionState"], "failed");
}

#[test]
fn a_server_that_is_killed_while_it_waits_for_a_vault_leaves_a_job_that_the_next_one_starts() {
    let sandbox = Sandbox::new();
    let (vault, go) = slow();
    vault.settle(&sandbox);
    job(&sandbox, &[TOKEN]);
    sandbox.run("job create -n a -f job.json").succeeds();
    vault.was_asked(1);
    sandbox.kill_server();
    sandbox.run("workspace list").succeeds();
    vault.was_asked(2);
    assert_eq!(sandbox.job("a")["executionState"], "running");
    (0..2).for_each(|_| go.send(()).expect("the vault waits"));
    sandbox.run("job wait -n a").succeeds();
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("hunter2");
}

#[test]
fn a_set_up_task_waits_for_its_vault_and_a_refusal_makes_the_node_unusable() {
    let sandbox = Sandbox::new();
    let vault = Vault::start(|path| match path {
        "/secrets/token" => (200, Some("hunter2".into())),
        _ => (404, None),
    });
    vault.settle(&sandbox);
    let cluster = |url: &str| {
        let task = json!({
            "commandLine": "[ \"$TOKEN\" = hunter2 ]", "stdOutErrPathPrefix": sandbox.work(), "secrets": secrets(&[url])
        });
        let setup = json!({ "setupTask": task });
        json!({ "vmSize": "local", "scaleSettings": { "manual": { "targetNodeCount": 2 } }, "nodeSetup": setup })
    };
    sandbox.spec("good.json", &cluster(TOKEN));
    sandbox.run("cluster create -n good -f good.json").succeeds();
    sandbox.wait_for_nodes("good", "idleNodeCount", 2);
    sandbox.spec("bad.json", &cluster("https://demo.vault.azure.net/secrets/other"));
    sandbox.run("cluster create -n bad -f bad.json").succeeds();
    sandbox.wait_for_nodes("bad", "unusableNodeCount", 2);
    let errors = sandbox.run("cluster show -n bad").succeeds().json()["errors"].to_string();
    assert!(errors.contains("has no such secret"), "{errors}");
    sandbox.run("cluster delete -n bad -y").succeeds();
}

#[test]
fn a_vault_to_which_a_token_would_travel_in_the_clear_is_refused_when_the_server_starts() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    for (name, url, why) in [
        ("demo", "http://demo.vault.azure.net", "a token must not travel in the clear: use https"),
        ("demo", "https://demo.vault.azure.net/secrets", "its url is a scheme, a host and a port, and nothing else"),
        ("d", "https://demo.vault.azure.net", "the name of a vault has 3 to 24"),
    ] {
        let settings = json!({ "vaults": { name: { "url": url, "tokenFile": "token" } } });
        std::fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
        let said = sandbox.run("server run").fails_with(1).says(why);
        assert!(
            said.stderr.contains(&format!("the key vault `{name}`, in `vaults` of server.yaml")),
            "{}",
            said.stderr
        );
    }
    wait_until("no server is left", || sandbox.servers().is_empty());
}
