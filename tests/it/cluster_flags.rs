//! `cluster create` by flags, as `az batchai` had them: what the cluster then is, and every refusal.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Done, Sandbox};

const SUBNET: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmDnhnPJd9PRGZG8dzDTVsuXkPP1vPnVQ4C4FF1ZW2N me";

/// Makes a cluster of no nodes with these words, and answers it as shown afterwards.
#[track_caller]
fn made(sandbox: &Sandbox, name: &str, words: &[&str]) -> Value {
    let all = ["cluster", "create", name, "--target", "0"].into_iter().chain(words.iter().copied());
    sandbox.run_with(all).succeeds();
    sandbox.run(&format!("cluster show {name}")).succeeds().json()
}

fn run_with_env(sandbox: &Sandbox, words: &[&str], env: &[(&str, &str)]) -> Done {
    let mut command = sandbox.command(words);
    command.envs(env.iter().copied());
    Done::of(&command.output().expect("the program"))
}

#[test]
fn a_name_is_an_argument_or_a_flag_and_a_cluster_that_is_there_is_refused() {
    let sandbox = Sandbox::new();
    assert_eq!(made(&sandbox, "c", &[])["name"], "c");
    for words in ["cluster create c --target 0", "cluster create -n c --target 1"] {
        sandbox
            .run(words)
            .fails_with(1)
            .says("error: \"c\" already exists in \"default\" resource group under default workspace.\n")
            .says("`batchai cluster delete -g default -w default -n c`")
            .prints("");
    }
    sandbox
        .run("cluster create a -n b --target 0")
        .fails_with(2)
        .says("two names are given for one cluster: `a`, and `b` with -n");
    assert_eq!(sandbox.run("cluster create a -n a --target 0").succeeds().json()["name"], "a");
}

#[test]
fn nodes_have_the_image_size_priority_and_subnet_of_the_flags() {
    let sandbox = Sandbox::new();
    let custom = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/mine";
    let words = ["-s", "Standard_NC6", "-i", "ubuntudsvm", "--custom-image", custom, "--vm-priority", "lowpriority"];
    let cluster = made(&sandbox, "c", &[&words[..], &["--subnet", SUBNET]].concat());
    assert_eq!((&cluster["vmSize"], &cluster["vmPriority"]), (&json!("STANDARD_NC6"), &json!("lowpriority")));
    assert_eq!(cluster["subnet"]["id"], SUBNET);
    let image = &cluster["virtualMachineConfiguration"]["imageReference"];
    assert_eq!((&image["publisher"], &image["virtualMachineImageId"]), (&json!("microsoft-ads"), &json!(custom)));
    let image = made(&sandbox, "d", &["-i", "p:o:s:"])["virtualMachineConfiguration"]["imageReference"].clone();
    assert_eq!((&image["sku"], &image["version"]), (&json!("s"), &json!("latest")));
    for (words, why) in [
        (
            &["--custom-image", custom][..],
            "You need to specify --image argument with information about the custom image",
        ),
        (&["-i", "UbuntuLTS", "--custom-image", "mine"], "Ill-formed custom image resource id"),
        (&["-i", "Debian"], "Unsupported image alias \"Debian\", supported aliases are UbuntuLTS, UbuntuDSVM"),
        (&["-i", "p:o"], "--image must have format \"publisher:offer:sku:version\" or \"publisher:offer:sku:\""),
        (&["--subnet", "mine"], "Ill-formed subnet resource id"),
        (&["--setup-task", "true"], "--setup-task requires providing of --setup-task-output"),
        (&["--vm-priority", "high"], "invalid value 'high' for '--vm-priority"),
    ] {
        let all = ["cluster", "create", "x", "-t", "0"].into_iter().chain(words.iter().copied());
        sandbox.run_with(all).fails_with(2).says(why).prints("");
    }
    sandbox.run("cluster show x").fails_with(3);
}

#[test]
fn an_administrator_is_sent_only_when_somebody_asks_for_one() {
    let sandbox = Sandbox::new();
    assert_eq!(made(&sandbox, "none", &[])["userAccountSettings"], Value::Null);
    let account = |name: &str, words: &[&str]| made(&sandbox, name, words)["userAccountSettings"].clone();
    let shown = |name: &str, key: Value| json!({ "adminUserName": name, "adminUserPassword": null, "adminUserSshPublicKey": key });
    assert_eq!(account("a", &["-u", "me", "-k", KEY]), shown("me", json!(KEY)));
    let file = sandbox.file("id.pub", &format!("{KEY}\n")).display().to_string();
    assert_eq!(account("b", &["-u", "me", "-k", &file]), shown("me", json!(KEY)));
    assert_eq!(account("c", &["-u", "me", "-p", "hunter2"]), shown("me", Value::Null));
    let words = |more: &[&'static str]| [&["cluster", "create", "x", "-t", "0"], more].concat();
    sandbox.run_with(words(&["-u", "me"])).fails_with(2).says("Please provide admin user password or ssh key.");
    sandbox.run_with(words(&["-u", "me", "-k", "abc"])).fails_with(2).says("Incorrect ssh public key value.");
    let made = run_with_env(&sandbox, &["cluster", "create", "d", "-t", "0", "-p", "x"], &[("USER", "somebody")]);
    assert_eq!(made.succeeds().json()["userAccountSettings"]["adminUserName"], "somebody");
}

#[test]
fn keys_are_made_once_and_only_the_public_one_travels() {
    let sandbox = Sandbox::new();
    let folder = sandbox.work().parent().expect("the home folder").join(".ssh");
    let created = sandbox.run("cluster create a -t 0 -u me --generate-ssh-keys").succeeds();
    let private = std::fs::read_to_string(folder.join("id_rsa")).expect("a private key");
    let public = std::fs::read_to_string(folder.join("id_rsa.pub")).expect("a public key");
    assert!(created.stderr.contains("have been generated"), "{}", created.stderr);
    assert_eq!(created.json()["userAccountSettings"]["adminUserSshPublicKey"], public.trim());
    let mode = |path| std::fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    assert_eq!((mode(folder.clone()), mode(folder.join("id_rsa"))), (0o700, 0o600));
    let secret = private.lines().nth(3).expect("a line of the key");
    assert!(!created.stdout.contains(secret) && !created.stderr.contains(secret));

    sandbox.run("cluster create b -t 0 -u me --generate-ssh-keys").succeeds().does_not_say("generated");
    std::fs::remove_file(folder.join("id_rsa.pub")).expect("the public key goes");
    let again = sandbox.run("cluster create c -t 0 -u me --generate-ssh-keys").succeeds().json();
    let words = |text: &str| text.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    let key = again["userAccountSettings"]["adminUserSshPublicKey"].as_str().expect("a key");
    assert_eq!(words(key), words(&public), "made of the private key that was there");
    assert_eq!(std::fs::read_to_string(folder.join("id_rsa")).expect("it stays"), private);
    let default = sandbox.run("cluster create d -t 0 -u me").succeeds().json();
    assert_eq!(default["userAccountSettings"]["adminUserSshPublicKey"], key);

    std::fs::remove_dir_all(&folder).expect("the keys go");
    let words = ["cluster", "create", "e", "-t", "0", "-u", "me", "--generate-ssh-keys"];
    run_with_env(&sandbox, &words, &[("PATH", "/nonexistent")])
        .fails_with(1)
        .says("cannot run ssh-keygen to make a key pair")
        .says("hint: install it");
}

#[test]
fn volumes_of_flags_come_after_those_of_the_file() {
    let sandbox = Sandbox::new();
    sandbox.run("file-server create data --disk-count 1 --disk-size 10 --storage-sku Standard_LRS -p x").succeeds();
    let file = "scaleSettings: {manual: {targetNodeCount: 0}}\nnodeSetup:\n  mountVolumes:\n    azureFileShares:\n    - \
                {azureFileUrl: 'https://old.file.core.windows.net/s', relativeMountPath: old}\n";
    sandbox.file("cluster.yaml", file);
    let words = "cluster create c -f cluster.yaml --nfs data --nfs-mount-path mine --afs-name share --bfs-name box \
                 --bfs-mount-path deep/box --storage-account-name acc";
    let cluster = sandbox.run(words).succeeds().json();
    let volumes = &cluster["nodeSetup"]["mountVolumes"];
    let shares = volumes["azureFileShares"].as_array().expect("shares");
    let told: Vec<(&Value, &Value)> = shares.iter().map(|s| (&s["accountName"], &s["relativeMountPath"])).collect();
    assert_eq!(told, [(&json!("old"), &json!("old")), (&json!("acc"), &json!("afs"))]);
    assert_eq!(shares[1]["azureFileUrl"], "https://acc.file.core.windows.net/share");
    assert_eq!((&shares[1]["fileMode"], &shares[1]["directoryMode"]), (&json!("0777"), &json!("0777")));
    let container = &volumes["azureBlobFileSystems"][0];
    assert_eq!((&container["containerName"], &container["relativeMountPath"]), (&json!("box"), &json!("deep/box")));
    let server = &volumes["fileServers"][0];
    assert_eq!((&server["relativeMountPath"], &server["mountOptions"]), (&json!("mine"), &json!("rw")));
    let id = server["fileServer"]["id"].as_str().expect("an id");
    assert!(id.ends_with("/workspaces/default/fileservers/data"), "{id}");
    let by_id = sandbox.run(&format!("cluster create d -t 0 --nfs {id}")).succeeds().json();
    assert_eq!(by_id["nodeSetup"]["mountVolumes"]["fileServers"][0]["relativeMountPath"], "nfs");
}

#[test]
fn volumes_that_cannot_be_meant_are_refused_in_the_words_of_az() {
    let sandbox = Sandbox::new();
    for (words, code, why) in [
        (&["--nfs", "x", "--nfs-mount-path", ""][..], 2, "File server relative mount path cannot be empty."),
        (&["--afs-name", "x", "--afs-mount-path", ""], 2, "Azure File share relative mount path cannot be empty."),
        (
            &["--bfs-name", "x", "--bfs-mount-path", ""],
            2,
            "Azure Storage Container relative mount path cannot be empty.",
        ),
        (&["--afs-name", "x"], 2, "Please configure Azure Storage account name via AZURE_BATCHAI_STORAGE_ACCOUNT or"),
        (&["--bfs-name", "x"], 2, "or give it with --storage-account-name"),
        (&["--nfs", "/a/b"], 2, "`/a/b` of --nfs is neither the name nor the id of a file server"),
        (&["--nfs", "nope"], 1, "nope"),
    ] {
        let all = ["cluster", "create", "x", "-t", "0"].into_iter().chain(words.iter().copied());
        sandbox.run_with(all).fails_with(code).says(why).prints("");
    }
    sandbox.run("file-server create data --disk-count 1 --disk-size 10 --storage-sku Standard_LRS").succeeds();
    let words = ["cluster", "create", "x", "-t", "0", "--nfs", "data", "--subnet", SUBNET];
    sandbox.run_with(words).fails_with(2).says("Cluster and mounted NFS must be in the same subnet.");
    let server = "file-server create near --disk-count 1 --disk-size 1 --storage-sku Standard_LRS --subnet";
    sandbox.run(&format!("{server} {SUBNET}")).succeeds();
    sandbox.run(&format!("cluster create x -t 0 --nfs near --subnet {SUBNET}")).succeeds();
}

#[test]
fn the_storage_account_comes_from_flag_environment_and_file_and_its_key_is_never_shown() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("the home");
    std::fs::write(sandbox.home().join("config.yaml"), "storage: {account: filed, key: aHVudGVyMg==}\n")
        .expect("a file");
    let account = |done: Done| {
        let done = done.succeeds();
        assert!(!done.stdout.contains("aHVudGVyMg") && !done.stderr.contains("aHVudGVyMg"), "{}", done.stdout);
        done.json()["nodeSetup"]["mountVolumes"]["azureFileShares"][0]["accountName"].clone()
    };
    let words = ["cluster", "create", "a", "-t", "0", "--afs-name", "s"];
    assert_eq!(account(run_with_env(&sandbox, &words, &[])), "filed");
    let words = ["cluster", "create", "b", "-t", "0", "--afs-name", "s", "--debug"];
    let env = [("AZURE_BATCHAI_STORAGE_ACCOUNT", "varied"), ("AZURE_BATCHAI_STORAGE_KEY", "aHVudGVyMg==")];
    assert_eq!(account(run_with_env(&sandbox, &words, &env)), "varied");
    let words = ["cluster", "create", "c", "-t", "0", "--afs-name", "s", "--storage-account-name", "flagged"];
    let key = ["--storage-account-key", "aHVudGVyMg=="];
    assert_eq!(account(run_with_env(&sandbox, &[&words[..], &key].concat(), &env)), "flagged");
}

#[test]
fn auto_storage_is_made_once_for_each_region() {
    let sandbox = Sandbox::new();
    let accounts = |done: Done| {
        let volumes = done.json()["nodeSetup"]["mountVolumes"].clone();
        let share = &volumes["azureFileShares"][0];
        let container = &volumes["azureBlobFileSystems"][0];
        assert_eq!(
            (&share["relativeMountPath"], &container["relativeMountPath"]),
            (&json!("autoafs"), &json!("autobfs"))
        );
        assert_eq!(container["containerName"], "batchaicontainer");
        let name = share["accountName"].as_str().expect("a name").to_owned();
        assert_eq!(share["azureFileUrl"], format!("https://{name}.file.core.windows.net/batchaishare"));
        assert_eq!(container["accountName"], name.as_str());
        name
    };
    sandbox.run("workspace create east -l eastus").succeeds();
    let first = sandbox
        .run("cluster create a -w east -t 0 --use-auto-storage")
        .succeeds()
        .says("Creating batchaiautostorage resource group for auto-storage account")
        .says("Created auto storage account bai");
    let first = accounts(first);
    assert!(first.len() == 15 && first.starts_with("bai"), "{first}");
    let second = sandbox
        .run("cluster create b -w east -t 0 --use-auto-storage")
        .succeeds()
        .says("BatchAI will use existing batchaiautostorage resource group for auto-storage account")
        .says(&format!("Using existing {first} storage account as an auto-storage account"));
    assert_eq!(accounts(second), first);
    // The default workspace, which is made on the way, is somewhere else.
    let other = accounts(sandbox.run("cluster create c -t 0 --use-auto-storage").succeeds());
    assert_ne!(other, first);
}

#[test]
fn a_job_mounts_the_volumes_of_its_flags() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    sandbox.run("file-server create data --disk-count 1 --disk-size 10 --storage-sku Premium_LRS").succeeds();
    sandbox.job_file("cd $AZ_BATCHAI_JOB_MOUNT_ROOT; echo kept > afs/file; ls -d afs in/bfs nfs");
    let words = "job run -c c -n j -f job.json --afs-name share --bfs-name box --bfs-mount-path in/bfs --nfs data \
                 --storage-account-name acc";
    sandbox.run(words).succeeds().prints("afs\nin/bfs\nnfs\n");
    let volumes = sandbox.job("j")["mountVolumes"].clone();
    assert_eq!(volumes["azureFileShares"][0]["accountName"], "acc");
    assert!(sandbox.home().join("storage/acc/shares/share/file").is_file());
    sandbox
        .run("job create -c c -n k -f job.json --afs-name share")
        .fails_with(2)
        .says("Please configure Azure Storage");
    sandbox.run("job create -c c -n k -f job.json --nfs gone").fails_with(1).says("gone").prints("");
}
