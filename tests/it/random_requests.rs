//! Random paths, queries and headers: answered or refused, and never an error of the server.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::{Rest, SUBSCRIPTION, Sandbox};

const METHODS: [&str; 8] = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];

/// Words of our paths and others.
const WORDS: [&str; 17] = [
    "subscriptions",
    SUBSCRIPTION,
    "resourceGroups",
    "g",
    "providers",
    "Microsoft.BatchAI",
    "workspaces",
    "w",
    "clusters",
    "experiments",
    "e",
    "jobs",
    "listOutputFiles",
    "terminate",
    "locations",
    "operationresults",
    "..",
];

/// Parts of a path or a query as they may stand in a request line.
fn odd_text() -> impl Strategy<Value = String> {
    let encoded = proptest::collection::vec(any::<u8>(), 0..6)
        .prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02X}")).collect());
    prop_oneof![encoded, "[!-~&&[^#?]]{0,12}", Just("x".repeat(3000)), Just("%".into()), Just("%zz".into())]
}

fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![4 => select(&WORDS[..]).prop_map(str::to_owned), 1 => odd_text()];
    let random = proptest::collection::vec(part, 0..12).prop_map(|parts| format!("/{}", parts.join("/")));
    let root = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI");
    let known = select(vec!["/workspaces", "/workspaces/w/clusters", "/workspaces/w/experiments/e/jobs", "/jobs"]);
    prop_oneof![random, (known, odd_text()).prop_map(move |(known, odd)| format!("{root}{known}/{odd}"))]
}

/// Parameters that are asked for somewhere, with values that nobody asks for.
fn query() -> impl Strategy<Value = String> {
    let names = ["maxresults", "$skiptoken", "$filter", "$select", "generation", "waitFor", "outputdirectoryid"];
    let more = ["directory", "linkexpiryinminutes", "api-version", "follow", "%24filter", ""];
    let names: Vec<&str> = names.into_iter().chain(more).collect();
    let value =
        prop_oneof![odd_text(), select(&["-1", "0", "99999999999999999999", "1e3", "NaN"][..]).prop_map(str::to_owned)];
    let pair = (select(names), value).prop_map(|(name, value)| format!("{name}={value}"));
    proptest::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let names = [
        "Host",
        "Content-Type",
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "If-None-Match",
        "If-Match",
        "Range",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "x-ms-client-request-id",
        "Cookie",
        "Expect",
        "Origin",
    ];
    let value = prop_oneof!["[ -~]{0,20}", "[ -~ü]{0,20}", "bytes=[0-9-]{0,30}", Just("x".repeat(2000))];
    proptest::collection::vec((select(names.to_vec()), value), 0..4)
}

#[test]
fn no_path_query_or_header_brings_the_server_into_trouble() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    let workspace =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/stays");
    rest.put(&workspace, &json!({ "location": "eastus" })).is(200);
    let server = sandbox.server();
    let strategy = (select(&METHODS[..]), path(), query(), headers(), any::<bool>());
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&strategy, |(method, path, query, headers, is_ours)| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let rest = rest.speaking(if is_ours { "2026-11-01" } else { "2018-05-01" });
        let answer = rest.send(method, &format!("{path}?{query}"), &headers, Some(b"{}"));
        prop_assert!((200..500).contains(&answer.status), "{} {}", answer.status, answer.text());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    rest.get(&workspace).is(200);
    assert_eq!(sandbox.server(), server, "it is still the same server");
}
