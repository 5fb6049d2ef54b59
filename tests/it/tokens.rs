//! Who may do what over the network.

use serde_json::Value;

use crate::support::{Network, SUBSCRIPTION, Sandbox};

fn workspace(group: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.BatchAI/workspaces/{name}")
}

fn flat() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/workspaces")
}

fn code(answer: &crate::support::Answer) -> String {
    let error = answer.json()["error"].clone();
    assert!(error["message"].as_str().is_some_and(|message| message.contains(' ')), "{error}");
    error["code"].as_str().expect("a code").to_owned()
}

#[test]
fn without_a_token_that_the_server_knows_nothing_is_answered() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    for path in ["/batchai/server", "/batchai/tokens", "/nothing/here", &workspace("g", "w")] {
        let answer = network.send(None, "GET", path, "").is(401);
        assert_eq!(code(&answer), "AuthenticationFailed", "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let answer = network.send(Some("bai_wrong"), "GET", "/batchai/server", "").is(401);
    assert_eq!(code(&answer), "InvalidAuthenticationToken");
    assert_eq!(sandbox.run("workspace list").succeeds().json(), Value::from(Vec::<Value>::new()));
}

#[test]
fn a_token_opens_the_server_until_it_is_revoked_and_is_never_shown_again() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role contributor --expires 30");
    assert!(token.starts_with("bai_"), "{token}");
    network.send(Some(&token), "PUT", &workspace("g", "w"), "{}").is(200);
    let list = sandbox.run("server token list").succeeds();
    let listed = list.json();
    assert_eq!((&listed[0]["name"], &listed[0]["role"]), (&Value::from("ci"), &Value::from("contributor")));
    assert!(listed[0]["expires"].is_string() && !list.stdout.contains(&token), "{listed}");
    sandbox.run("server token create CI --role reader").fails_with(1).says("already exists");
    sandbox.run("server token revoke ci").succeeds();
    let answer = network.send(Some(&token), "GET", &workspace("g", "w"), "").is(401);
    assert_eq!(code(&answer), "InvalidAuthenticationToken");
    sandbox.run("server token revoke ci").fails_with(3);
    let database = std::fs::read(sandbox.home().join("batchai.db")).expect("the database");
    let log = std::fs::read(sandbox.home().join("server.log")).expect("the log");
    for content in [database, log] {
        assert!(!content.windows(token.len()).any(|window| window == token.as_bytes()), "the token was written down");
    }
}

#[test]
fn whoever_makes_a_token_for_jobs_learns_whose_shell_it_is() {
    let sandbox = Sandbox::new();
    sandbox.run("server token create a --role contributor").succeeds().says("has a shell as");
    let reader = sandbox.run("server token create b --role reader").succeeds();
    assert!(!reader.stderr.contains("shell"), "{}", reader.stderr);
    sandbox.run("server token create c --role owner -g g").fails_with(1).says("contributor");
}

#[test]
fn a_reader_looks_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    sandbox.run("workspace create -g g -n w").succeeds();
    let reader = network.token("r", "--role reader");
    network.send(Some(&reader), "GET", &workspace("g", "w"), "").is(200);
    for (method, path) in [("PUT", workspace("g", "x")), ("DELETE", workspace("g", "w"))] {
        let answer = network.send(Some(&reader), method, &path, "{}").is(403);
        assert_eq!(code(&answer), "AuthorizationFailed");
        assert!(answer.text().contains("Microsoft.BatchAI/workspaces/"), "{}", answer.text());
    }
    sandbox.run("workspace show -g g -n w").succeeds();
}

#[test]
fn only_an_owner_manages_tokens_and_the_server() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let contributor = network.token("c", "--role contributor");
    for (method, path) in [("GET", "/batchai/tokens"), ("POST", "/batchai/tokens"), ("POST", "/batchai/server/stop")] {
        let answer = network.send(Some(&contributor), method, path, "{}").is(403);
        assert_eq!(code(&answer), "AuthorizationFailed", "{method} {path}");
    }
    let owner = network.token("o", "--role owner");
    let user = Sandbox::new();
    let made = network.run(&user, "server token create n --role reader", Some(&owner)).succeeds().json();
    network.send(made["token"].as_str(), "GET", "/batchai/server", "").is(200);
    network.send(Some(&contributor), "GET", "/batchai/server", "").is(200);
}

#[test]
fn a_token_of_a_group_sees_and_changes_this_group_only() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    sandbox.run("workspace create -g mine -n a").succeeds();
    sandbox.run("workspace create -g other -n b").succeeds();
    let token = network.token("m", "--role contributor -g Mine");
    network.send(Some(&token), "PUT", &workspace("MINE", "c"), "{}").is(200);
    for path in [workspace("other", "b"), workspace("%6Fther", "b"), flat().replace("workspaces", "nothing")] {
        let answer = network.send(Some(&token), "GET", &path, "").is(403);
        assert_eq!(code(&answer), "AuthorizationFailed", "{path}");
    }
    let listed = network.send(Some(&token), "GET", &flat(), "").is(200).json();
    let names: Vec<&str> =
        listed["value"].as_array().expect("a list").iter().filter_map(|w| w["name"].as_str()).collect();
    assert_eq!(names, ["a", "c"]);
}

#[test]
fn a_token_of_a_group_lists_the_flat_resources_of_this_group_only() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let (owner, token) = (network.token("o", "--role owner"), network.token("m", "--role contributor -g mine"));
    let body = r#"{"location": "eastus", "properties": {"vmSize": "STANDARD_D1",
        "scaleSettings": {"manual": {"targetNodeCount": 0}},
        "userAccountSettings": {"adminUserName": "me", "adminUserPassword": "p"}}}"#;
    for group in ["mine", "other"] {
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.BatchAI");
        let path = format!("{group}/clusters/c?api-version=2018-03-01");
        network.send(Some(&owner), "PUT", &path, body).is(200);
    }
    let path = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/clusters?api-version=2018-03-01");
    for (token, expected) in [(&owner, 2), (&token, 1)] {
        let listed = network.send(Some(token), "GET", &path, "").is(200).json();
        let ids: Vec<&str> =
            listed["value"].as_array().expect("a list").iter().filter_map(|c| c["id"].as_str()).collect();
        assert_eq!(ids.len(), expected, "{ids:?}");
        assert!(ids[0].contains("/resourceGroups/mine/"), "{ids:?}");
    }
}

#[test]
fn a_job_of_one_group_cannot_run_on_a_cluster_of_another() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    for group in ["mine", "other"] {
        sandbox.run(&format!("workspace create -g {group} -n w")).succeeds();
        sandbox.run(&format!("cluster create -g {group} -w w -n c --target 0")).succeeds();
    }
    sandbox.run("experiment create -g mine -w w -n e").succeeds();
    let token = network.token("m", "--role contributor -g mine");
    let job = format!("{}/experiments/e/jobs/j", workspace("mine", "w"));
    let body = |group: &str| {
        let cluster = format!("{}/clusters/c", workspace(group, "w"));
        format!(
            r#"{{"properties": {{"cluster": {{"id": "{cluster}"}}, "nodeCount": 1,
                "customToolkitSettings": {{"commandLine": "true"}}}}}}"#
        )
    };
    let answer = network.send(Some(&token), "PUT", &job, &body("other")).is(403);
    assert_eq!(code(&answer), "LinkedAuthorizationFailed");
    network.send(Some(&token), "PUT", &job, &body("mine")).is(200);
}

#[test]
fn an_expired_token_says_so() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let token = network.token("old", "--role owner --expires 1");
    sandbox.run("server stop").succeeds();
    let database = rusqlite::Connection::open(sandbox.home().join("batchai.db")).expect("the database");
    let long_ago = "UPDATE tokens SET document = json_set(document, '$.d.expires', '2026-01-01T00:00:00Z')";
    assert_eq!(database.execute(long_ago, []).expect("a change"), 1);
    drop(database);
    let network = Network::start(&sandbox, "");
    let answer = network.send(Some(&token), "GET", "/batchai/server", "").is(401);
    assert_eq!(code(&answer), "ExpiredAuthenticationToken");
    network.run(&Sandbox::new(), "workspace list", Some(&token)).fails_with(4).says("expired").says("hint: ");
}
