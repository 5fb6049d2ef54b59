//! `kill -9` of everything that belongs to nodes, each alone and all at once, in the middle of what nodes go through:
//! mounting, set-up, resize, preemption, jobs with volumes and GPUs of their own.
//!
//! Whoever is killed: nothing stays mounted or running, no job runs twice at once, nothing acknowledged is lost, and all
//! nodes and jobs come to a state that says why.

mod gpus;
mod mounting;
mod moving;
mod parts;
mod preempting;
mod random;
mod resizing;
mod setting_up;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Sandbox, process, wait_until};
use parts::{ALL, Part};

/// A sandbox, and what its jobs and nodes tell in its working folder.
struct Stage {
    sandbox: Sandbox,
}

impl Stage {
    /// Where processes of servers with these settings are killed.
    fn with(settings: &Value) -> Self {
        let sandbox = Sandbox::new();
        sandbox.settings(&settings.to_string());
        Self { sandbox }
    }

    fn new() -> Self {
        Self::with(&json!({}))
    }

    /// A cluster of so many nodes, which is not waited for.
    #[track_caller]
    fn cluster(&self, name: &str, nodes: u32, mut spec: Value) {
        spec["scaleSettings"] = json!({ "manual": { "targetNodeCount": nodes } });
        self.sandbox.spec("cluster.json", &spec);
        self.sandbox.run(&format!("cluster create -n {name} -f cluster.json")).succeeds();
    }

    fn shown(&self, cluster: &str) -> Value {
        self.sandbox.run(&format!("cluster show -n {cluster}")).succeeds().json()
    }

    /// Waits until all nodes of a cluster that are there are ready or unusable, and so many are ready; answers why the
    /// others are not.
    #[track_caller]
    fn settled(&self, cluster: &str, ready: u32) -> String {
        wait_until(&format!("{cluster} has {ready} nodes that are ready"), || {
            let shown = self.shown(cluster);
            let count = |state: &str| shown["nodeStateCounts"][state].as_u64().expect("a count");
            let is_moving = count("preparingNodeCount") + count("leavingNodeCount") > 0;
            !is_moving && shown["allocationState"] == "steady" && count("idleNodeCount") == u64::from(ready)
        });
        self.shown(cluster)["errors"].to_string()
    }

    /// Waits until a cluster has so many nodes, idle or not.
    #[track_caller]
    fn settled_at(&self, cluster: &str, nodes: u32) {
        wait_until(&format!("{cluster} has {nodes} nodes"), || {
            let shown = self.shown(cluster);
            shown["currentNodeCount"] == nodes && shown["allocationState"] == "steady"
        });
    }

    /// Submits a job of `cluster` that says into the file `NAME` when it begins and when it is asked to end, and goes on
    /// until the gate `NAME` opens; asked to end it does so when the gate `stop-NAME` opens. It runs again when it is lost.
    /// It says so in the file `twice` when another run of it, or another job on its GPUs, still runs.
    #[track_caller]
    fn submit(&self, cluster: &str, name: &str, mut spec: Value) {
        let (told, twice) = (self.sandbox.path(name), self.sandbox.path("twice"));
        let (lock, gpu_lock) = (self.sandbox.path(&format!("lock-{name}")), self.sandbox.path("lock-gpu"));
        let command = format!(
            "exec 9>>'{lock}'; flock -n 9 || echo {name} >> '{twice}'; \
             case \"$CUDA_VISIBLE_DEVICES\" in GPU*) \
             exec 8>>'{gpu_lock}'-$CUDA_VISIBLE_DEVICES; flock -n 8 || echo gpu of {name} >> '{twice}';; esac; \
             trap 'echo asked >> {told}; {stop}; exit 1' TERM; echo begun >> '{told}'; {go}; {last}",
            lock = lock.display(),
            gpu_lock = gpu_lock.display(),
            twice = twice.display(),
            told = told.display(),
            stop = self.sandbox.gate(&format!("stop-{name}")).wait().replace('\'', ""),
            go = self.sandbox.gate(name).wait(),
            last = spec["last"].as_str().unwrap_or("true"),
        );
        if let Some(object) = spec.as_object_mut() {
            object.remove("last");
        }
        spec["customToolkitSettings"] = json!({ "commandLine": command });
        spec["constraints"] = json!({ "maxRetryCount": 9 });
        self.sandbox.spec("job.json", &spec);
        self.sandbox.run(&format!("job create -c {cluster} -f job.json -n {name}")).succeeds();
    }

    /// Lets a job end, whether it was asked to or not.
    fn release(&self, name: &str) {
        self.sandbox.gate(&format!("stop-{name}")).open();
        self.sandbox.gate(name).open();
    }

    /// How many lines of a file of the working folder are `word`.
    fn count(&self, file: &str, word: &str) -> usize {
        let text = std::fs::read_to_string(self.sandbox.path(file)).unwrap_or_default();
        text.lines().filter(|line| *line == word).count()
    }

    #[track_caller]
    fn until(&self, file: &str, word: &str, times: usize) {
        wait_until(&format!("{file} tells {word} {times} times"), || self.count(file, word) == times);
    }

    /// Kills these, each of which is there, all in the same moment, and has a server after that.
    #[track_caller]
    fn kill(&self, parts: &[Part]) {
        for part in parts.iter().filter(|_| parts != ALL) {
            assert!(!parts::of(&self.sandbox, &[*part]).is_empty(), "there is no {part:?}");
        }
        parts::kill(&self.sandbox, parts);
        self.sandbox.run("server start").succeeds();
    }

    /// Waits until a job has ended; answers its state, and its errors as text.
    #[track_caller]
    fn ended(&self, name: &str) -> (String, String) {
        let _its_code = self.sandbox.run(&format!("job wait -n {name}")).code;
        let job = self.sandbox.job(name);
        let state = job["executionState"].as_str().expect("a state").to_owned();
        assert!(["succeeded", "failed"].contains(&&*state), "{job}");
        (state, job["executionInfo"]["errors"].to_string())
    }

    #[track_caller]
    fn succeeds(&self, name: &str) {
        let (state, errors) = self.ended(name);
        assert_eq!(state, "succeeded", "{name}: {errors}");
    }

    /// Deletes a cluster. Nothing of it, its jobs and its nodes is left after that.
    #[track_caller]
    fn delete(&self, cluster: &str) {
        let doors = self.doors(cluster);
        self.sandbox.run(&format!("cluster delete -n {cluster} -y")).succeeds();
        for door in doors {
            wait_until("nobody listens at the door of a node that is gone", || {
                std::net::TcpStream::connect(&door).is_err()
            });
        }
    }

    /// Where the nodes of a cluster listen.
    fn doors(&self, cluster: &str) -> BTreeSet<String> {
        let nodes = self.sandbox.run(&format!("cluster node list {cluster}")).succeeds().json();
        let door = |node: &Value| {
            let port = node["port"].as_f64().filter(|port| *port > 0.0)?;
            Some(format!("{}:{port}", node["ipAddress"].as_str()?))
        };
        nodes.as_array().expect("a list").iter().filter_map(door).collect()
    }

    /// Nothing is mounted, no process but the server's is there, no node has a folder, and no job ever ran twice at once.
    #[track_caller]
    fn is_clean(&self) {
        wait_until("nothing is mounted", || !process::has_mounts_below(self.sandbox.home()));
        wait_until("no process is left", || self.sandbox.job_processes().is_empty());
        let nodes = || std::fs::read_dir(self.sandbox.home().join("nodes")).into_iter().flatten().count();
        wait_until("no node has a folder", || nodes() == 0);
        let twice = std::fs::read_to_string(self.sandbox.path("twice")).unwrap_or_default();
        assert_eq!(twice, "", "ran twice at once");
    }
}
