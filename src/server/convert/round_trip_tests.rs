//! Any valid body: what is answered, with its secrets put back, means the same again and shows none of them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{FieldErrors, Rules, cluster, job};
use crate::api::version::ApiVersion;
use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, ClusterSpec};
use crate::domain::job::{Job, JobSpec};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, WorkspaceKey};
use crate::domain::secret::{MasterKey, Seal};

/// In every secret that is generated, and nowhere else.
const SECRET: &str = "hunter2";

/// An object without the properties that are not given.
fn object<const N: usize>(properties: [(&str, Option<Value>); N]) -> Value {
    let given = properties.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<String, Value>>())
}

fn word() -> impl Strategy<Value = Value> {
    "[a-z$/]{0,4}[a-z0-9. ü]{0,6}[a-z]".prop_map(Value::from)
}

fn count(most: u32) -> impl Strategy<Value = Value> {
    (1..=most).prop_map(Value::from)
}

fn vault() -> impl Strategy<Value = Value> {
    word().prop_map(|id| json!({ "sourceVault": { "id": id }, "secretUrl": format!("https://{SECRET}.vault/s") }))
}

/// One of both forms of a secret, by the names of their properties.
fn secret(plain: &'static str, reference: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z]{0,3}".prop_map(move |more| json!({ plain: format!("{SECRET}{more}") })),
        vault().prop_map(move |vault| json!({ reference: vault })),
    ]
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
        all.extend(more);
    }
    value
}

/// Both lists of variables, with names that are all different.
fn variables() -> impl Strategy<Value = Value> {
    (vec(word(), 0..3), vec(secret("value", "valueSecretReference"), 0..3)).prop_map(|(plain, secrets)| {
        let plain =
            plain.into_iter().enumerate().map(|(at, value)| json!({ "name": format!("V{at}"), "value": value }));
        let secrets =
            secrets.into_iter().enumerate().map(|(at, given)| with(json!({ "name": format!("S{at}") }), given));
        json!({ "environmentVariables": plain.collect::<Vec<_>>(), "secrets": secrets.collect::<Vec<_>>() })
    })
}

fn volumes() -> impl Strategy<Value = Value> {
    let key = || secret("accountKey", "accountKeySecretReference");
    let share = (word(), key(), option::of(Just(json!("0750")))).prop_map(|(account, key, mode)| {
        let url = "https://a.file.core.windows.net/s";
        with(json!({ "accountName": account, "azureFileUrl": url, "credentials": key }), object([("fileMode", mode)]))
    });
    let container = (word(), key(), option::of(word())).prop_map(|(account, key, options)| {
        let rest = object([("mountOptions", options)]);
        with(json!({ "accountName": account, "containerName": "c", "credentials": key }), rest)
    });
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileServers/f";
    let server = option::of("[a-z]{1,3}").prop_map(move |directory| {
        with(json!({ "fileServer": { "id": id } }), object([("sourceDirectory", directory.map(Value::from))]))
    });
    let unmanaged = word().prop_map(|command| json!({ "mountCommand": command }));
    let placed = |letter: &'static str, list: Vec<Value>| -> Vec<Value> {
        let place = |(at, volume)| with(volume, json!({ "relativeMountPath": format!("{letter}{at}/x") }));
        list.into_iter().enumerate().map(place).collect()
    };
    (vec(share, 0..3), vec(container, 0..3), vec(server, 0..2), vec(unmanaged, 0..2)).prop_map(move |(a, b, c, d)| {
        json!({ "azureFileShares": placed("a", a), "azureBlobFileSystems": placed("b", b),
                "fileServers": placed("c", c), "unmanagedFileSystems": placed("d", d) })
    })
}

fn toolkit(nodes: u32) -> impl Strategy<Value = Value> {
    let script = || (word(), option::of(word()), option::of(word()));
    let python = |(script, interpreter, arguments)| {
        object([
            ("pythonScriptFilePath", Some(script)),
            ("pythonInterpreterPath", interpreter),
            ("commandLineArgs", arguments),
        ])
    };
    let counted = move || {
        (script(), option::of(nodes..=nodes * 64)).prop_map(move |(settings, count)| {
            with(python(settings), object([("processCount", count.map(Value::from))]))
        })
    };
    let language = |word: &'static str| option::of(prop::sample::select(vec![word.to_owned(), word.to_uppercase()]));
    let said = |language: Option<String>| object([("languageType", language.map(Value::from))]);
    prop_oneof![
        word().prop_map(|command| json!({ "customToolkitSettings": { "commandLine": command } })),
        (word(), option::of(count(nodes * 64))).prop_map(|(command, count)| {
            json!({ "customMpiSettings": object([("commandLine", Some(command)), ("processCount", count)]) })
        }),
        (counted(), prop::sample::select(vec!["Gloo", "TCP", "mpi"]))
            .prop_map(|(settings, backend)| json!({ "pyTorchSettings": with(settings, json!({ "communicationBackend": backend })) })),
        counted().prop_map(|settings| json!({ "chainerSettings": settings })),
        counted().prop_map(|settings| json!({ "horovodSettings": settings })),
        counted().prop_map(|settings| json!({ "caffeSettings": settings })),
        word().prop_map(|config| json!({ "caffeSettings": { "configFilePath": config } })),
        (counted(), language("Python")).prop_map(move |(settings, word)| json!({ "cntkSettings": with(settings, said(word)) })),
        (word(), language("BrainScript"))
            .prop_map(move |(config, word)| json!({ "cntkSettings": with(json!({ "configFilePath": config }), said(word)) })),
        script().prop_map(move |settings| json!({ "caffe2Settings": python(settings) })),
        (script(), option::of(count(nodes * 64)), option::of(count(nodes)), option::of(word())).prop_map(
            move |((script, interpreter, arguments), workers, servers, master)| {
                json!({ "tensorFlowSettings": object([
                    ("pythonScriptFilePath", Some(script)),
                    ("pythonInterpreterPath", interpreter),
                    ("workerCommandLineArgs", arguments),
                    ("masterCommandLineArgs", master),
                    ("workerCount", workers),
                    ("parameterServerCount", servers),
                ]) })
            }
        ),
    ]
}

fn container() -> impl Strategy<Value = Value> {
    let login = (word(), secret("password", "passwordSecretReference"))
        .prop_map(|(user, password)| with(json!({ "username": user }), password));
    (word(), option::of(word()), option::of(login), option::of(prop::sample::select(vec!["16gb", "512M", "64"])))
        .prop_map(|(image, server, login, size)| {
            let registry = object([("image", Some(image)), ("serverUrl", server), ("credentials", login)]);
            object([("imageSourceRegistry", Some(registry)), ("shmSize", size.map(Value::from))])
        })
}

fn job_body() -> impl Strategy<Value = Value> {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";
    let settings = (1_u32..=100).prop_flat_map(|nodes| (Just(nodes), toolkit(nodes)));
    let directories = (option::of(word()), option::of(word()), option::of("[a-z]{1,4}"));
    (settings, variables(), option::of(volumes()), option::of(container()), directories, option::of(1_u64..10_000_000))
        .prop_map(move |((nodes, toolkit), variables, volumes, container, (prefix, input, suffix), seconds)| {
            let output = suffix.map(|suffix| json!([{ "id": "O", "pathPrefix": "/o", "pathSuffix": suffix }]));
            let rest = object([
                ("mountVolumes", volumes),
                ("containerSettings", container),
                ("stdOutErrPathPrefix", prefix.clone()),
                ("jobPreparation", prefix.map(|command| json!({ "commandLine": command }))),
                ("inputDirectories", input.map(|path| json!([{ "id": "I", "path": path }]))),
                ("outputDirectories", output),
                ("constraints", seconds.map(|seconds| json!({ "maxWallClockTime": format!("PT{seconds}S") }))),
            ]);
            let job = json!({ "cluster": { "id": id }, "nodeCount": nodes, "schedulingPriority": "high" });
            json!({ "properties": with(with(with(job, toolkit), variables), rest) })
        })
}

fn cluster_body() -> impl Strategy<Value = Value> {
    let scale = prop_oneof![
        (0_u32..=100, prop::sample::select(vec!["requeue", "terminate", "waitforjobcompletion"])).prop_map(
            |(nodes, option)| json!({ "manual": { "targetNodeCount": nodes, "nodeDeallocationOption": option } })
        ),
        (0_u32..50, 0_u32..50, option::of(0_u32..100)).prop_map(|(minimum, more, initial)| {
            let bounds = json!({ "minimumNodeCount": minimum, "maximumNodeCount": minimum + more });
            json!({ "autoScale": with(bounds, object([("initialNodeCount", initial.map(|nodes| json!(nodes.min(minimum + more))))])) })
        }),
    ];
    let image = (word(), option::of(word()), option::of(word())).prop_map(|(text, version, custom)| {
        let rest = object([("version", version), ("virtualMachineImageId", custom)]);
        json!({ "imageReference": with(json!({ "publisher": text, "offer": text, "sku": text }), rest) })
    });
    let task = (word(), variables()).prop_map(|(command, variables)| {
        with(json!({ "commandLine": command, "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/logs" }), variables)
    });
    let counters = (word(), secret("instrumentationKey", "instrumentationKeySecretReference"))
        .prop_map(|(id, key)| json!({ "appInsightsReference": with(json!({ "component": { "id": id } }), key) }));
    let size = prop::sample::select(vec!["Standard_NC6", "local", "STANDARD_D2_V2"]);
    let setup = (option::of(task), option::of(volumes()), option::of(counters));
    let key = option::of(word());
    (size, scale, option::of(image), setup, key, any::<bool>()).prop_map(|(size, scale, image, setup, key, is_low)| {
        let (task, volumes, counters) = setup;
        let setup = object([("setupTask", task), ("mountVolumes", volumes), ("performanceCountersSettings", counters)]);
        let account = json!({ "adminUserName": "me", "adminUserPassword": SECRET });
        let rest = object([("virtualMachineConfiguration", image)]);
        let cluster = json!({ "vmSize": size, "scaleSettings": scale, "nodeSetup": setup,
            "vmPriority": if is_low { "lowpriority" } else { "dedicated" },
            "userAccountSettings": with(account, object([("adminUserSshPublicKey", key)])) });
        json!({ "properties": with(cluster, rest) })
    })
}

fn text_of(errors: &FieldErrors) -> String {
    errors.0.iter().map(|e| format!("{}: {}\n", e.target, e.message)).collect()
}

fn read_job(body: &Value, version: ApiVersion) -> Result<JobSpec, String> {
    let body = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    let seal = Seal::new(&MasterKey::new([1; 32]));
    job::spec(&body, &Rules { version, seal: &seal }).map_err(|errors| text_of(&errors))
}

fn read_cluster(body: &Value, version: ApiVersion) -> Result<ClusterSpec, String> {
    let body = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    let seal = Seal::new(&MasterKey::new([1; 32]));
    cluster::spec(&body, &Rules { version, seal: &seal }).map_err(|errors| text_of(&errors))
}

fn workspace_key() -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name() }
}

fn name() -> Name {
    Name::parse("w").expect("a name")
}

fn answer_to_job(spec: &JobSpec) -> Value {
    let key = JobKey { experiment: ExperimentKey { workspace: workspace_key(), name: name() }, name: name() };
    let job = Job::submitted(key, spec.clone(), "uuid".into(), Timestamp::UNIX_EPOCH);
    json!({ "properties": job::spec_back(&job, ApiVersion::V2018May) })
}

fn answer_to_cluster(spec: &ClusterSpec) -> Value {
    let key = ClusterKey { workspace: workspace_key(), name: name() };
    let cluster = Cluster::new(key, spec.clone(), "uuid".into(), Timestamp::UNIX_EPOCH);
    json!({ "properties": cluster::spec_back(&cluster) })
}

/// The answer with what it leaves out of `body`.
fn restored(mut answer: Value, body: &Value) -> Value {
    for place in [
        "/properties/secrets",
        "/properties/containerSettings/imageSourceRegistry/credentials",
        "/properties/nodeSetup/setupTask/secrets",
        "/properties/nodeSetup/performanceCountersSettings",
    ] {
        if let (Some(hidden), Some(given)) = (answer.pointer_mut(place), body.pointer(place)) {
            *hidden = given.clone();
        }
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_answered_job_is_the_job_that_was_asked_for(body in job_body()) {
        let spec = read_job(&body, ApiVersion::Ours).map_err(TestCaseError::fail)?;
        let answer = answer_to_job(&spec);
        for shown in [answer.to_string(), format!("{spec:?}").replace("https://hunter2.vault", "")] {
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
        let again = read_job(&restored(answer, &body), ApiVersion::Ours).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again, spec);
    }

    #[test]
    fn an_answered_cluster_is_the_cluster_that_was_asked_for(body in cluster_body()) {
        let spec = read_cluster(&body, ApiVersion::V2018May).map_err(TestCaseError::fail)?;
        let answer = answer_to_cluster(&spec);
        for shown in [answer.to_string(), format!("{spec:?}").replace("https://hunter2.vault", "")] {
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
        let again = read_cluster(&restored(answer, &body), ApiVersion::Ours).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again, spec);
    }
}
