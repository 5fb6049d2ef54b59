//! The same commands, one after the other, against a server that speaks only 2018-05-01 and against one that speaks
//! our api-version too: what `az batchai` has gives the same results. What goes beyond it is in `old_server_beyond`.

use serde_json::json;

use crate::support::{Done, Served, timeless, wait_until};

/// Until the cluster `c` has its node. `WS` is the id of the workspace.
pub const SURROUNDINGS: &[&str] = &[
    "workspace create -n default -l eastus",
    "workspace create default -l eastus -o table",
    "workspace show -n default -o table",
    "workspace show --ids WS",
    "workspace show -n gone",
    "workspace list -g default",
    "workspace list -o tsv --query [].name",
    "experiment create -n e",
    "experiment create e -o table",
    "experiment show -n e",
    "experiment show --ids WS/experiments/e -o table",
    "experiment list -o yaml",
    "experiment list -w gone",
    "file-server create -n fs -s STANDARD_D1 --disk-count 1 --disk-size 10 --storage-sku Standard_LRS -u me -p pw-1",
    "file-server create fs2 -f fs.json -p pw-1 --caching-type readonly --no-wait",
    "file-server show -n fs -o table",
    "file-server show --ids WS/fileservers/fs",
    "file-server show gone",
    "file-server list --query [].name",
    "cluster create -n c -t 1 -s STANDARD_D2 -u me -p pw-1 --vm-priority lowpriority --image UbuntuLTS",
    "cluster create c -t 1 -s STANDARD_D2 -p pw-1 -l eastus",
    "cluster create d --min 0 --max 2 -s STANDARD_D1 -p pw-1 --nfs fs --nfs-mount-path data --storage-account-name acc \
     --storage-account-key a2V5 --afs-name share --afs-mount-path a --bfs-name box --bfs-mount-path b",
    "cluster create f -f cluster.json --query [name,vmSize]",
];

/// With a node that is idle.
pub const NODES: &[&str] = &[
    "cluster show -n c",
    "cluster show c -o table",
    "cluster show --ids WS/clusters/c WS/clusters/d --query [].name",
    "cluster show -n gone",
    "cluster list --query [].name -o tsv",
    "cluster resize -n f -t 0 --query scaleSettings",
    "cluster resize --ids WS/clusters/f -t 0 --query name",
    "cluster auto-scale -n f --min 0 --max 1 --query scaleSettings",
    "cluster auto-scale --ids WS/clusters/f WS/clusters/d --min 0 --max 2 --query [].scaleSettings",
    // Only a server of ours tells the host key.
    "cluster node list -c c --query [].[nodeId,ipAddress,port]",
    "cluster node list c -o table",
    "cluster node exec -c c -n nobody --exec ls",
    "cluster file list -c c",
    "cluster file list c --path . --expiry 5 -o table",
    "list-usages -l eastus",
    "list-usages --location eastus -o table",
];

/// With a job that ends.
pub const JOBS: &[&str] = &[
    "job create -n j -e e -c c -f job.json --query [name,nodeCount,toolType]",
    "job create -n j -e e -c c -f job.json",
    "job create -n lost -e e -c gone -f job.json",
    "job wait -n j -e e --interval 1",
    "job wait --ids WS/experiments/e/jobs/j",
    "job show -n j -e e",
    "job show j -e e -o table",
    "job show --ids WS/experiments/e/jobs/j --query executionInfo.exitCode",
    "job show -n gone -e e",
    "job list -e e -o table",
    "job list --experiment e --query [].executionState",
    "job file list -j j -e e --query [].name",
    "job file list -j j -e e -d MODEL -o table",
    "job file list -j j -e e -d MODEL -p deep --expiry 5 --query [].name",
    "job file list -j gone -e e",
    "job file stream -j j -e e -f stdout.txt",
    "job file stream -j j -e e -d MODEL -p deep -f m.bin",
    "job file stream -j j -e e -f gone.txt",
    "job node list -j j -e e",
    "job node exec -j j -e e --exec ls",
    "job rerun j -e e --query name",
    "job rerun j-2 -e e --query name",
    "job wait j-2 -e e",
    "job wait j-3 -e e",
    "job create -n long -e e -c c -f long.json --query name",
];

/// While the job `long` runs.
pub const RUNNING: &[&str] = &[
    "job show -n long -e e --query executionState",
    "job node list -j long -e e -o table",
    "job node exec -j long -e e -n nobody --exec ls",
    "job terminate -n long -e e -y",
    "job show -n long -e e --query executionState",
    "job wait -n long -e e",
    "job create -n long2 -e e -c c -f long.json --query name",
    "job terminate --ids WS/experiments/e/jobs/long2 -y --no-wait",
    "job wait long2 -e e",
];

/// To the end of everything.
pub const ENDING: &[&str] = &[
    "job delete -n j -e e -y",
    "job show -n j -e e",
    "job delete --ids WS/experiments/e/jobs/long WS/experiments/e/jobs/long2 -y --no-wait",
    "cluster delete -n d -y",
    "cluster delete --ids WS/clusters/c WS/clusters/f -y --no-wait",
    "file-server delete -n fs -y",
    "file-server delete --ids WS/fileservers/fs2 -y --no-wait",
    "experiment delete -n e -y",
    "experiment create other --query name",
    "experiment delete --ids WS/experiments/other -y --no-wait",
    "workspace delete -n default -y",
    "workspace list",
    "workspace create last -l eastus --query name",
    "workspace delete --ids LAST -y --no-wait",
    "workspace delete -n gone -y",
];

const GROUP: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/workspaces";

/// The id of the workspace, and of the last one, where they stand for it.
pub fn filled_in(words: &str) -> String {
    words.replace("WS", &format!("{GROUP}/default")).replace("LAST", &format!("{GROUP}/last"))
}

/// The files that the words name.
pub fn files(served: &Served) {
    let prefix = served.server.work().display().to_string();
    let job = |command: &str| {
        json!({ "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": command },
                "outputDirectories": [{ "id": "MODEL", "pathPrefix": prefix, "pathSuffix": "m" }] })
    };
    let write = "echo out; cd $AZ_BATCHAI_OUTPUT_MODEL && mkdir deep && echo model > deep/m.bin; exit 3";
    served.user.spec("job.json", &job(write));
    served.user.spec("long.json", &job("while :; do sleep 0.1; done"));
    let account = json!({ "adminUserName": "me", "adminUserPassword": "pw-1" });
    let scale = json!({ "manual": { "targetNodeCount": 0 } });
    let cluster = json!({ "vmSize": "STANDARD_D1", "scaleSettings": scale, "userAccountSettings": account });
    served.user.spec("cluster.json", &cluster);
    let disks = json!({ "diskCount": 1, "diskSizeInGB": 10, "storageAccountType": "Standard_LRS" });
    served.user.spec("fs.json", &json!({ "vmSize": "STANDARD_D1", "dataDisks": disks }));
}

/// Runs it; the results of two servers are the same texts.
fn result(served: &Served, words: &str) -> (i32, String, String) {
    let Done { code, stdout, stderr } = served.run(&filled_in(words));
    (code, normal(served, &stdout), if code == 0 { String::new() } else { normal(served, &stderr) })
}

/// Without what no two servers have in common.
fn normal(served: &Served, text: &str) -> String {
    let text = text.replace(&served.server.home().display().to_string(), "HOME");
    let text = text.replace(&served.server.work().display().to_string(), "WORK").replace(&served.url, "URL");
    let text = timeless(&text);
    let of_no_two = |word: &str| match word.trim_end_matches(['"', ' ', '\n', ',']) {
        address if address.starts_with("127.") => "ADDRESS\n".into(),
        node if node.starts_with("tvm-") => "NODE\n".into(),
        // A table is as wide as what stands in it.
        rule if rule.len() > 1 && rule.bytes().all(|byte| byte == b'-') => "-\n".into(),
        "" => String::new(),
        link if link.contains("sig=") => link.split('?').next().unwrap_or_default().to_owned(),
        _ => word.to_owned(),
    };
    // Moments and states in the words of `job wait`. What is there already is found by a look at an old server, and
    // told in az's words.
    let other = ["submitted at", "started execution", "Job state:", "exit code", "already exists"];
    let is_told = |line: &&str| !other.iter().any(|words| line.contains(words));
    text.lines()
        .filter(is_told)
        .flat_map(|line| line.split_inclusive(['"', ' ']).chain(["\n"]))
        .map(of_no_two)
        .collect()
}

#[track_caller]
fn same(old: &Served, new: &Served, all: &[&str]) {
    for words in all {
        let results = [old, new].map(|served| result(served, words));
        assert_eq!(results[0], results[1], "batchai {words}");
        assert_ne!(results[0].0, 101, "batchai {words}");
    }
}

#[track_caller]
fn wait_on(both: [&Served; 2], words: &str, expected: &str) {
    for served in both {
        wait_until(&format!("`{words}` is {expected}"), || served.run(words).stdout == expected);
    }
}

#[test]
fn what_az_batchai_has_gives_the_same_results_as_with_a_server_of_ours() {
    let (old, new) = (Served::old(), Served::start("{}\n"));
    [&old, &new].into_iter().for_each(files);
    same(&old, &new, SURROUNDINGS);
    let idle = "cluster show -n c -o tsv --query [nodeStateCounts.idleNodeCount,allocationState]";
    wait_on([&old, &new], idle, "1\nsteady\n");
    same(&old, &new, NODES);
    same(&old, &new, JOBS);
    wait_on([&old, &new], "job show -n long -e e -o tsv --query executionState", "running\n");
    same(&old, &new, RUNNING);
    same(&old, &new, ENDING);
    old.run("workspace list --verbose").succeeds().says("the server does not know our api-version");
    new.run("workspace list --verbose").succeeds().does_not_say("the server does not know our api-version");
}
