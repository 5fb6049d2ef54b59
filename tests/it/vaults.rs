//! Key vaults of the server: what is set there is found by jobs, and by nobody else.

use std::fs;

use serde_json::{Value, json};

use crate::support::leaks::holders;
use crate::support::{Network, OnTerminal, Rest, SUBSCRIPTION, Sandbox};

const TOKEN: &str = "https://demo.vault.azure.net/secrets/token";

/// A job that prints the variable `TOKEN`, which is kept at that address.
fn job(url: &str) -> Value {
    let kept = json!({ "sourceVault": { "id": "/v" }, "secretUrl": url });
    json!({
        "secrets": [{ "name": "TOKEN", "valueSecretReference": kept }],
        "customToolkitSettings": { "commandLine": "printf %s \"$TOKEN\"" }
    })
}

/// Runs a job with that secret; answers what it printed.
#[track_caller]
fn printed(sandbox: &Sandbox, name: &str, url: &str) -> String {
    sandbox.spec("job.json", &job(url));
    sandbox.run(&format!("job run -n {name} -f job.json")).succeeds().stdout
}

/// The message with which a job failed.
#[track_caller]
fn why(sandbox: &Sandbox, name: &str) -> String {
    let error = sandbox.job(name)["executionInfo"]["errors"][0].clone();
    assert_eq!(error["code"], "JobStartFailed", "{error}");
    error["message"].as_str().expect("a message").to_owned()
}

#[test]
fn a_secret_that_was_set_is_found_by_jobs_and_shown_to_nobody() {
    let sandbox = Sandbox::new();
    let set = sandbox.run_fed("vault set -v demo token", "$HOME hunter2\n").succeeds();
    assert_eq!(set.json()["attributes"]["enabled"], true);
    assert_eq!((&set.json()["id"], &set.json()["vault"]), (&json!(TOKEN), &json!("demo")));
    assert_eq!(printed(&sandbox, "a", TOKEN), "$HOME hunter2");
    assert_eq!(printed(&sandbox, "b", "https://DEMO.vault.azure.net:443/secrets/Token/"), "$HOME hunter2");
    let list = sandbox.run("vault list -v demo").succeeds();
    let table = sandbox.run("vault list -o table").succeeds();
    let query = sandbox.run("vault list --query [].name -o tsv").succeeds().prints("token\n");
    for said in [&set, &list, &table, &query] {
        assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"), "{}{}", said.stdout, said.stderr);
    }
    let columns: Vec<&str> = table.stdout.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(columns, ["Vault", "Name", "Version", "Versions", "Created", "Updated"]);
    assert_eq!(list.json()[0]["version"].as_str().map(str::len), Some(32));
    let found = holders(sandbox.home(), "hunter2");
    assert!(found.iter().all(|file| file.ends_with("/stdout.txt")), "only where the jobs wrote it: {found:?}");
}

#[test]
fn setting_again_makes_a_version_and_an_address_may_stay_with_an_old_one() {
    let sandbox = Sandbox::new();
    let version = |value: &str| {
        let set = sandbox.run_fed("vault set -v demo token", value).succeeds().json();
        set["versions"][0]["id"].as_str().expect("an address").to_owned()
    };
    let (first, second) = (version("one"), version("two"));
    assert_ne!(first, second);
    assert_eq!(printed(&sandbox, "current", TOKEN), "two");
    assert_eq!(printed(&sandbox, "first", &first), "one");
    assert_eq!(printed(&sandbox, "second", &second), "two");
    let listed = sandbox.run("vault list").succeeds().json();
    let versions: Vec<&str> =
        listed[0]["versions"].as_array().expect("versions").iter().filter_map(|v| v["id"].as_str()).collect();
    assert_eq!(versions, [&*second, &*first], "the newest first");
    sandbox.run(&format!("vault delete {TOKEN} -y")).succeeds().prints("");
    assert_eq!(sandbox.run("vault list").succeeds().json(), json!([]));
    sandbox.run("vault delete -v demo token -y").fails_with(3).says("hint: `batchai vault list`");
}

#[test]
fn a_job_that_waited_gets_the_secret_as_it_is_when_it_starts() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    sandbox.run_fed("vault set -v demo token", "old").succeeds();
    sandbox.job_file(&sandbox.gate("end").wait());
    sandbox.run("job create -c c -n first -f job.json").succeeds();
    sandbox.wait_for_state("first", "running");
    sandbox.spec("job.json", &job(TOKEN));
    sandbox.run("job create -c c -n second -f job.json").succeeds();
    sandbox.run_fed("vault set -v demo token", "new").succeeds();
    sandbox.gate("end").open();
    sandbox.run("job wait -n second").succeeds();
    sandbox.run("job file stream -j second -f stdout.txt").succeeds().prints("new");
    sandbox.run_fed("vault set -v demo token", "newer").succeeds();
    sandbox.run("job rerun second --new-name third").succeeds();
    sandbox.run("job wait -n third").succeeds();
    sandbox.run("job file stream -j third -f stdout.txt").succeeds().prints("newer");
}

#[test]
fn a_job_whose_secret_is_missing_fails_and_says_what_to_type() {
    let sandbox = Sandbox::new();
    let missing = |name: &str, url: &str| {
        sandbox.spec("job.json", &job(url));
        sandbox.run(&format!("job run -n {name} -f job.json")).fails_with(255);
        why(&sandbox, name)
    };
    assert_eq!(
        missing("a", TOKEN),
        format!(
            "the secret variable `TOKEN` cannot be opened: {TOKEN}: the vault `demo` of this server has no such secret: \
             `batchai vault set -v demo token` puts it there"
        )
    );
    sandbox.run_fed("vault set -v demo token", "x").succeeds();
    let version = format!("{TOKEN}/0123456789abcdef0123456789abcdef");
    assert_eq!(
        missing("b", &version),
        format!(
            "the secret variable `TOKEN` cannot be opened: {version}: the secret has no such version: `batchai vault list \
             -v demo` tells which it has, and without a version the address stands for the current one"
        )
    );
    let foreign = missing("c", "https://v.example/secrets/t");
    assert!(foreign.ends_with("tell in `vaults` of server.yaml where it is"), "{foreign}");
}

#[test]
fn a_set_up_task_finds_secrets_and_a_missing_one_makes_its_nodes_unusable() {
    let sandbox = Sandbox::new();
    sandbox.run_fed("vault set -v demo token", "hunter2").succeeds();
    let cluster = |url: &str| {
        let kept = json!({ "sourceVault": { "id": "/v" }, "secretUrl": url });
        let task = json!({
            "commandLine": "[ \"$TOKEN\" = hunter2 ]", "stdOutErrPathPrefix": sandbox.work(),
            "secrets": [{ "name": "TOKEN", "valueSecretReference": kept }]
        });
        let setup = json!({ "setupTask": task });
        json!({ "vmSize": "local", "scaleSettings": { "manual": { "targetNodeCount": 1 } }, "nodeSetup": setup })
    };
    sandbox.spec("good.json", &cluster(TOKEN));
    sandbox.run("cluster create -n good -f good.json").succeeds();
    sandbox.wait_for_nodes("good", "idleNodeCount", 1);
    sandbox.spec("bad.json", &cluster("https://demo.vault.azure.net/secrets/other"));
    sandbox.run("cluster create -n bad -f bad.json").succeeds();
    sandbox.wait_for_nodes("bad", "unusableNodeCount", 1);
    let errors = sandbox.run("cluster show -n bad").succeeds().json()["errors"].to_string();
    assert!(errors.contains("`batchai vault set -v demo other` puts it there"), "{errors}");
}

#[test]
fn a_value_comes_from_a_file_as_it_is_and_from_a_terminal_unseen() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.work().join("pem"), "line 1\nline 2 ü\n").expect("a file");
    sandbox.run("vault set -v demo pem --file pem").succeeds();
    assert_eq!(printed(&sandbox, "a", "https://demo.vault.azure.net/secrets/pem"), "line 1\nline 2 ü\n");
    let mut terminal = OnTerminal::start(&sandbox.command(["vault", "set", "-v", "demo", "token"]));
    terminal.shows("Value of the secret token of the vault demo: ");
    terminal.types("hunter2\n");
    terminal.shows("\"name\": \"token\"");
    let (code, screen) = terminal.ends();
    assert!(code == 0 && !screen.contains("hunter2"), "{screen}");
    assert_eq!(printed(&sandbox, "b", TOKEN), "hunter2");
}

#[test]
fn what_cannot_be_a_secret_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.work().join("large"), "x".repeat(25_601)).expect("a file");
    fs::write(sandbox.work().join("binary"), b"\xff\xfe").expect("a file");
    for (words, fed, said) in [
        ("vault set -v demo token", "", "it is empty"),
        ("vault set -v demo token", "\n", "it is empty"),
        ("vault set -v demo token", "a\0b", "it has a NUL character"),
        ("vault set -v demo token --file large", "", "it has more than 25600 bytes"),
        ("vault set -v demo token --file binary", "", "a secret is text in UTF-8"),
        ("vault set -v demo token --file absent", "", "there is no such file"),
        ("vault set -v demo to_ken", "x", "'_' is not allowed"),
        ("vault set -v d token", "x", "the name of a vault has 3 to 24"),
        ("vault set http://demo.vault.azure.net/secrets/t", "x", "begins with https://"),
        ("vault list -v d", "", "the name of a vault has 3 to 24"),
        ("vault delete -v demo to_ken -y", "", "'_' is not allowed"),
        ("vault set -v demo token hunter2", "x", "the value of a secret is no argument"),
        ("vault set -v demo token --value hunter2", "x", "the value of a secret is no argument"),
    ] {
        sandbox.run_fed(words, fed).fails_with(2).says(said).does_not_say("hunter2").prints("");
    }
    sandbox.run("vault delete -v demo token").fails_with(1).says("Use --yes.");
    assert!(sandbox.servers().is_empty(), "nothing was started");
    let rest = Rest::new(&sandbox, "2026-11-01");
    let put = |path: &str, value: &str| rest.put(path, &json!({ "value": value })).is(400).text();
    assert!(put("/batchai/vaults/demo/secrets/token", &"x".repeat(25_601)).contains("it has 25601 bytes"));
    assert!(put("/batchai/vaults/demo/secrets/a_b", "x").contains("secret name `a_b`"));
    assert!(put("/batchai/vaults/d/secrets/t", "x").contains("vault name `d`"));
    assert!(put("/batchai/vaults/demo/secrets/t", "").contains("value"));
}

#[test]
fn readers_list_contributors_set_and_whoever_is_confined_to_a_group_does_neither() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    sandbox.run_fed("vault set -v demo token", "hunter2").succeeds();
    let secret = "/batchai/vaults/demo/secrets/token";
    let tokens = [("reader", "reader"), ("contributor", "contributor"), ("owner", "owner")]
        .map(|(name, role)| network.token(name, &format!("--role {role}")));
    let confined = network.token("confined", "--role contributor -g mine");
    let body = r#"{"value": "x"}"#;
    for (token, [reads, writes]) in
        tokens.iter().chain([&confined]).zip([[200, 403], [200, 200], [200, 200], [403, 403]])
    {
        for path in ["/batchai/secrets", "/batchai/vaults/demo/secrets"] {
            let answer = network.send(Some(token), "GET", path, "").is(reads);
            assert!(!answer.text().contains("hunter2"), "{}", answer.text());
        }
        network.send(Some(token), "PUT", secret, body).is(writes);
        network.send(Some(token), "GET", secret, "").is(if reads == 200 { 405 } else { 403 });
        network.send(Some(token), "DELETE", secret, "").is(writes);
        sandbox.run_fed("vault set -v demo token", "hunter2").succeeds();
    }
    network.send(None, "GET", "/batchai/secrets", "").is(401);
}

/// A container whose key is kept at that address.
fn volumes(url: &str) -> Value {
    let kept = json!({ "sourceVault": { "id": "/v" }, "secretUrl": url });
    json!({ "azureBlobFileSystems": [{
        "accountName": "acc", "containerName": "models", "relativeMountPath": "m",
        "credentials": { "accountKeySecretReference": kept }
    }] })
}

#[test]
fn whoever_is_confined_to_a_group_cannot_read_a_vault_through_a_job() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    sandbox.run("workspace create -g mine -n w").succeeds();
    sandbox.run("cluster create -g mine -w w -n c --target 0").succeeds();
    sandbox.run("experiment create -g mine -w w -n e").succeeds();
    let workspace =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/mine/providers/Microsoft.BatchAI/workspaces/w");
    let mut properties = job(TOKEN);
    properties["cluster"] = json!({ "id": format!("{workspace}/clusters/c") });
    properties["nodeCount"] = json!(1);
    let body = json!({ "properties": properties }).to_string();
    let confined = network.token("confined", "--role contributor -g mine");
    let path = format!("{workspace}/experiments/e/jobs/j");
    for (method, path) in [("PUT", path.clone()), ("POST", format!("{path}/plan"))] {
        let answer = network.send(Some(&confined), method, &path, &body).is(403).text();
        assert!(answer.contains("LinkedAuthorizationFailed") && answer.contains(TOKEN), "{answer}");
    }
    let mut mounting = properties.clone();
    mounting["secrets"] = Value::Null;
    mounting["mountVolumes"] = volumes(TOKEN);
    let cluster = json!({ "properties": {
        "vmSize": "local", "scaleSettings": { "manual": { "targetNodeCount": 0 } },
        "nodeSetup": { "mountVolumes": volumes(TOKEN) }
    } });
    let job = json!({ "properties": mounting });
    for (path, body) in [(path.clone(), job), (format!("{workspace}/clusters/c2"), cluster)] {
        let answer = network.send(Some(&confined), "PUT", &path, &body.to_string()).is(403).text();
        assert!(answer.contains("LinkedAuthorizationFailed") && answer.contains(TOKEN), "{answer}");
    }
    let contributor = network.token("contributor", "--role contributor");
    network.send(Some(&contributor), "PUT", &path, &body).is(200);
    network.send(Some(&confined), "POST", &format!("{path}/rerun"), "{}").is(403);
}

#[test]
fn an_address_of_another_form_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    let text = "customToolkitSettings: {commandLine: ls}\nsecrets:\n  - name: A\n    valueSecretReference:\n      \
                sourceVault: {id: /v}\n      secretUrl: http://demo.vault.azure.net/secrets/t\n";
    sandbox.file("job.yaml", text);
    let done = sandbox.run("job run -f job.yaml").fails_with(2);
    insta::assert_snapshot!(done.stderr, @r"
    error: job.yaml:6:18: the address of a secret begins with https://: it must look like https://<vault>.vault.azure.net/secrets/<name>[/<version>]
        6 |       secretUrl: http://demo.vault.azure.net/secrets/t
          |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      1 problem in job.yaml
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    ");
    sandbox.run("workspace create -n w").succeeds();
    sandbox.run("experiment create -w w -n e").succeeds();
    sandbox.run("cluster create -w w -n c --target 0").succeeds();
    let workspace =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/w");
    let mut properties = job("https://demo.vault.azure.net/keys/t");
    properties["secrets"][0]["valueSecretReference"]["sourceVault"]["id"] = json!("");
    properties["cluster"] = json!({ "id": format!("{workspace}/clusters/c") });
    properties["nodeCount"] = json!(1);
    for version in ["2026-11-01", "2018-05-01"] {
        let mut properties = properties.clone();
        properties["stdOutErrPathPrefix"] = json!("/tmp");
        let body = json!({ "properties": properties });
        let path = format!("{workspace}/experiments/e/jobs/j");
        let error = Rest::new(&sandbox, version).put(&path, &body).is(400).json();
        let targets: Vec<&str> = error["error"]["details"]
            .as_array()
            .expect("details")
            .iter()
            .filter_map(|d| d["target"].as_str())
            .collect();
        let at = "properties.secrets[0].valueSecretReference";
        assert_eq!(targets, [format!("{at}.sourceVault.id"), format!("{at}.secretUrl")], "{version}");
    }
}
