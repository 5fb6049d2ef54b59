//! The settings of all toolkits: what is wrong with them, and what the answer fills in.

use serde_json::{Value, json};

use super::super::tests::lines;
use super::*;
use crate::server::wire::drop_nulls;

fn read(nodes: u32, settings: &Value) -> Result<Toolkit, String> {
    let mut body = settings.clone();
    body["cluster"] = json!({ "id": "" });
    body["nodeCount"] = json!(nodes);
    let wire: wire::JobSpec = serde_json::from_value(body).expect("a body");
    let mut errors = FieldErrors::default();
    toolkit(&wire, &mut errors).ok_or_else(|| lines(&errors))
}

fn answered(toolkit: &Toolkit) -> Value {
    let mut wire = wire::JobSpec::default();
    settings_back(toolkit, &mut wire);
    let mut value = serde_json::to_value(wire).expect("JSON");
    drop_nulls(&mut value);
    value.as_object_mut().expect("an object").retain(|name, _| name.ends_with("Settings"));
    value
}

#[test]
fn every_toolkit_is_answered_with_its_defaults_and_read_again_as_the_same() {
    let script = json!({ "pythonScriptFilePath": "a.py", "pythonInterpreterPath": "" });
    let given = [
        json!({ "cntkSettings": { "configFilePath": "a.cntk", "commandLineArgs": "x=1" } }),
        json!({ "cntkSettings": script }),
        json!({ "pyTorchSettings": { "pythonScriptFilePath": "a.py", "communicationBackend": "gLoo" } }),
        json!({ "tensorFlowSettings": script }),
        json!({ "caffeSettings": { "configFilePath": "solver.prototxt" } }),
        json!({ "caffeSettings": { "pythonScriptFilePath": "a.py", "pythonInterpreterPath": "python2" } }),
        json!({ "caffe2Settings": script }),
        json!({ "chainerSettings": script }),
        json!({ "customToolkitSettings": { "commandLine": "ls" } }),
        json!({ "customMpiSettings": { "commandLine": "ls", "processCount": 128 } }),
        json!({ "horovodSettings": script }),
    ];
    let answers = given.map(|settings| {
        let toolkit = read(2, &settings).expect("a toolkit");
        let answer = answered(&toolkit);
        assert_eq!(read(2, &answer).as_ref(), Ok(&toolkit), "{answer}");
        format!("{}: {answer}", toolkit.tool_type())
    });
    insta::assert_snapshot!(answers.join("\n"), @r#"
    cntk: {"cntkSettings":{"languageType":"BrainScript","configFilePath":"a.cntk","commandLineArgs":"x=1","processCount":2}}
    cntk: {"cntkSettings":{"languageType":"Python","pythonScriptFilePath":"a.py","processCount":2}}
    pytorch: {"pyTorchSettings":{"pythonScriptFilePath":"a.py","processCount":2,"communicationBackend":"gLoo"}}
    tensorflow: {"tensorFlowSettings":{"pythonScriptFilePath":"a.py","workerCount":2,"parameterServerCount":1}}
    caffe: {"caffeSettings":{"configFilePath":"solver.prototxt","processCount":2}}
    caffe: {"caffeSettings":{"pythonScriptFilePath":"a.py","pythonInterpreterPath":"python2","processCount":2}}
    caffe2: {"caffe2Settings":{"pythonScriptFilePath":"a.py"}}
    chainer: {"chainerSettings":{"pythonScriptFilePath":"a.py","processCount":2}}
    custom: {"customToolkitSettings":{"commandLine":"ls"}}
    custommpi: {"customMpiSettings":{"commandLine":"ls","processCount":128}}
    horovod: {"horovodSettings":{"pythonScriptFilePath":"a.py","processCount":2}}
    "#);
}

#[test]
fn counts_of_tensorflow_belong_to_distributed_jobs() {
    let counts = |nodes, more: Value| {
        let mut settings = json!({ "pythonScriptFilePath": "a.py" });
        settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let answer = answered(&read(nodes, &json!({ "tensorFlowSettings": settings })).expect("a toolkit"));
        let of = |name: &str| answer["tensorFlowSettings"].get(name).and_then(Value::as_u64);
        (of("workerCount"), of("parameterServerCount"))
    };
    assert_eq!(counts(1, json!({})), (None, None));
    assert_eq!(counts(1, json!({ "workerCount": 4 })), (Some(4), Some(1)));
    assert_eq!(counts(1, json!({ "parameterServerCount": 0 })), (Some(1), Some(0)));
    assert_eq!(counts(3, json!({})), (Some(3), Some(1)));
    assert_eq!(counts(3, json!({ "parameterServerCount": 3 })), (Some(3), Some(3)));
}

#[test]
fn words_are_taken_in_any_letter_case() {
    for (word, language) in [("PYTHON", "Python"), ("python", "Python")] {
        let settings = json!({ "cntkSettings": { "languageType": word, "pythonScriptFilePath": "a.py" } });
        let answer = answered(&read(1, &settings).expect("a toolkit"));
        assert_eq!(answer["cntkSettings"]["languageType"], language);
    }
    let settings = json!({ "cntkSettings": { "languageType": "brainScript", "configFilePath": "a" } });
    assert_eq!(answered(&read(1, &settings).expect("a toolkit"))["cntkSettings"]["languageType"], "BrainScript");
}

#[test]
fn what_is_wrong_with_settings_is_told_in_whole() {
    let script = json!({ "pythonScriptFilePath": "a.py" });
    let wrong = [
        json!({}),
        json!({ "horovodSettings": script, "cntkSettings": {}, "customToolkitSettings": {} }),
        json!({ "customToolkitSettings": {} }),
        json!({ "cntkSettings": { "processCount": 129 } }),
        json!({ "cntkSettings": { "languageType": "Perl", "processCount": 0 } }),
        json!({ "cntkSettings": { "languageType": "python", "configFilePath": "a" } }),
        json!({ "cntkSettings": { "configFilePath": " ", "pythonScriptFilePath": "a", "pythonInterpreterPath": "b" } }),
        json!({ "pyTorchSettings": { "pythonScriptFilePath": "", "processCount": 1, "communicationBackend": "NCCL" } }),
        json!({ "tensorFlowSettings": { "pythonScriptFilePath": "", "workerCount": 0, "parameterServerCount": 3 } }),
        json!({ "caffeSettings": { "processCount": 0 } }),
        json!({ "caffeSettings": { "configFilePath": "a", "pythonScriptFilePath": "b" } }),
        json!({ "caffeSettings": { "configFilePath": "", "pythonInterpreterPath": "python2" } }),
        json!({ "caffe2Settings": { "pythonScriptFilePath": "\t" } }),
        json!({ "chainerSettings": { "pythonScriptFilePath": "", "processCount": 129 } }),
        json!({ "customMpiSettings": { "commandLine": " ", "processCount": 0 } }),
        json!({ "horovodSettings": { "pythonScriptFilePath": "", "processCount": u32::MAX } }),
    ];
    let told = wrong.map(|settings| read(2, &settings).expect_err("errors"));
    insta::assert_snapshot!(told.join("\n\n"), @r"
    properties: a job needs the settings of one toolkit, such as customToolkitSettings with a commandLine

    properties: a job has exactly one toolkit, this one has cntkSettings and customToolkitSettings and horovodSettings

    properties.customToolkitSettings.commandLine: it must not be empty

    properties.cntkSettings.processCount: it is 129, but at most 64 per node are possible
    properties.cntkSettings.configFilePath: either configFilePath or pythonScriptFilePath must be given

    properties.cntkSettings.processCount: it must be at least 1
    properties.cntkSettings.languageType: `Perl` must be BrainScript or Python

    properties.cntkSettings.configFilePath: it belongs to BrainScript: Python has pythonScriptFilePath
    properties.cntkSettings.pythonScriptFilePath: it is required

    properties.cntkSettings.pythonScriptFilePath: it belongs to Python: BrainScript has configFilePath
    properties.cntkSettings.pythonInterpreterPath: it belongs to Python: BrainScript has configFilePath
    properties.cntkSettings.configFilePath: it must not be empty

    properties.pyTorchSettings.pythonScriptFilePath: it must not be empty
    properties.pyTorchSettings.processCount: it is 1, but must be at least nodeCount, which is 2
    properties.pyTorchSettings.communicationBackend: `NCCL` must be TCP, Gloo or MPI

    properties.tensorFlowSettings.workerCount: it must be at least 1
    properties.tensorFlowSettings.parameterServerCount: it is 3, but must be at most nodeCount, which is 2
    properties.tensorFlowSettings.pythonScriptFilePath: it must not be empty

    properties.caffeSettings.processCount: it must be at least 1
    properties.caffeSettings.configFilePath: either configFilePath or pythonScriptFilePath must be given

    properties.caffeSettings.configFilePath: configFilePath and pythonScriptFilePath exclude each other

    properties.caffeSettings.pythonInterpreterPath: it belongs to pythonScriptFilePath: a solver needs none
    properties.caffeSettings.configFilePath: it must not be empty

    properties.caffe2Settings.pythonScriptFilePath: it must not be empty

    properties.chainerSettings.pythonScriptFilePath: it must not be empty
    properties.chainerSettings.processCount: it is 129, but at most 64 per node are possible

    properties.customMpiSettings.commandLine: it must not be empty
    properties.customMpiSettings.processCount: it must be at least 1

    properties.horovodSettings.pythonScriptFilePath: it must not be empty
    properties.horovodSettings.processCount: it is 4294967295, but at most 64 per node are possible
    ");
}
