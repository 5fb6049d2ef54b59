//! The check itself: what passes, and what does not.

use serde_json::{Value, json};

use crate::support::swagger::{ADDITIONS, Swagger, folder, read};
use crate::support::{Answer, SUBSCRIPTION};

const VERSIONS: [&str; 3] = ["2018-05-01", "2018-03-01", "2017-09-01-preview"];

fn answer(status: u16, body: &Value) -> Answer {
    let headers = vec![("Content-Type".into(), "application/json; charset=utf-8".into())];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Answer { status, reason: String::new(), headers, body }
}

/// What is wrong with an answer of 2018-05-01.
fn violations(operation: &str, status: u16, body: &Value) -> Vec<String> {
    let swagger = Swagger::of("2018-05-01");
    swagger.violations(swagger.named(operation), &answer(status, body))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn the_recorded_answers_of_the_examples_pass() {
    let mut passed = 0;
    for version in ["2018-05-01", "2018-03-01"] {
        let swagger = Swagger::of(version);
        for operation in swagger.operations() {
            for example in operation.examples() {
                let recorded = read(&format!("examples-{version}/{example}"))["responses"].clone();
                for (status, response) in recorded.as_object().expect("answers") {
                    // The hand-made ones have nulls; the service had none (azure-sdk-for-net recordings).
                    let answer = answer(status.parse().expect("a status"), &without_nulls(&response["body"]));
                    let violations = swagger.violations(operation, &answer);
                    assert!(violations.is_empty(), "{version} {example} {status}: {violations:#?}");
                    passed += 1;
                }
            }
        }
    }
    assert!(passed > 50, "{passed} answers");
}

#[test]
fn every_path_leads_to_its_operation() {
    for version in VERSIONS {
        let swagger = Swagger::of(version);
        for operation in swagger.operations() {
            let path = operation.path.replace("{subscriptionId}", SUBSCRIPTION).replace(['{', '}'], "");
            let found = swagger.operation(operation.method, &format!("{path}?maxresults=1"));
            assert_eq!(found.map(|found| found.id), Some(operation.id), "{version} {path}");
        }
    }
    assert!(Swagger::of("2018-05-01").operation("POST", "/providers/Microsoft.BatchAI/operations").is_none());
}

#[test]
fn an_answer_that_says_more_or_less_than_the_document_is_a_violation() {
    let cluster = |properties: Value| json!({ "id": "i", "name": "c", "type": "t", "properties": properties });
    assert_eq!(violations("Clusters_Get", 200, &cluster(json!({ "vmSize": "local" }))), Vec::<String>::new());
    let wrong = [
        cluster(json!({ "uuid": "unknown" })),
        cluster(json!({ "errors": null })),
        cluster(json!({ "currentNodeCount": "1" })),
        cluster(json!({ "allocationState": "Steady" })),
        cluster(json!({ "creationTime": "2018-06-06T20:19:17.240Z" })),
        cluster(json!({ "creationTime": "2018-06-06T20:19:17.2401Z" })),
        cluster(json!({ "creationTime": "2018-06-06T20:19:17+00:00" })),
        cluster(json!({ "scaleSettings": { "manual": {} } })),
        json!({ "id": "i", "location": "a cluster has none" }),
        json!([]),
        Value::Null,
    ];
    for body in wrong {
        assert_eq!(violations("Clusters_Get", 200, &body).len(), 1, "{body}");
    }
    let job = json!({ "properties": { "constraints": { "maxWallClockTime": "7.00:00:00" } } });
    assert_eq!(violations("Jobs_Get", 200, &job).len(), 1);
}

#[test]
fn a_status_that_is_not_declared_is_a_violation_and_an_error_needs_a_code_and_a_sentence() {
    assert_eq!(violations("Clusters_Create", 201, &json!({})), ["status 201 is not declared"]);
    assert_eq!(violations("Clusters_Delete", 202, &json!({})), ["status 202 has no body, but there is {}"]);
    assert_eq!(violations("Clusters_Delete", 204, &Value::Null), Vec::<String>::new());
    let error = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    assert_eq!(violations("Clusters_Get", 404, &error("ClusterNotFound", "It is not found")), Vec::<String>::new());
    assert_eq!(violations("Operations_List", 500, &error("Internal", "It failed")), Vec::<String>::new());
    assert_eq!(violations("Clusters_Get", 404, &error("", "None")).len(), 2);
    assert_eq!(violations("Clusters_Get", 404, &json!({ "message": "It is not found" })).len(), 3);
}

#[test]
fn every_addition_to_a_document_has_a_reason_and_is_one() {
    for addition in ADDITIONS {
        assert!(addition.reason.contains(' '), "{}: {}", addition.at, addition.reason);
        assert!(folder().join(format!("{}.json", addition.version)).exists(), "{}", addition.version);
    }
    // Reading a document fails on an addition that it has already.
    VERSIONS.into_iter().for_each(|version| assert!(Swagger::of(version).operations().count() > 20, "{version}"));
}
