//! Random bodies: valid ones go to the domain and back and stay what they are; broken ones are refused, and never an
//! error of the server.

use batchai::api::version::ApiVersion;
use batchai::api::{check, cluster, job};
use batchai::domain::Timestamp;
use batchai::domain::cluster::Cluster;
use batchai::domain::job::Job;
use batchai::domain::name::{ExperimentKey, JobKey, Name};
use batchai::domain::secret::{MasterKey, Seal};
use batchai::operations::clusters::ClusterView;
use batchai::operations::jobs::JobView;
use batchai::server::convert::{self, Rules};
use batchai::store::Stored;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::support::{Answer, Rest, SUBSCRIPTION, Sandbox, bodies};

const VERSIONS: [ApiVersion; 2] = [ApiVersion::V2018May, ApiVersion::Ours];

/// Tries `cases` values; the smallest that fails is shown.
#[track_caller]
fn with_random<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(&strategy, test) {
        panic!("{error}");
    }
}

fn workspace_path() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w")
}

/// A body as the server reads it: words of fixed sets in their own spelling, and nothing wrong with its form.
fn read<T: schemars::JsonSchema + serde::de::DeserializeOwned>(mut body: Value) -> T {
    let schema = schemars::schema_for!(T);
    check::coerce(&schema, &mut body);
    let problems: Vec<String> = check::problems(&schema, &body).iter().map(ToString::to_string).collect();
    assert_eq!(problems, [] as [String; 0], "{body}");
    serde_json::from_value(body).expect("what has no problems deserialises")
}

fn stored<T>(value: T) -> Stored<T> {
    Stored { number: 1, generation: 1, value }
}

/// Puts the secrets of `given` where `answer` has none; both have the same properties otherwise.
fn with_secrets(answer: &mut Value, given: &Value) {
    match (answer, given) {
        (Value::Object(answer), Value::Object(given)) => {
            for (key, given) in given {
                let is_secret = ["credentials", "secrets", "instrumentationKey", "instrumentationKeySecretReference"];
                match answer.get_mut(key) {
                    Some(answer) if !is_secret.contains(&key.as_str()) => with_secrets(answer, given),
                    _ if is_secret.contains(&key.as_str()) => {
                        answer.insert(key.clone(), given.clone());
                    }
                    _ => {}
                }
            }
        }
        (Value::Array(answer), Value::Array(given)) => {
            answer.iter_mut().zip(given).for_each(|(answer, given)| with_secrets(answer, given));
        }
        _ => {}
    }
}

/// Whether everything that was given is in the answer; words may have got another letter case.
fn is_answered(given: &Value, answer: &Value) -> bool {
    match (given, answer) {
        (given, _) if says_nothing(given) => true,
        (Value::Object(given), answer) => given.iter().all(|(key, given)| is_answered(given, &answer[key])),
        (Value::Array(given), Value::Array(answer)) => {
            given.len() == answer.len() && given.iter().zip(answer).all(|(given, answer)| is_answered(given, answer))
        }
        (Value::String(given), Value::String(answer)) => given.eq_ignore_ascii_case(answer),
        (given, answer) => given == answer,
    }
}

/// Whether there is nothing in it, at any depth.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().all(says_nothing),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn every_job_is_the_same_after_the_way_to_the_domain_and_back() {
    let seal = Seal::new(&MasterKey::new([1; 32]));
    with_random(150, bodies::job(&format!("{}/clusters/c", workspace_path()), true), |given| {
        for version in VERSIONS {
            let rules = Rules { version, seal: &seal };
            let spec = convert::job::spec(&read::<job::JobCreate>(given.clone()), &rules)
                .map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
            let experiment =
                ExperimentKey { workspace: spec.cluster.workspace.clone(), name: Name::parse("e").expect("a name") };
            let key = JobKey { experiment, name: Name::parse("j").expect("a name") };
            let value = Job::submitted(key, spec.clone(), "u".into(), Timestamp::UNIX_EPOCH);
            let view = JobView { job: stored(value), queue_reason: None, node_ids: Vec::new() };
            let mut answer = json!({ "properties": convert::job::job(&view, version).properties.spec });
            let kept = format!("{spec:?} {}", serde_json::to_string(&spec).expect("JSON"));
            prop_assert!(!format!("{answer} {kept}").contains(bodies::SECRET), "{} {}", answer, kept);
            with_secrets(&mut answer, &given);
            prop_assert!(is_answered(&given, &answer), "{}", answer);
            prop_assert_eq!(convert::job::spec(&read(answer), &rules), Ok(spec));
        }
        Ok(())
    });
}

#[test]
fn every_cluster_is_the_same_after_the_way_to_the_domain_and_back() {
    let seal = Seal::new(&MasterKey::new([1; 32]));
    let path = format!("{}/clusters/c", workspace_path());
    let job = json!({ "properties": {
        "cluster": { "id": path }, "nodeCount": 1, "customToolkitSettings": { "commandLine": "true" } } });
    let ours = Rules { version: ApiVersion::Ours, seal: &seal };
    let key = convert::job::spec(&read(job), &ours).expect("a spec").cluster;
    with_random(150, bodies::cluster(true), |given| {
        for version in VERSIONS {
            let rules = Rules { version, seal: &seal };
            let spec = convert::cluster::spec(&read::<cluster::ClusterCreate>(given.clone()), &rules)
                .map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
            let value = Cluster::new(key.clone(), spec.clone(), "u".into(), Timestamp::UNIX_EPOCH);
            let view = ClusterView { cluster: stored(value), nodes: Vec::new(), busy: Vec::new() };
            let mut answer = json!({ "properties": convert::cluster::cluster(&view, version).properties.spec });
            let kept = format!("{spec:?} {}", serde_json::to_string(&spec).expect("JSON"));
            prop_assert!(!format!("{answer} {kept}").contains(bodies::SECRET), "{} {}", answer, kept);
            with_secrets(&mut answer, &given);
            let password = given["properties"]["userAccountSettings"]["adminUserPassword"].clone();
            answer["properties"]["userAccountSettings"]["adminUserPassword"] = password;
            prop_assert!(is_answered(&given, &answer), "{}", answer);
            prop_assert_eq!(convert::cluster::spec(&read(answer), &rules), Ok(spec));
        }
        Ok(())
    });
}

/// A server with a workspace, an experiment, and a cluster that never gets a node.
struct Service {
    _sandbox: Sandbox,
    rest: Rest,
    root: String,
}

impl Service {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let rest = Rest::new(&sandbox, "2018-05-01");
        let root = workspace_path();
        rest.put(&root, &json!({ "location": "eastus" })).is(200);
        rest.put(&format!("{root}/experiments/e"), &json!({})).is(200);
        let admin = json!({ "adminUserName": "me", "adminUserPassword": "x" });
        let scale = json!({ "manual": { "targetNodeCount": 0 } });
        let cluster = json!({ "vmSize": "local", "userAccountSettings": admin, "scaleSettings": scale });
        rest.put(&format!("{root}/clusters/c"), &json!({ "properties": cluster })).is(200);
        Self { _sandbox: sandbox, rest, root }
    }

    fn kinds(&self) -> [(&'static str, BoxedStrategy<Value>); 3] {
        let cluster = format!("{}/clusters/c", self.root);
        [
            ("experiments/e/jobs/", bodies::job(&cluster, false)),
            ("clusters/", bodies::cluster(false)),
            ("", bodies::workspace()),
        ]
    }

    /// Kind and body of something that can be made.
    fn made(&self) -> impl Strategy<Value = (&'static str, Value)> + use<> {
        let each = self.kinds().map(|(kind, body)| body.prop_map(move |body| (kind, body)).boxed());
        proptest::strategy::Union::new(each)
    }

    /// PUT of something whose name nobody has.
    fn put(&self, kind: &str, body: &[u8], version: ApiVersion) -> Answer {
        let name = uuid::Uuid::new_v4();
        let path = match kind {
            "" => format!("{}{name}", self.root),
            kind => format!("{}/{kind}{name}", self.root),
        };
        self.rest.speaking(version.as_str()).send("PUT", &path, &[], Some(body))
    }

    /// Nothing was harmed: what is there is answered as before.
    fn still_answers(&self) {
        self.rest.get(&self.root).is(200);
        self.rest.get(&format!("{}/experiments/e/jobs", self.root)).is(200);
    }
}

/// A refusal that says what is wrong, of the client's fault.
fn is_refused(answer: &Answer, with: &[u16]) -> Result<(), TestCaseError> {
    prop_assert!(with.contains(&answer.status), "{} {}", answer.status, answer.text());
    prop_assert!(!answer.text().contains(bodies::SECRET), "{}", answer.text());
    if answer.status >= 400 {
        let error = &answer.json()["error"];
        prop_assert!(
            error["code"].is_string() && error["message"].as_str().is_some_and(|m| m.contains(' ')),
            "{}",
            error
        );
    }
    Ok(())
}

#[test]
fn every_valid_body_is_taken_by_both_versions_and_answered_without_its_secrets() {
    let service = Service::new();
    with_random(80, service.made(), |(kind, body)| {
        for version in VERSIONS {
            let answer = service.put(kind, body.to_string().as_bytes(), version);
            prop_assert_eq!(answer.status, 200, "{} {}", version, answer.text());
            prop_assert!(!answer.text().contains(bodies::SECRET), "{}", answer.text());
        }
        Ok(())
    });
    service.still_answers();
}

fn odd_value() -> impl Strategy<Value = Value> {
    let nested = (0..100).fold(json!(null), |inside, _| json!([inside]));
    let fixed = vec![
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!([null]),
        json!(-1),
        json!(0),
        json!(2.5),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\0"),
        json!("a\nb"),
        json!("x".repeat(70_000)),
        json!({ "id": "\0" }),
        json!(["../.."]),
        nested,
    ];
    prop_oneof![select(fixed), ".{0,8}".prop_map(Value::from)]
}

/// Paths to everything in a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_body_with_any_odd_part_is_taken_or_refused_and_is_never_an_error_of_the_server() {
    let service = Service::new();
    let strategy = (service.made(), any::<Index>(), odd_value());
    with_random(200, strategy, |((kind, mut body), place, odd)| {
        let mut places = Vec::new();
        pointers(&body, "", &mut places);
        *body.pointer_mut(place.get::<String>(&places)).expect("the place is there") = odd;
        for version in VERSIONS {
            is_refused(&service.put(kind, body.to_string().as_bytes(), version), &[200, 400, 404])?;
        }
        Ok(())
    });
    service.still_answers();
}

/// What no body of a kind may have: where, and what.
fn breakages(kind: &str) -> Vec<(&'static str, Value)> {
    let nul = || json!([{ "name": "A\0", "value": "" }]);
    match kind {
        "" => vec![
            ("/location", json!([])),
            ("/location", json!("\0")),
            ("/location", json!("x".repeat(91))),
            ("/tags", json!(["x"])),
            ("/tags", json!({ "a": [] })),
            ("/tags", json!({ "": "b" })),
        ],
        "clusters/" => vec![
            ("", json!([])),
            ("/properties", json!(null)),
            ("/properties/vmSize", json!("STANDARD_A0")),
            ("/properties/vmSize", json!({})),
            ("/properties/vmPriority", json!("cheap")),
            ("/properties/scaleSettings", json!({})),
            ("/properties/scaleSettings", json!({ "manual": { "targetNodeCount": -1 } })),
            ("/properties/scaleSettings", json!({ "manual": { "targetNodeCount": 101 } })),
            ("/properties/scaleSettings", json!({ "autoScale": { "minimumNodeCount": 2, "maximumNodeCount": 1 } })),
            ("/properties/userAccountSettings", json!({ "adminUserName": "" })),
            ("/properties/nodeSetup", json!({ "setupTask": { "commandLine": "true" } })),
            ("/properties/nodeSetup", json!({ "setupTask": { "commandLine": "a\0", "stdOutErrPathPrefix": "/a" } })),
        ],
        _ => vec![
            ("", json!("x")),
            ("/properties/cluster", json!(null)),
            ("/properties/cluster/id", json!("c")),
            ("/properties/nodeCount", json!(0)),
            ("/properties/nodeCount", json!(101)),
            ("/properties/nodeCount", json!(1e300)),
            ("/properties/nodeCount", json!("two")),
            ("/properties/schedulingPriority", json!("urgent")),
            ("/properties/stdOutErrPathPrefix", json!("")),
            ("/properties/constraints", json!({ "maxWallClockTime": "soon" })),
            ("/properties/environmentVariables", nul()),
            ("/properties/secrets", json!([{ "name": "A" }])),
            ("/properties/secrets", nul()),
            ("/properties/containerSettings", json!({ "imageSourceRegistry": { "image": "" } })),
            ("/properties/outputDirectories", json!([{ "id": "a b", "pathPrefix": "/x" }])),
            ("/properties/mountVolumes", json!({ "unmanagedFileSystems": [{ "relativeMountPath": "a" }] })),
            ("/properties/jobPreparation", json!({})),
        ],
    }
}

#[test]
fn a_body_that_breaks_a_rule_is_refused_by_both_versions() {
    let service = Service::new();
    for (kind, valid) in service.kinds() {
        let strategy = (valid, select(breakages(kind)));
        with_random(60, strategy, |(mut body, (place, broken))| {
            match place.rsplit_once('/') {
                None => body = broken,
                Some((parent, key)) => body.pointer_mut(parent).expect("the parent is there")[key] = broken,
            }
            for version in VERSIONS {
                is_refused(&service.put(kind, body.to_string().as_bytes(), version), &[400])?;
            }
            Ok(())
        });
    }
    service.still_answers();
}

#[test]
fn what_is_hardly_json_is_refused_and_the_last_of_two_values_counts() {
    let service = Service::new();
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    let inside = format!(r#"{{"location":{}{}}}"#, "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for body in [
        deep.as_slice(),
        inside.as_bytes(),
        b"",
        b"null",
        b"7",
        b"[]",
        b"{",
        br#"{"location":1e999}"#,
        br#"{"location":"\ud800"}"#,
        b"{\"location\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
    ] {
        for version in VERSIONS {
            is_refused(&service.put("", body, version), &[400]).expect("a refusal");
        }
    }
    let twice = service.put("", br#"{"location":"first","location":"second"}"#, ApiVersion::V2018May).is(200).json();
    assert_eq!(twice["location"], "second");
    service.still_answers();
}
