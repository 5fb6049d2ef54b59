//! Requests whose answers are held against the Swagger document of their version.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;

use super::swagger::Swagger;
use super::{Answer, Rest, Sandbox, wait_for};

/// The server of a sandbox. Every answer is checked; a violation fails the test.
pub struct Checked {
    rest: Rest,
    /// What the answers are checked against.
    pub swagger: Swagger,
    called: Mutex<BTreeSet<String>>,
}

impl Checked {
    /// Speaks `version`; starts the server if need be.
    #[track_caller]
    pub fn new(sandbox: &Sandbox, version: &str) -> Self {
        Self { rest: Rest::new(sandbox, version), swagger: Swagger::of(version), called: Mutex::default() }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some(body))
    }

    #[track_caller]
    pub fn post(&self, path: &str) -> Answer {
        self.send("POST", path, None)
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// One request, its answer checked.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let operation = self.swagger.operation(method, path);
        let operation = operation.unwrap_or_else(|| panic!("{} has no {method} {path}", self.swagger.version));
        self.called.lock().expect("operations").insert(operation.id.into());
        let body = body.map(ToString::to_string);
        let answer = self.rest.send(method, path, &[], body.as_ref().map(String::as_bytes));
        let violations = self.swagger.violations(operation, &answer);
        assert!(
            violations.is_empty(),
            "{} ({method} {path}) answered {}\n{}\n{}",
            operation.id,
            answer.status,
            answer.text(),
            violations.join("\n")
        );
        answer
    }

    /// Waits for the end of what was only accepted, at the address that the answer names; fails unless it succeeds.
    /// Answers the answer to the request.
    #[track_caller]
    pub fn done(&self, accepted: Answer) -> Answer {
        assert!([200, 202, 204].contains(&accepted.status), "{}: {}", accepted.status, accepted.text());
        if accepted.status == 202
            && let Some(url) = accepted.header("azure-asyncoperation")
        {
            let end = wait_for("the operation has ended", || {
                let operation = self.rest.get(url).is(200).json();
                (operation["status"] != "InProgress").then_some(operation)
            });
            assert_eq!(end["status"], "Succeeded", "{end}");
        }
        accepted
    }

    /// The operations of the document that were not called.
    pub fn not_called(&self) -> Vec<&str> {
        let called = self.called.lock().expect("operations");
        self.swagger.operations().map(|operation| operation.id).filter(|id| !called.contains(*id)).collect()
    }
}
