use serde_json::json;

use super::*;

fn set(text: &str, settings: &[&str]) -> Result<JobFile, SpecError> {
    let set = settings.iter().map(|setting| (*setting).to_owned()).collect();
    job_file_with(&named("job.yaml", text), &Options { set, storage: None })
}

fn set_right(text: &str, settings: &[&str]) -> JobFile {
    set(text, settings).unwrap_or_else(|error| panic!("{error}"))
}

fn set_wrong(text: &str, settings: &[&str]) -> String {
    set(text, settings).expect_err("it is wrong").to_string()
}

#[test]
fn a_setting_wins_over_the_file_in_both_forms_and_makes_what_is_not_there() {
    let arm = json!({"name": "n", "properties": {"nodeCount": 1, "customToolkitSettings": {"commandLine": "a"}}});
    let flat = "name: n\nnodeCount: 1\ncustomToolkitSettings: {commandLine: a}\n".to_owned();
    for text in [arm.to_string(), flat] {
        for prefix in ["", "properties."] {
            let settings = [
                format!("{prefix}nodeCount=4"),
                format!("{prefix}customToolkitSettings.commandLine=echo a: b # c"),
                format!("{prefix}environmentVariables[+]={{name: A, value: 0777}}"),
                format!("{prefix}environmentVariables[+].name=B"),
                format!("{prefix}environmentVariables[1].value='5'"),
                format!("{prefix}containerSettings.imageSourceRegistry.image=x"),
                "name=m".to_owned(),
                "cluster=c".to_owned(),
            ];
            let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
            let job = set_right(&text, &settings);
            assert_eq!((job.spec.node_count, job.name.as_deref(), job.cluster.as_deref()), (4, Some("m"), Some("c")));
            let command = job.spec.custom_toolkit_settings.and_then(|settings| settings.command_line);
            assert_eq!(command.as_deref(), Some("echo a: b # c"));
            let variables = job.spec.environment_variables.expect("two");
            let pairs: Vec<(&str, &str)> = variables.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
            assert_eq!(pairs, [("A", "0777"), ("B", "5")]);
            assert_eq!(job.spec.container_settings.expect("a container").image_source_registry.image, "x");
        }
    }
}

#[test]
fn an_empty_value_takes_a_property_away() {
    let text = format!("{CUSTOM}stdOutErrPathPrefix: x\n");
    assert_eq!(set_right(&text, &["stdOutErrPathPrefix="]).spec.std_out_err_path_prefix, None);
}

#[test]
fn what_is_wrong_with_a_setting_is_told_at_the_setting() {
    let settings = [
        "nodeCount=two",
        "customToolkitSettngs.commandLine=x",
        "name=my job",
        "environmentVariables[1]=x",
        "nodeCount.x=1",
        "secrets={name: A}",
        "outputDirectories[x].id=A",
        "a..b=1",
        "nodeCount",
        "inputDirectories={id: A",
    ];
    let wrong = set_wrong(&format!("{CUSTOM}environmentVariables: [{{name: A, value: 1}}]\n"), &settings);
    insta::assert_snapshot!(wrong, @r#"
--set nodeCount=…: expected a whole number, found "two"
   | nodeCount=two
   |           ^^^
--set customToolkitSettngs.commandLine=…: unknown property `customToolkitSettngs`: did you mean `customToolkitSettings`?
   | customToolkitSettngs.commandLine
   | ^^^^^^^^^^^^^^^^^^^^
--set name=…: "my job" is not a name: use 1 to 64 letters, digits, `-` and `_`
   | name=my job
   |      ^^^^^^
--set environmentVariables[1]=…: `environmentVariables` has one element, `[0]`: write `[+]` to add another
   | environmentVariables[1]
   |                     ^^^
--set nodeCount.x=…: `nodeCount` is no object, so it has no `x`
   | nodeCount.x
   |           ^
--set secrets=…: expected a list, found an object
   | secrets={name: A}
   |         ^^^^^^^^^
--set outputDirectories[x].id=…: "x" is no element of a list: write `[0]`, or `[+]` for a new one
   | outputDirectories[x].id
   |                  ^^^
--set a..b=…: a name is missing here, such as `nodeCount`
   | a..b
   |   ^
--set: it needs a place of the file and its new value, such as `--set nodeCount=4`
--set inputDirectories=…: this `{` is never closed; to give a text that begins like this, put it in `"` for YAML too
   | inputDirectories
   | ^^^^^^^^^^^^^^^^
10 problems in job.yaml
"#);
}

#[test]
fn no_value_of_a_setting_is_shown_that_may_be_a_secret() {
    for setting in [
        "secrets[0].value={name: hunter2",
        "secrets[5].value=hunter2",
        "secrets[+]={name: A=, value: hunter2}",
        "secrets[+]={name: A, vlaue: hunter2}",
        "secrets[+].vlaue=hunter2",
        "secret=hunter2",
        "mountVolumes.azureFileShares[+].credentials.accountKye=hunter2",
        "secrets[0].value.=hunter2",
        "secrets[0]value=hunter2",
        "hunter2",
    ] {
        let wrong = set_wrong(CUSTOM, &[setting]);
        assert!(!wrong.contains("hunter2"), "{wrong}");
    }
}

#[test]
fn a_setting_of_a_cluster_or_a_file_server_is_laid_over_nothing() {
    let options = Options { set: vec!["scaleSettings.manual.targetNodeCount=2".into()], storage: None };
    let cluster = cluster_file_with(&Source::nothing(), &options).expect("a cluster");
    assert_eq!(cluster.spec.scale_settings.and_then(|scale| scale.manual).expect("manual").target_node_count, 2);
    let options = Options { set: vec!["dataDisks.diskCount=2".into()], storage: None };
    let server = file_server_file_with(&Source::nothing(), &options).expect("a file server");
    assert_eq!(server.spec.data_disks.disk_count, 2);
}
