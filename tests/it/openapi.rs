//! The OpenAPI document: it is fresh, it is served, and it is about what the server really answers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use batchai::api::catalogue::operations;
use batchai::api::openapi;

use crate::support::{Answer, Rest, SUBSCRIPTION, Sandbox};

/// What a path may be asked with; a HEAD is a GET to the router.
const METHODS: [&str; 5] = ["get", "put", "patch", "delete", "post"];

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)
}

#[test]
fn the_committed_document_is_that_of_the_wire_types_as_they_are() {
    let made = serde_json::to_string_pretty(&openapi::document()).expect("text") + "\n";
    let path = source("api/openapi.json");
    if std::env::var_os("BATCHAI_TESTS_REFRESH").is_some() {
        std::fs::write(&path, &made).expect("a file that can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        made == committed,
        "src/api/openapi.json is stale; refresh it: BATCHAI_TESTS_REFRESH=1 cargo test --test it the_committed_document"
    );
}

#[test]
fn the_server_answers_with_the_document_that_is_committed() {
    let sandbox = Sandbox::new();
    let answer = Rest::new(&sandbox, "2026-11-01").get("/batchai/openapi.json").is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["info"]["version"], "2026-11-01");
    assert_eq!(answer.text(), openapi::TEXT);
}

#[test]
fn what_is_routed_is_documented_and_what_is_documented_is_routed() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2026-11-01");
    let operations = operations();
    let documented: BTreeSet<(&str, &str)> = operations
        .iter()
        .map(|operation| {
            (operation.template.as_str(), if operation.method == "head" { "get" } else { operation.method })
        })
        .collect();
    let templates: BTreeSet<&str> = documented.iter().map(|(template, _)| *template).collect();
    // Whoever stops the server goes last.
    let (stops, rest_of_them): (Vec<_>, Vec<_>) =
        templates.into_iter().partition(|template| template.ends_with("/stop"));
    for template in rest_of_them.into_iter().chain(stops) {
        for method in METHODS {
            let answer = rest.send(&method.to_uppercase(), &filled(template), &[], None);
            let is_documented = documented.contains(&(template, method));
            assert_eq!(is_routed(&answer), is_documented, "{method} {template}: {} {}", answer.status, answer.text());
        }
    }
}

/// A path that the template matches; nothing of it is there.
fn filled(template: &str) -> String {
    let part = |part: &str| match part {
        "{subscription}" => SUBSCRIPTION.to_owned(),
        "{digest}" => format!("sha256:{}", "0".repeat(64)),
        part if part.starts_with('{') => "absent".to_owned(),
        part => part.to_owned(),
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn is_routed(answer: &Answer) -> bool {
    answer.status != 405 && !(answer.status == 404 && answer.text().contains("\"InvalidResourceType\""))
}

#[test]
fn the_router_knows_only_paths_of_the_catalogue() {
    let router = std::fs::read_to_string(source("server/router.rs")).expect("the router");
    assert!(!router.contains(".route(\""), "a path of the router has no name in api/path.rs");
    let catalogue = std::fs::read_to_string(source("api/catalogue.rs")).expect("the catalogue");
    let named = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        words.filter(|word| word.starts_with("path::") || word.starts_with("at::")).map(str::to_owned).collect()
    };
    // The router also names a module.
    let routed: BTreeSet<String> = named(&router).into_iter().filter(|name| name != "path::below_group").collect();
    assert!(routed.len() > 10, "{routed:?}");
    let listed = named(&catalogue);
    let missing: Vec<_> = routed.difference(&listed).collect();
    assert!(missing.is_empty(), "add a line to src/api/catalogue.rs for {missing:?}");
}
