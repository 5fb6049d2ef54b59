//! Secret variables of jobs, from the request to the process and nowhere else.

use std::fs;

use serde_json::{Value, json};

use crate::support::leaks::{holders, shows};
use crate::support::{Done, Sandbox, Vault, process, wait_until};

/// Unlike anything else on this machine, and nothing that a shell or we would expand.
fn secret() -> String {
    format!("$HOME-{}", uuid::Uuid::new_v4())
}

fn job(command: &str, value: &str) -> Value {
    json!({ "secrets": [{ "name": "TOKEN", "value": value }], "customToolkitSettings": { "commandLine": command } })
}

#[test]
fn a_secret_is_in_the_environment_of_the_job_and_stands_nowhere_else() {
    let sandbox = Sandbox::new();
    let value = secret();
    let text = format!("printf %s \"$TOKEN\" | wc -c; {}", sandbox.gate("end").wait());
    let mut spec = job(&text, &value);
    spec["jobPreparation"] = json!({ "commandLine": "printf %s \"$TOKEN\" | wc -c" });
    spec["environmentVariables"] = json!([{ "name": "SEEN", "value": "$TOKEN" }]);
    let file = sandbox.spec("job.json", &spec);
    let created = sandbox.run("job create -n a -f job.json").succeeds();
    fs::remove_file(file).expect("the only file that may hold it");
    assert!(!created.stdout.contains(&value) && !created.stderr.contains(&value));
    sandbox.wait_for_state("a", "running");
    let of_job = || sandbox.job_processes().into_iter().filter(|id| shows(*id, "environ", &value)).collect::<Vec<_>>();
    wait_until("the job has it", || !of_job().is_empty());
    let nowhere = |when: &str| {
        assert_eq!(holders(sandbox.home(), &value), [] as [String; 0], "{when}");
        assert_eq!(holders(&sandbox.work(), &value), [] as [String; 0], "{when}");
        for id in sandbox.processes() {
            assert!(!shows(id, "cmdline", &value), "{when}: an argument of process {id}");
        }
        for id in sandbox.servers().into_iter().chain(process::supervisors(sandbox.home())) {
            assert!(!shows(id, "environ", &value), "{when}: the environment of process {id}");
        }
    };
    nowhere("while it runs");
    sandbox.gate("end").open();
    sandbox.run("job wait -n a").succeeds();
    let length = format!("{}\n", value.len());
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints(&length);
    sandbox.run("job file stream -j a -f stdout-job_prep.txt").succeeds().prints(&length);
    let shown = sandbox.job("a");
    assert_eq!(shown["secrets"][0]["name"], "TOKEN");
    assert!(!shown.to_string().contains(&value), "{shown}");
    nowhere("after its end");
}

#[test]
fn a_job_whose_secret_cannot_be_opened_any_more_fails_and_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    sandbox.job_file(&sandbox.gate("end").wait());
    sandbox.run("job create -c c -n first -f job.json").succeeds();
    sandbox.wait_for_state("first", "running");
    sandbox.spec("job.json", &job("true", "hunter2"));
    sandbox.run("job create -c c -n second -f job.json").succeeds();
    sandbox.kill_server();
    fs::remove_file(sandbox.home().join("secret.key")).expect("the key");
    sandbox.gate("end").open();
    sandbox.run("job wait -n second").fails_with(255);
    let error = &sandbox.job("second")["executionInfo"]["errors"][0];
    assert_eq!(error["code"], "JobStartFailed");
    let message = error["message"].as_str().expect("a message");
    assert!(message.starts_with("the secret variable `TOKEN` cannot be opened"), "{message}");
    assert_eq!(sandbox.job("first")["executionState"], "succeeded");
}

#[test]
fn every_run_gets_its_own_secret_however_often_the_server_is_killed() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    let names: Vec<String> = (0..12).map(|number| format!("job-{number:02}")).collect();
    let ended = || fs::read_dir(sandbox.path("ran")).map_or(0, Iterator::count);
    fs::create_dir(sandbox.path("ran")).expect("a folder");
    for name in &names {
        let text = format!("touch '{}'/{name}; [ \"$TOKEN\" = 'of {name}' ]", sandbox.path("ran").display());
        sandbox.spec("job.json", &job(&text, &format!("of {name}")));
        sandbox.run(&format!("job create -c c -n {name} -f job.json")).succeeds();
    }
    while ended() < names.len() {
        let before = ended();
        if let Some(server) = sandbox.serving() {
            process::signal(server, rustix::process::Signal::KILL);
        }
        wait_until("another job has run", || {
            sandbox.run("job list").succeeds();
            ended() > before
        });
    }
    for name in &names {
        sandbox.run(&format!("job wait -n {name}")).succeeds();
    }
}

/// One secret of every kind there is, each unlike anything else on this machine.
struct Kinds(Vec<(&'static str, String)>);

impl Kinds {
    fn new() -> Self {
        let kinds = [
            "variable",
            "kept here",
            "kept elsewhere",
            "token of the vault",
            "registry",
            "account of the job",
            "account of the cluster",
            "application insights",
            "set-up task",
            "administrator",
            "file server",
        ];
        Self(kinds.map(|kind| (kind, format!("s3cret-{}", uuid::Uuid::new_v4()))).to_vec())
    }

    fn of(&self, kind: &str) -> &str {
        &self.0.iter().find(|(name, _)| *name == kind).expect("a kind").1
    }

    /// Nothing of it is in what a command says.
    #[track_caller]
    fn are_not_in(&self, what: &str, text: &str) {
        for (kind, value) in &self.0 {
            assert!(!text.contains(value), "{kind}, in {what}:\n{text}");
        }
    }

    /// No file of the sandbox holds one, and no process of ours has one among its arguments or variables.
    #[track_caller]
    fn stand_nowhere(&self, sandbox: &Sandbox, when: &str) {
        for (kind, value) in &self.0 {
            assert_eq!(holders(sandbox.home(), value), [""; 0], "{when}: {kind}");
            assert_eq!(holders(&sandbox.work(), value), [""; 0], "{when}: {kind}");
            for id in sandbox.processes() {
                assert!(!shows(id, "cmdline", value), "{when}: {kind}, an argument of process {id}");
            }
            for id in sandbox.servers().into_iter().chain(process::supervisors(sandbox.home())) {
                assert!(!shows(id, "environ", value), "{when}: {kind}, the environment of process {id}");
            }
        }
    }
}

fn kept(url: &str) -> Value {
    json!({ "sourceVault": { "id": "/v" }, "secretUrl": url })
}

/// A share, whose account has that key.
fn share(name: &str, key: &str) -> Value {
    json!({ "azureFileShares": [{
        "accountName": "a", "azureFileUrl": format!("https://a.file.core.windows.net/{name}"),
        "relativeMountPath": name, "credentials": { "accountKey": key }
    }] })
}

/// Files of a job, of one in a container, of a cluster and of a file server, with a secret of every kind.
fn spec_files(sandbox: &Sandbox, kinds: &Kinds) -> Vec<std::path::PathBuf> {
    let login = json!({ "username": "me", "password": kinds.of("registry") });
    let registry = json!({ "image": "demo.azurecr.io/i", "serverUrl": "demo.azurecr.io", "credentials": login });
    let gate = sandbox.gate("end").wait();
    let text = format!("echo ${{#VALUE}} ${{#HERE}} ${{#THERE}}; env | grep -c s3cret; {gate}");
    let job = json!({
        "secrets": [
            { "name": "VALUE", "value": kinds.of("variable") },
            { "name": "HERE", "valueSecretReference": kept("https://own.vault.azure.net/secrets/here") },
            { "name": "THERE", "valueSecretReference": kept("https://demo.vault.azure.net/secrets/there") },
        ],
        "mountVolumes": share("jobs", kinds.of("account of the job")),
        "jobPreparation": { "commandLine": "echo ${#VALUE} ${#HERE} ${#THERE}" },
        "customToolkitSettings": { "commandLine": text },
    });
    let mut contained = job.clone();
    contained["containerSettings"] = json!({ "imageSourceRegistry": registry });
    let insights = json!({ "component": { "id": "/i" }, "instrumentationKey": kinds.of("application insights") });
    let task = json!({
        "commandLine": "echo ${#SETUP}; env | grep -c s3cret", "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/nodes",
        "secrets": [{ "name": "SETUP", "value": kinds.of("set-up task") }],
    });
    let account = json!({ "adminUserName": "me", "adminUserPassword": kinds.of("administrator") });
    let cluster = json!({
        "vmSize": "local", "scaleSettings": { "manual": { "targetNodeCount": 1 } }, "userAccountSettings": account,
        "nodeSetup": {
            "mountVolumes": share("nodes", kinds.of("account of the cluster")), "setupTask": task,
            "performanceCountersSettings": { "appInsightsReference": insights },
        },
    });
    let account = json!({ "adminUserName": "me", "adminUserPassword": kinds.of("file server") });
    let server = json!({
        "vmSize": "local", "sshConfiguration": { "userAccountSettings": account },
        "dataDisks": { "diskSizeInGB": 1, "diskCount": 1, "storageAccountType": "Standard_LRS" },
    });
    let files = [("job", &job), ("contained", &contained), ("cluster", &cluster), ("server", &server)];
    files.map(|(name, spec)| sandbox.spec(&format!("{name}.json"), spec)).to_vec()
}

#[test]
fn a_secret_of_any_kind_is_seen_by_the_processes_that_it_is_for_and_by_nobody_else() {
    let (sandbox, kinds) = (Sandbox::new(), Kinds::new());
    let there = kinds.of("kept elsewhere").to_owned();
    let vault = Vault::start(move |_| (200, Some(there.clone())));
    let token = vault.settle(&sandbox);
    fs::write(&token, kinds.of("token of the vault")).expect("a token");
    let mut specs = spec_files(&sandbox, &kinds);
    let run = |words: &str, fed: &str, code: i32| {
        let done = sandbox.run_fed(&format!("{words} --debug"), fed).fails_with(code);
        kinds.are_not_in(words, &format!("{}{}", done.stdout, done.stderr));
    };
    // A server that tells more than anybody wants to know.
    let mut start = sandbox.command(["server", "start"]);
    Done::of(&start.env("BATCHAI_LOG", "trace").output().expect("the program")).succeeds();
    run("vault set -v own here", kinds.of("kept here"), 0);
    run("vault list", "", 0);
    run("cluster create -n c -f cluster.json", "", 0);
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    run("file-server create -n nfs -f server.json", "", 0);
    run("job create -c c -n j -f job.json --dry-run", "", 0);
    run("job create -c c -n j -f job.json --dry-run -o table", "", 0);
    run("job create -c c -n contained -f contained.json --dry-run", "", 0);
    run("validate job.json contained.json cluster.json server.json", "", 0);
    run("job create -c c -n j -f job.json", "", 0);
    sandbox.wait_for_state("j", "running");
    sandbox.run("job create -c c -n contained -f contained.json").succeeds();
    specs.push(token);
    specs.iter().for_each(|file| fs::remove_file(file).expect("the only files that may hold one"));
    let of_job =
        || sandbox.job_processes().into_iter().filter(|id| shows(*id, "environ", kinds.of("variable"))).count();
    wait_until("the job has them", || of_job() > 0);
    kinds.stand_nowhere(&sandbox, "while it runs");
    for words in [
        "job show -n j",
        "job list",
        "job explain j",
        "job list -o table",
        "job logs j",
        "cluster show -n c",
        "cluster list",
        "cluster file list -c c",
        "file-server show -n nfs",
        "file-server list",
        "job file list -j j",
        "job show -n contained",
        "job explain contained",
        "server logs",
        "server status",
        "list-usages",
    ] {
        run(words, "", 0);
    }
    sandbox.gate("end").open();
    sandbox.run("job wait -n j").succeeds();
    let length = kinds.of("variable").len();
    // The three, and none of a mount or a registry.
    let told = format!("{length} {length} {length}\n3\n");
    sandbox.run("job file stream -j j -f stdout.txt").succeeds().prints(&told);
    run("job rerun j", "", 0);
    run("job logs j", "", 0);
    sandbox.run("job wait -n contained");
    run("job show -n contained", "", 0);
    kinds.stand_nowhere(&sandbox, "after its end");
}
