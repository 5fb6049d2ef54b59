//! Random bodies that every server should take, in the form that all api-versions require.

use proptest::collection::btree_set;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// What every secret, key and password contains, and no answer.
pub const SECRET: &str = "hunter2";

type Json = BoxedStrategy<Value>;
type Field = (&'static str, BoxedStrategy<Option<Value>>);

fn must(name: &'static str, value: impl Strategy<Value = Value> + 'static) -> Field {
    (name, value.prop_map(Some).boxed())
}

fn may(name: &'static str, value: impl Strategy<Value = Value> + 'static) -> Field {
    (name, option::of(value).boxed())
}

fn object(fields: Vec<Field>) -> Json {
    let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let filled = move |values: Vec<Option<Value>>| {
        let pairs = names.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        Value::Object(pairs.collect())
    };
    values.prop_map(filled).boxed()
}

/// Text that says something: quotes, variables and letters beyond ASCII are in it.
fn text() -> Json {
    r#"[a-z$/ "'\\ü\n]{0,8}[a-z]"#.prop_map(Value::from).boxed()
}

fn secret() -> Json {
    ".{0,4}".prop_map(|text: String| format!("{}{SECRET}", text.replace('\0', "")).into()).boxed()
}

fn word(words: &'static [&'static str]) -> Json {
    (select(words), 0..3_u8).prop_map(|(word, case)| in_case(word, case).into()).boxed()
}

fn in_case(word: &str, case: u8) -> String {
    match case {
        0 => word.to_lowercase(),
        1 => word.to_uppercase(),
        _ => word.to_owned(),
    }
}

fn count(range: std::ops::Range<u32>) -> Json {
    range.prop_map(Value::from).boxed()
}

fn reference() -> Json {
    text().prop_map(|id| json!({ "id": id })).boxed()
}

/// The address of a secret in some vault, with a version or without.
fn secret_url() -> Json {
    r"https://[A-Za-z][a-z0-9-]{0,9}(\.[a-z]{1,5}){0,3}(:443)?/secrets/[A-Za-z0-9-]{1,9}(/[0-9a-f]{32})?/?"
        .prop_map(Value::from)
        .boxed()
}

fn vault() -> Json {
    object(vec![must("sourceVault", reference()), must("secretUrl", secret_url())])
}

/// A secret in one of its two forms.
fn either(clear: &'static str, kept: &'static str, more: fn() -> Vec<Field>) -> Json {
    let form = |mut fields: Vec<Field>, one: Field| {
        fields.push(one);
        object(fields)
    };
    prop_oneof![form(more(), must(clear, secret())), form(more(), must(kept, vault()))].boxed()
}

fn names(first: &'static str) -> BoxedStrategy<Vec<String>> {
    let name = move |rest: String| format!("{first}{rest}");
    btree_set("[A-Za-z0-9_]{0,5}", 0..3).prop_map(move |rest| rest.into_iter().map(name).collect()).boxed()
}

/// Objects, each with a property of its own text.
fn named(property: &'static str, names: BoxedStrategy<Vec<String>>, each: fn() -> Json) -> Json {
    let with = move |names: Vec<String>| {
        let objects: Vec<Json> = names
            .into_iter()
            .map(|name| {
                each()
                    .prop_map(move |mut object| {
                        object[property] = name.clone().into();
                        object
                    })
                    .boxed()
            })
            .collect();
        objects.prop_map(Value::from)
    };
    names.prop_flat_map(with).boxed()
}

fn variables() -> Json {
    named("name", names("V"), || object(vec![must("value", ".{0,6}".prop_map(|v| v.replace('\0', "").into()))]))
}

fn secrets() -> Json {
    named("name", names("S"), || either("value", "valueSecretReference", Vec::new))
}

fn credentials() -> Json {
    either("accountKey", "accountKeySecretReference", Vec::new)
}

/// Mount volumes; no two overlap. File servers only where nobody asks whether they are there.
fn volumes(with_file_servers: bool) -> Json {
    let share = || {
        object(vec![
            must("accountName", text()),
            must("azureFileUrl", "[a-z]{1,5}".prop_map(|s| format!("https://a.file.core.windows.net/{s}").into())),
            must("credentials", credentials()),
            may("fileMode", Just(json!("0644"))),
            may("directoryMode", Just(json!("755"))),
        ])
    };
    let container = || {
        object(vec![
            must("accountName", text()),
            must("containerName", text()),
            must("credentials", credentials()),
            may("mountOptions", text()),
        ])
    };
    let server = || {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileservers/f";
        object(vec![
            must("fileServer", Just(json!({ "id": id }))),
            may("sourceDirectory", Just(json!("data/a"))),
            may("mountOptions", text()),
        ])
    };
    let unmanaged = || object(vec![must("mountCommand", text())]);
    let mut fields = vec![
        may("azureFileShares", named("relativeMountPath", names("share"), share)),
        may("azureBlobFileSystems", named("relativeMountPath", names("blob/b"), container)),
        may("unmanagedFileSystems", named("relativeMountPath", names("any"), unmanaged)),
    ];
    if with_file_servers {
        fields.push(may("fileServers", named("relativeMountPath", names("nfs"), server)));
    }
    object(fields)
}

const TOOLKITS: [&str; 9] = [
    "cntkSettings",
    "pyTorchSettings",
    "tensorFlowSettings",
    "caffeSettings",
    "caffe2Settings",
    "chainerSettings",
    "customToolkitSettings",
    "customMpiSettings",
    "horovodSettings",
];

/// Settings of one toolkit. A job has at least two nodes.
fn settings(toolkit: &str) -> Json {
    let script = || must("pythonScriptFilePath", text());
    let python = || may("pythonInterpreterPath", text());
    let arguments = || may("commandLineArgs", text());
    let processes = || may("processCount", count(1..128));
    match toolkit {
        "cntkSettings" => prop_oneof![
            object(vec![must("configFilePath", text()), may("languageType", word(&["BrainScript"])), processes()]),
            object(vec![script(), python(), arguments(), may("languageType", word(&["Python"])), processes()]),
        ]
        .boxed(),
        "pyTorchSettings" => object(vec![
            script(),
            python(),
            arguments(),
            may("processCount", count(8..128)),
            may("communicationBackend", word(&["TCP", "Gloo", "MPI"])),
        ]),
        "tensorFlowSettings" => object(vec![
            script(),
            python(),
            may("masterCommandLineArgs", text()),
            may("workerCommandLineArgs", text()),
            may("parameterServerCommandLineArgs", text()),
            may("workerCount", count(1..128)),
            may("parameterServerCount", count(0..3)),
        ]),
        "caffeSettings" => prop_oneof![
            object(vec![must("configFilePath", text()), arguments(), processes()]),
            object(vec![script(), python(), arguments(), processes()]),
        ]
        .boxed(),
        "caffe2Settings" => object(vec![script(), python(), arguments()]),
        "customToolkitSettings" => object(vec![must("commandLine", text())]),
        "customMpiSettings" => object(vec![must("commandLine", text()), processes()]),
        _ => object(vec![script(), python(), arguments(), processes()]),
    }
}

fn container() -> Json {
    let login = || either("password", "passwordSecretReference", || vec![must("username", text())]);
    let image = "([a-z]{1,4}\\.io/)?[a-z]{1,5}(/[a-z0-9]{1,4})?(:[A-Za-z0-9]{1,3})?".prop_map(Value::from);
    let server = select(&["registry", "a.io", "https://a.io/v1/"][..]).prop_map(Value::from);
    let registry = object(vec![must("image", image), may("serverUrl", server), may("credentials", login())]);
    object(vec![must("imageSourceRegistry", registry), may("shmSize", Just(json!("16gb")))])
}

/// A body of PUT job on the cluster of that id.
pub fn job(cluster: &str, with_file_servers: bool) -> Json {
    let cluster = json!({ "id": cluster });
    let inputs = named("id", names("i"), || object(vec![must("path", text())]));
    let outputs =
        named("id", names("o"), || object(vec![must("pathPrefix", text()), may("pathSuffix", Just(json!("a/b")))]));
    let constraints =
        object(vec![may("maxWallClockTime", select(&["P7D", "PT1H30M", "P1DT1S"][..]).prop_map(Value::from))]);
    let spec = object(vec![
        must("cluster", Just(cluster)),
        must("nodeCount", count(2..8)),
        must("stdOutErrPathPrefix", text()),
        may("schedulingPriority", word(&["low", "Normal", "high"])),
        may("mountVolumes", volumes(with_file_servers)),
        may("containerSettings", container()),
        may("jobPreparation", object(vec![must("commandLine", text())])),
        may("inputDirectories", inputs),
        may("outputDirectories", outputs),
        may("environmentVariables", variables()),
        may("secrets", secrets()),
        may("constraints", constraints),
    ]);
    let toolkit = select(&TOOLKITS[..]).prop_flat_map(|name| settings(name).prop_map(move |value| (name, value)));
    let body = |(mut spec, (name, settings)): (Value, (&str, Value))| {
        spec[name] = settings;
        json!({ "properties": spec })
    };
    (spec, toolkit).prop_map(body).boxed()
}

/// A body of PUT cluster. It asks for no node before a job needs one.
pub fn cluster(with_file_servers: bool) -> Json {
    let manual = object(vec![
        must("targetNodeCount", Just(json!(0))),
        may("nodeDeallocationOption", word(&["requeue", "Terminate", "WaitForJobCompletion"])),
    ]);
    let auto = object(vec![must("minimumNodeCount", Just(json!(0))), must("maximumNodeCount", count(0..101))]);
    let scale = prop_oneof![manual.prop_map(|m| json!({ "manual": m })), auto.prop_map(|a| json!({ "autoScale": a }))];
    let image = object(vec![
        must("publisher", text()),
        must("offer", text()),
        must("sku", text()),
        may("version", text()),
        may("virtualMachineImageId", text()),
    ]);
    let task = object(vec![
        must("commandLine", text()),
        must("stdOutErrPathPrefix", text()),
        may("environmentVariables", variables()),
        may("secrets", secrets()),
    ]);
    let insights =
        either("instrumentationKey", "instrumentationKeySecretReference", || vec![must("component", reference())]);
    let setup = object(vec![
        may("setupTask", task),
        may("mountVolumes", volumes(with_file_servers)),
        may("performanceCountersSettings", insights.prop_map(|i| json!({ "appInsightsReference": i }))),
    ]);
    let admin = object(vec![
        must("adminUserName", text()),
        must("adminUserPassword", secret()),
        may("adminUserSshPublicKey", Just(json!("ssh-rsa AAAA me"))),
    ]);
    let spec = object(vec![
        must("vmSize", word(&["Standard_NC6", "Local", "Standard_D2s_v3"])),
        must("userAccountSettings", admin),
        must("scaleSettings", scale),
        may("vmPriority", word(&["dedicated", "LowPriority"])),
        may("virtualMachineConfiguration", image.prop_map(|image| json!({ "imageReference": image }))),
        may("nodeSetup", setup),
        may("subnet", reference()),
    ]);
    spec.prop_map(|spec| json!({ "properties": spec })).boxed()
}

/// A body of PUT workspace.
pub fn workspace() -> Json {
    let tags = proptest::collection::btree_map("[^\0]{1,5}x", "[^\0]{0,5}", 0..4).prop_map(|tags| json!(tags));
    object(vec![must("location", "[A-Za-z ]{0,9}[a-z]".prop_map(Value::from)), may("tags", tags)])
}
