use proptest::prelude::*;
use schemars::schema_for;
use serde_json::json;

use super::*;
use crate::api::cluster::ClusterCreate;
use crate::api::job::JobCreate;

fn messages(value: &Value) -> Vec<String> {
    problems(&schema_for!(JobCreate), value).iter().map(|p| format!("{}: {p}", p.target())).collect()
}

fn job(properties: impl Into<Value>) -> Value {
    json!({ "properties": properties.into() })
}

#[test]
fn a_right_body_has_no_problems_and_null_stands_for_an_optional_property() {
    let body = job(json!({
        "cluster": {"id": "x"}, "nodeCount": 2, "schedulingPriority": "high", "secrets": null,
        "customToolkitSettings": {"commandLine": "true"}, "pyTorchSettings": null,
    }));
    assert_eq!(messages(&body), Vec::<String>::new());
    serde_json::from_value::<JobCreate>(body).expect("what has no problems deserialises");
}

#[test]
fn every_problem_of_a_body_is_reported_depth_first() {
    let body = job(json!({
        "nodeCout": "two",
        "schedulingPriority": "High",
        "pyTorchSettings": {"processCount": 0, "nodeCount": 1},
        "environmentVariables": [{"name": "", "value": ["x"]}, "A=B"],
        "mountVolumes": {"azureFileShares": {}},
        "shmSize": "1gb",
    }));
    assert_eq!(
        messages(&body),
        [
            "properties.cluster: missing property `cluster` of `properties`",
            "properties.nodeCout: unknown property `nodeCout`: did you mean `nodeCount`?",
            "properties.schedulingPriority: expected `low`, `normal` or `high`, found \"High\": did you mean `high`?",
            "properties.pyTorchSettings.pythonScriptFilePath: \
             missing property `pythonScriptFilePath` of `properties.pyTorchSettings`",
            "properties.pyTorchSettings.processCount: expected 1 or more, found 0",
            "properties.pyTorchSettings.nodeCount: unknown property `nodeCount`: it belongs to `properties`",
            "properties.environmentVariables[0].name: expected some text, found an empty one",
            "properties.environmentVariables[0].value: expected text, found a list",
            "properties.environmentVariables[1]: expected an object, found text",
            "properties.mountVolumes.azureFileShares: expected a list, found an object",
            "properties.shmSize: unknown property `shmSize`: it belongs to `containerSettings`",
        ]
    );
}

#[test]
fn numbers_outside_their_type_are_out_of_range_and_not_of_a_wrong_type() {
    let count = |count: Value| messages(&job(json!({"cluster": {"id": ""}, "nodeCount": count}))).join("");
    assert!(count(json!(-1)).ends_with("expected 1 or more, found -1"));
    assert!(count(json!(4_294_967_296_u64)).ends_with("expected 4294967295 or less, found 4294967296"));
    assert!(count(json!(1e30)).contains("expected 4294967295 or less"));
    assert!(count(json!(2.5)).ends_with("expected a whole number, found 2.5"));
    assert!(count(Value::Null).ends_with("expected a whole number, found nothing"));
}

#[test]
fn a_nul_character_is_a_problem_in_every_text_and_in_the_keys_of_the_user() {
    let body = job(json!({
        "cluster": {"id": "a\0"}, "nodeCount": 1, "customToolkitSettings": {"commandLine": "echo \0"},
        "environmentVariables": [{"name": "A\0", "value": "\0"}], "schedulingPriority": "low\0",
    }));
    let nul = "expected text without a NUL character";
    assert_eq!(
        messages(&body),
        [
            format!("properties.cluster.id: {nul}"),
            format!("properties.customToolkitSettings.commandLine: {nul}"),
            format!("properties.environmentVariables[0].name: {nul}"),
            format!("properties.environmentVariables[0].value: {nul}"),
            "properties.schedulingPriority: expected `low`, `normal` or `high`, found \"low\\0\": did you mean `low`?"
                .into(),
        ]
    );
    let workspace = json!({"location": "x", "tags": {"a\0": "b", "c": "\0"}});
    let found = problems(&schema_for!(crate::api::workspace::WorkspaceCreate), &workspace);
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [nul, nul]);
}

#[test]
fn a_body_that_is_no_object_is_one_problem() {
    for (body, found) in [(json!([]), "a list"), (json!(7), "7"), (Value::Null, "nothing"), (json!("x"), "text")] {
        assert_eq!(messages(&body), [format!(": expected an object, found {found}")]);
    }
}

#[test]
fn plain_scalars_are_converted_where_their_meaning_is_plain() {
    let mut body = job(json!({
        "cluster": {"id": 7}, "nodeCount": " 2 ", "pyTorchSettings": {"pythonScriptFilePath": true, "processCount": 4.0},
        "environmentVariables": [{"name": "A", "value": 1}],
    }));
    coerce(&schema_for!(JobCreate), &mut body);
    let expected = job(json!({
        "cluster": {"id": "7"}, "nodeCount": 2, "pyTorchSettings": {"pythonScriptFilePath": "true", "processCount": 4},
        "environmentVariables": [{"name": "A", "value": "1"}],
    }));
    assert_eq!(body, expected);
}

#[test]
fn text_of_a_number_is_what_the_file_says_where_that_is_known() {
    let mut body = json!({"properties": {"vmSize": 10}});
    coerce_as_written(&schema_for!(ClusterCreate), &mut body, &|path| {
        (render_path(path) == "properties.vmSize").then(|| "0012".to_owned())
    });
    assert_eq!(body["properties"]["vmSize"], "0012");
}

#[test]
fn what_cannot_be_converted_is_left_for_the_report() {
    let before = job(json!({"cluster": {"id": []}, "nodeCount": "two", "schedulingPriority": "LOWER"}));
    let mut after = before.clone();
    coerce(&schema_for!(JobCreate), &mut after);
    assert_eq!(after, before);
}

#[test]
fn words_of_a_fixed_set_are_taken_in_any_letter_case() {
    let written = |word: &str| job(json!({"schedulingPriority": word, "cluster": {"id": "HIGH"}}));
    let mut body = written("HigH");
    coerce_as_written(&schema_for!(JobCreate), &mut body, &|_| None);
    assert_eq!(body, written("HigH"));
    coerce(&schema_for!(JobCreate), &mut body);
    assert_eq!(body, written("high"));
}

#[test]
fn unknown_properties_are_taken_away_at_any_depth_and_keys_of_the_user_are_not() {
    let mut body = job(json!({
        "nodeCount": 1, "x": {"y": 1},
        "environmentVariables": [{"name": "A", "value": "B", "z": null}, 7],
        "pyTorchSettings": {"pythonScriptFilePath": "a.py", "q": []},
    }));
    body["kind"] = json!("job");
    drop_unknown(&schema_for!(JobCreate), &mut body);
    let expected = job(json!({
        "nodeCount": 1, "environmentVariables": [{"name": "A", "value": "B"}, 7],
        "pyTorchSettings": {"pythonScriptFilePath": "a.py"},
    }));
    assert_eq!(body, expected);
    let mut workspace = json!({"location": "x", "tags": {"any": "thing"}, "sku": 1});
    drop_unknown(&schema_for!(crate::api::workspace::WorkspaceCreate), &mut workspace);
    assert_eq!(workspace, json!({"location": "x", "tags": {"any": "thing"}}));
}

#[test]
fn a_suggestion_forgives_case_dashes_typing_errors_and_short_names() {
    let keys = || ["nodeCount", "schedulingPriority", "stdOutErrPathPrefix", "secrets"].into_iter();
    for (wrong, right) in [
        ("node_count", "nodeCount"),
        ("NODECOUNT", "nodeCount"),
        ("ndoeCount", "nodeCount"),
        ("priority", "schedulingPriority"),
        ("stdouterrPathPrefx", "stdOutErrPathPrefix"),
    ] {
        assert_eq!(nearest(wrong, keys()).as_deref(), Some(right), "{wrong}");
    }
    assert_eq!(nearest("gpus", keys()), None);
    assert_eq!(nearest("x", keys()), None);
}

fn odd_value() -> impl Strategy<Value = Value> {
    let of_json = |text: &str| serde_json::from_str(text).expect("the samples are JSON");
    let samples =
        ["null", "true", "[]", "{}", "[{}]", "[null]", "{\"id\": \"x\"}", "\"low\"", "0", "2.5", "1e30", "5e9"];
    prop_oneof![
        prop::sample::select(samples.map(of_json).to_vec()),
        any::<i64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn a_value_with_one_odd_part_has_problems_exactly_when_it_does_not_deserialise(
        place in prop::sample::select(vec![
            "", "/cluster", "/cluster/id", "/nodeCount", "/schedulingPriority", "/secrets", "/secrets/0",
            "/secrets/0/value", "/pyTorchSettings", "/pyTorchSettings/processCount",
        ]),
        odd in odd_value(),
    ) {
        let mut value = job(json!({
            "cluster": {"id": "x"}, "nodeCount": 2, "schedulingPriority": "high",
            "secrets": [{"name": "A", "value": "B"}],
            "pyTorchSettings": {"pythonScriptFilePath": "a.py", "processCount": 4},
        }));
        *value.pointer_mut(&format!("/properties{place}")).expect("the place is there") = odd;
        let schema = schema_for!(JobCreate);
        coerce(&schema, &mut value);
        let found = problems(&schema, &value);
        let stricter_than_serde = found.iter().all(|problem| match problem.kind {
            ProblemKind::UnknownKey { .. }
            | ProblemKind::OutOfRange { .. }
            | ProblemKind::TooShort { .. }
            | ProblemKind::Nul => true,
            ProblemKind::Missing { .. } | ProblemKind::WrongType { .. } | ProblemKind::NotOneOf { .. } => false,
        });
        if found.is_empty() || !stricter_than_serde {
            prop_assert_eq!(serde_json::from_value::<JobCreate>(value).is_ok(), found.is_empty());
        }
    }
}
