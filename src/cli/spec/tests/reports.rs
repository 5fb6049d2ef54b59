use super::*;

#[test]
fn all_mistakes_of_a_yaml_file_are_in_one_report() {
    insta::assert_snapshot!(report(r"name: my job
cluster: {id: /subscriptions/s/clusters/c}
nodeCout: 2
schedulingPriority: High
pyTorchSettings:
  processCount: two
environmentVariables:
  - name: A=B
    value: [1]
secrets:
  - name: TOKEN
    value: hunter2
    valueSecretReference: {sourceVault: {id: v}, secretUrl: u}
  - name: [x]
outputDirectories:
  - id: MY-MODEL
constraints: {maxWallClockTime: 7.00:00:00}
name: again
"), @r#"
job.yaml:1:7: "my job" is not a name: use 1 to 64 letters, digits, `-` and `_`
  1 | name: my job
    |       ^^^^^^
job.yaml:2:15: this is not the id of a cluster: write its name, or `/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.BatchAI/workspaces/<workspace>/clusters/<name>`
  2 | cluster: {id: /subscriptions/s/clusters/c}
    |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
job.yaml:3:1: unknown property `nodeCout`: did you mean `nodeCount`?
  3 | nodeCout: 2
    | ^^^^^^^^
job.yaml:4:21: expected `low`, `normal` or `high`, found "High": did you mean `high`?
  4 | schedulingPriority: High
    |                     ^^^^
job.yaml:5:1: missing property `pythonScriptFilePath` of `pyTorchSettings`
  5 | pyTorchSettings:
    | ^^^^^^^^^^^^^^^
job.yaml:6:17: expected a whole number, found "two"
  6 |   processCount: two
    |                 ^^^
job.yaml:8:11: "A=B" cannot be the name of a variable: leave out the `=`
  8 |   - name: A=B
    |           ^^^
job.yaml:9:12: expected text, found a list
  9 |     value: [1]
    |            ^^^
job.yaml:13:5: a secret has `value` or `valueSecretReference`, not both
  13 |     valueSecretReference: {sourceVault: {id: v}, secretUrl: u}
     |     ^^^^^^^^^^^^^^^^^^^^
job.yaml:13:61: the address of a secret begins with https://: it must look like https://<vault>.vault.azure.net/secrets/<name>[/<version>]
  13 |     valueSecretReference: {sourceVault: {id: v}, secretUrl: u}
     |                                                             ^
job.yaml:14:5: a secret needs `value` or `valueSecretReference`
  14 |   - name: [x]
     |     ^^^^
job.yaml:14:11: expected text, found a list
  14 |   - name: [x]
     |           ^^^
job.yaml:16:9: "MY-MODEL" cannot follow `AZ_BATCHAI_OUTPUT_` in the name of a variable: use letters, digits and `_`
  16 |   - id: MY-MODEL
     |         ^^^^^^^^
job.yaml:17:33: "7.00:00:00" is not an ISO 8601 duration: write `P7D`
  17 | constraints: {maxWallClockTime: 7.00:00:00}
     |                                 ^^^^^^^^^^
job.yaml:18:1: `name` is here a second time: the first is on line 1
  18 | name: again
     | ^^^^
15 problems in job.yaml
"#);
}

#[test]
fn all_mistakes_of_a_json_file_are_in_one_report() {
    let text = "{\n\t\"nodeCount\": 1,\n\t\"properties\": {\n\t\t\"nodeCount\": 0,\n\t\t\"caffeSettings\": {\"configFile\": \"a\"},\n\
                \t\t\"horovodSettings\": {\"pythonScriptFilePath\": \"b\"},\n\
                \t\t\"mountVolumes\": {\"azureFileShares\": [{\"azureFileUrl\": \"share\", \"relativeMountPath\": \"../x\"}]}\n\t}\n}\n";
    insta::assert_snapshot!(report(text), @r#"
    job.yaml:2:2: unknown property `nodeCount`: it belongs to `properties`
      2 |  "nodeCount": 1,
        |  ^^^^^^^^^^^
    job.yaml:4:16: expected 1 or more, found 0
      4 |   "nodeCount": 0,
        |                ^
    job.yaml:5:21: unknown property `configFile`: did you mean `configFilePath`?
      5 |   "caffeSettings": {"configFile": "a"},
        |                     ^^^^^^^^^^^^
    job.yaml:6:3: a job has settings of one toolkit, and `caffeSettings` is there already
      6 |   "horovodSettings": {"pythonScriptFilePath": "b"},
        |   ^^^^^^^^^^^^^^^^^
    job.yaml:7:40: missing property `accountName` of `properties.mountVolumes.azureFileShares[0]`
      7 |   "mountVolumes": {"azureFileShares": [{"azureFileUrl": "share", "relativeMountPath": "../x"}]}
        |                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    job.yaml:7:57: "share" is not the URL of a file share: write `https://<account>.file.core.windows.net/<share>`
      7 |   "mountVolumes": {"azureFileShares": [{"azureFileUrl": "share", "relativeMountPath": "../x"}]}
        |                                                         ^^^^^^^
    job.yaml:7:87: a mount path lies below the mount root: a name, no `/` at its start, and no `..` in it
      7 |   "mountVolumes": {"azureFileShares": [{"azureFileUrl": "share", "relativeMountPath": "../x"}]}
        |                                                                                       ^^^^^^
    7 problems in job.yaml
    "#);
}

#[test]
fn a_job_without_a_toolkit_reads_which_there_are_unless_one_is_misspelt() {
    assert!(first("nodeCount: 1\n").contains("needs settings of a toolkit, one of `cntkSettings`, `pyTorchSettings`"));
    assert!(first("customToolkitSettings:\n").contains("needs settings of a toolkit"));
    let misspelt = report("customToolkitSetings: {commandLine: ls}\n");
    assert!(misspelt.contains("did you mean `customToolkitSettings`?"), "{misspelt}");
    assert!(misspelt.ends_with("1 problem in job.yaml"), "{misspelt}");
}

#[test]
fn the_secret_itself_is_never_shown() {
    let text = format!("{CUSTOM}secrets: [{{name: A=, value: hunter2}}, {{name: [], value: \"hunter\\\n   2\"}}]\n");
    let report = report(&text);
    assert!(report.contains("[{name: A=, value: *******}"), "{report}");
    assert!(!report.contains("hunter"), "{report}");
}

#[test]
fn a_flat_file_does_not_lose_an_old_priority_silently() {
    assert!(report(&format!("{CUSTOM}priority: 5\n")).contains("did you mean `schedulingPriority`?"));
}

#[test]
fn ids_and_variables_that_stand_twice_are_problems() {
    let text = format!(
        "{CUSTOM}inputDirectories: [{{id: A, path: x}}, {{id: A, path: y}}]\noutputDirectories: [{{id: A}}]\n\
         environmentVariables: [{{name: B, value: 1}}]\nsecrets: [{{name: B, value: 1}}]\n"
    );
    insta::assert_snapshot!(report(&text), @r"
    job.yaml:2:43: `A` is the id of two of `inputDirectories`
      2 | inputDirectories: [{id: A, path: x}, {id: A, path: y}]
        |                                           ^
    job.yaml:5:18: `B` is set twice
      5 | secrets: [{name: B, value: *}]
        |                  ^
    2 problems in job.yaml
    ");
}

#[test]
fn code_is_a_folder_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("a file");
    let report = |code: &str| {
        let text = format!("{CUSTOM}code: {code}\n");
        let source = Source::Text { name: "job.yaml".into(), folder: folder.path().to_owned(), text };
        job_file(&source).expect_err("it is not there").to_string()
    };
    let missing = report("nowhere");
    assert!(missing.starts_with("job.yaml:2:7: the folder ") && missing.contains("nowhere is not there"), "{missing}");
    assert!(report("file").contains("file is not a folder"));
}

#[test]
fn a_cluster_scales_in_one_way_with_bounds_that_leave_room() {
    let text = "vmSize: local\nscaleSettings:\n  autoScale: {minimumNodeCount: 3, maximumNodeCount: 2}\n  manual: {}\n\
                nodeSetup: {setupTask: {commandLine: ls, environmentVariables: [{name: '', value: x}]}}\n";
    let report = cluster(text).expect_err("it is wrong").to_string();
    insta::assert_snapshot!(report, @r"
    cluster.yaml:3:54: the maximum is below the minimum, which is 3
      3 |   autoScale: {minimumNodeCount: 3, maximumNodeCount: 2}
        |                                                      ^
    cluster.yaml:4:3: missing property `targetNodeCount` of `scaleSettings.manual`
      4 |   manual: {}
        |   ^^^^^^
    cluster.yaml:4:3: scale settings have `manual` or `autoScale`, not both
      4 |   manual: {}
        |   ^^^^^^
    cluster.yaml:5:13: missing property `stdOutErrPathPrefix` of `nodeSetup.setupTask`
      5 | nodeSetup: {setupTask: {commandLine: ls, environmentVariables: [{name: '', value: x}]}}
        |             ^^^^^^^^^
    cluster.yaml:5:72: expected some text, found an empty one
      5 | nodeSetup: {setupTask: {commandLine: ls, environmentVariables: [{name: '', value: x}]}}
        |                                                                        ^^
    5 problems in cluster.yaml
    ");
    assert!(cluster("scaleSettings: {}\n").expect_err("neither").to_string().contains("need `manual` or `autoScale`"));
}

#[test]
fn byte_order_mark_and_carriage_returns_do_not_move_positions() {
    insta::assert_snapshot!(report("\u{feff}nodeCout: 1\r\ncustomToolkitSettings: {commandLine: größe, x: 1}\r\n"), @r"
    job.yaml:1:1: unknown property `nodeCout`: did you mean `nodeCount`?
      1 | nodeCout: 1
        | ^^^^^^^^
    job.yaml:2:45: unknown property `x`
      2 | customToolkitSettings: {commandLine: größe, x: 1}
        |                                             ^
    2 problems in job.yaml
    ");
}

#[test]
fn a_long_line_is_shown_around_the_mistake() {
    let report = report(&format!("customToolkitSettings: {{commandLine: '{}', x: 1}}\n", "a".repeat(300)));
    assert!(report.lines().all(|line| line.chars().count() < 120), "{report}");
    let (snippet, caret) = (report.lines().nth(1).expect("a snippet"), report.lines().nth(2).expect("a caret"));
    assert_eq!(snippet.chars().nth(caret.find('^').expect("a caret")), Some('x'), "{report}");
}

#[test]
fn a_file_server_is_named_by_its_name_or_by_an_id_with_a_workspace() {
    let mount = |id: &str| {
        let server = format!("{{fileServer: {{id: {id}}}, relativeMountPath: nfs}}");
        job(&format!("{CUSTOM}mountVolumes: {{fileServers: [{server}]}}\n"))
    };
    let group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI";
    let right = format!("{group}/workspaces/w/fileServers/n");
    for id in [right.to_lowercase(), right, "n".to_owned()] {
        assert!(mount(&id).is_ok(), "{id}");
    }
    for id in ["n.m".to_owned(), format!("{group}/fileServers/n"), format!("{group}/workspaces/w/clusters/n")] {
        let wrong = mount(&id).expect_err("it is none").to_string();
        assert!(wrong.starts_with("job.yaml:2:48: this is not the id of a file server in a workspace"), "{wrong}");
    }
}
