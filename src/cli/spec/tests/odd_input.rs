use proptest::prelude::*;
use serde_json::Value;

use super::super::document::{Document, parse};
use super::*;

#[test]
fn what_is_no_file_of_ours_is_said_plainly() {
    let deep = "[".repeat(500);
    let cases = [
        ("", "job.yaml:1:1: there is nothing in the file"),
        ("# only a comment\n", "there is nothing in the file"),
        ("---\n", "there is nothing in the file: a job file has lines such as `name: mine`"),
        ("- a\n- b\n", "job.yaml:1:1: a job file has lines such as `name: mine` at its top level"),
        ("just text", "not a list or a text"),
        ("nodeCount: 1\n---\nnodeCount: 2\n", "job.yaml:2:1: a second document begins here"),
        ("a:\n\tb: 1\n", "job.yaml:2:1: a tab cannot indent YAML: use spaces"),
        ("a: 'x\nb: 1\n", "a quotation mark is missing"),
        ("a: [1, 2\n", "job.yaml:1:4: this `[` is never closed"),
        ("a: b: c\n", "job.yaml:1:5: a `key: value` cannot begin here"),
        ("a: *nowhere\n", "there is no anchor of this name above"),
        ("a: &x [*x]\n", "this alias stands inside the value that it stands for"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "job.yaml:3:3: merge keys (`<<`) are not supported"),
        ("[a, b]: c\n", "a list or an object cannot be the name of a property"),
        ("a: !!python/object:x {}\n", "means nothing here: leave it out"),
        (deep.as_str(), "lists and objects lie too deep in each other"),
    ];
    for (text, expected) in cases {
        let report = report(text);
        assert!(report.contains(expected), "{text:?} gave {report}");
    }
}

#[test]
fn aliases_are_resolved_but_not_without_end() {
    let job = right_job("pyTorchSettings:\n  pythonScriptFilePath: &x a.py\n  commandLineArgs: *x\n");
    assert_eq!(job.spec.py_torch_settings.and_then(|settings| settings.command_line_args).as_deref(), Some("a.py"));
    let wide = |from: &str, to: &str| format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 50].join(", "));
    let bomb = ["a: &a [x]\n".to_owned(), wide("a", "b"), wide("b", "c"), wide("c", "d"), wide("d", "e")].concat();
    assert!(report(&bomb).contains("with its aliases resolved the document becomes too large"));
    let nest = |from: &str, to: &str| format!("{to}: &{to} {}*{from}{}\n", "[".repeat(60), "]".repeat(60));
    let tower = ["a: &a x\n".to_owned(), nest("a", "b"), nest("b", "c")].concat();
    assert!(report(&tower).contains("with its aliases resolved the document becomes too large"));
}

#[test]
fn a_file_that_cannot_be_read_says_which_why_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = |path: PathBuf| job_file(&Source::Path(path)).expect_err("it cannot be read").to_string();
    let missing = report(folder.path().join("job.yaml"));
    assert!(missing.starts_with("cannot read ") && missing.contains("job.yaml: there is no such file"), "{missing}");
    assert!(report(folder.path().to_owned()).contains("it is a folder"));
    let latin = folder.path().join("latin.yaml");
    std::fs::write(&latin, b"a: 1\nb: gr\xf6\xdfe\n").expect("a file");
    assert!(report(latin).contains("line 2 is not UTF-8 text: save the file as UTF-8"));
}

#[test]
fn json_escapes_that_yaml_seldom_sees_are_read() {
    let text = r#"{"a":"\/\u00fc\ud83d\ude00\b","b"	:	[1,2 ,3]}"#;
    let value = parse(text).expect("it is JSON").root.to_value();
    assert_eq!(value, serde_json::from_str::<Value>(text).expect("it is JSON"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e6..1.0e6).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{0,6}", inner, 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics_and_never_is_a_job_without_a_toolkit(text in any::<String>()) {
        prop_assert!(job(&text).is_err());
        let _ = cluster(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn text_that_looks_like_yaml_never_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", "\"", "'", "&x ", "*x", "|", ">", "#", "\t", "!!str ", "---\n",
            "nodeCount", "properties", "secrets", "value", "ü", "\r", "? ", ",", "0x", "1e5", "<<", "customToolkitSettings",
        ]), 0..40)
    ) {
        let text = parts.concat();
        let _ = job(&text).map_err(|error| error.to_string());
        let _ = cluster(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn any_setting_over_any_file_never_panics_and_never_shows_what_is_in_a_secret(
        file in prop::sample::select(vec!["{}", "properties: {}", "secrets: [{name: A}]", "properties: 1", "a: &x [1]"]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "nodeCount", "secrets", "value", "properties", ".", "[", "]", "[0]", "[+]", "=", "{", "}", "'", "ü", " ", ": ",
        ]), 0..12),
        odd in any::<String>(),
    ) {
        let settings = vec![parts.concat(), format!("secrets[+].value={}hunter2", parts.concat()), odd];
        let options = Options { set: settings, storage: Some(StorageAccount::default()) };
        let report = job_file_with(&named("job.yaml", file), &options).map_err(|error| error.to_string());
        prop_assert!(!report.expect_err("there is no toolkit").contains("hunter2"));
    }

    #[test]
    fn every_json_document_is_read_as_json_reads_it(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("it is JSON")] {
            let Document { root, repeated } = parse(&text).map_err(|fault| TestCaseError::fail(fault.message))?;
            prop_assert!(repeated.is_empty());
            prop_assert_eq!(root.to_value(), value.clone());
        }
    }
}
