//! `--verbose` and `--debug`: what is told on standard error, and what never is.

use serde_json::json;

use crate::support::{Network, Sandbox};

#[test]
fn every_exchange_is_shown_and_no_secret_in_it() {
    let (sandbox, user) = (Sandbox::new(), Sandbox::new());
    let network = Network::start(&sandbox, "");
    let made = sandbox.run("server token create ci --role contributor --debug").succeeds();
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    assert!(!made.stderr.contains(&token), "the token is shown: {}", made.stderr);
    let made = made.says("POST http://localhost/batchai/tokens").says("\"token\": \"<hidden>\"");
    made.says("200 OK").says("\"name\": \"ci\"");

    let run = |words: &str| network.run(&user, &format!("{words} --debug"), Some(&token));
    let spec = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "hush-1" },
        "nodeSetup": {
            "mountVolumes": { "azureFileShares": [{
                "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs",
                "credentials": { "accountKey": "aHVzaC0y" },
            }] },
            "performanceCountersSettings": { "appInsightsReference": {
                "component": { "id": "x" }, "instrumentationKey": "hush-3",
            } },
        },
    });
    user.spec("cluster.json", &spec);
    let job = json!({
        "customToolkitSettings": { "commandLine": "echo $PLAIN" },
        "environmentVariables": [{ "name": "PLAIN", "value": "in-the-open" }],
        "secrets": [{ "name": "HIDE", "value": "hush-4" }],
    });
    user.spec("job.json", &job);
    let told = [
        run("cluster create -n c -f cluster.json").succeeds().says("\"adminUserName\": \"me\"").stderr,
        run("job run -n j -c c -f job.json").fails_with(0).says("\"value\": \"in-the-open\"").says("HIDE").stderr,
        run("job file list -j j").succeeds().says("listOutputFiles").says("sig=<hidden>").stderr,
        run("job show -n missing").fails_with(3).says("404 Not Found").says("JobNotFound").stderr,
    ]
    .concat();
    assert!(told.contains("authorization: <hidden>") && told.contains("api-version=2026-11-01"), "{told}");
    for secret in ["hush-", "aHVzaC0y", token.as_str()] {
        assert!(!told.contains(secret), "{secret} is shown:\n{told}");
    }
    let signed = told.match_indices("sig=").all(|(at, _)| told[at..].starts_with("sig=<hidden>"));
    assert!(signed, "a signature is shown:\n{told}");
}

#[test]
fn verbose_says_which_server_and_what_it_was_asked() {
    let sandbox = Sandbox::new();
    let first = sandbox.run("workspace list --verbose").succeeds().prints("[]\n");
    let first = first.says("info: the server is the local one at").says("(no endpoint is given)");
    first.says("it was started").says("/workspaces?api-version=2026-11-01: 200 OK, ").does_not_say("accept:");
    let second = sandbox.run("workspace list --verbose").succeeds();
    second.says("200 OK").does_not_say("it was started");
    sandbox.run("workspace list").succeeds().does_not_say("info:");

    let network = Network::start(&sandbox, "");
    let token = network.token("r", "--role reader");
    let done = network.run(&sandbox, "workspace list --verbose", Some(&token)).succeeds();
    done.says(&format!("the server is {} (by BATCHAI_ENDPOINT)", network.url));
    let by_flag = format!("workspace list --verbose --endpoint {}", network.url);
    network.run(&sandbox, &by_flag, Some(&token)).succeeds().says("(by --endpoint)");
}
