//! TensorFlow: a master, which is worker 0, workers and parameter servers (Swagger 2018-05-01; azure-docs `batch-ai`,
//! "environment variables"; the published TensorFlow recipes).
//!
//! A job is distributed when it says how many workers or parameter servers it has, or has several nodes. One that is
//! not is a single process with the master's arguments and index 0, and without hosts and `TF_CONFIG`: they would make
//! an estimator look for a cluster.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::script::Script;
use super::{Site, ToolkitProcess, blocks};
use crate::engine::environment::Variables;

/// The first port of a host; the others follow.
const FIRST_PORT: u16 = 2222;

/// How many ports a virtual node has for itself: more than it has processes.
const PORTS_OF_NODE: u32 = 128;

/// How many virtual nodes have ports of their own, below those that the kernel deals to whoever asks for any.
const NODES_WITH_PORTS: u32 = 238;

/// The arguments of the script, which differ between tasks; shell text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arguments<'a> {
    pub of_master: Option<&'a str>,
    pub of_workers: Option<&'a str>,
    pub of_parameter_servers: Option<&'a str>,
}

/// What a task does; the word is the one of `TF_CONFIG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Master,
    Worker,
    #[serde(rename = "ps")]
    ParameterServer,
}

/// A task of the cluster: its node and where it listens.
struct Task {
    node: usize,
    address: String,
}

/// `TF_CONFIG`, whose form is the service's: the master is of the type `master` but listed as the first worker.
#[derive(Serialize)]
struct Config<'a> {
    cluster: ConfigCluster<'a>,
    task: ConfigTask,
    environment: &'static str,
}

#[derive(Serialize)]
struct ConfigCluster<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ps: &'a [&'a str],
    worker: &'a [&'a str],
}

#[derive(Serialize)]
struct ConfigTask {
    #[serde(rename = "type")]
    role: Role,
    index: usize,
}

/// The master, then the other workers, then the parameter servers. Workers fill the nodes in blocks; parameter servers
/// are on one node each, from the first. The run is over when the master is, which the others need not notice.
/// `tasks`: how many workers and parameter servers; `None`: not distributed.
pub(super) fn processes(
    script: &Script<'_>,
    arguments: &Arguments<'_>,
    tasks: Option<(u32, u32)>,
    site: &Site<'_>,
) -> Vec<ToolkitProcess> {
    let process = |(index, node): (usize, usize), role: Role, environment: Variables| {
        let (kind, called, arguments) = match role {
            Role::Master => ("wk", "worker", arguments.of_master),
            Role::Worker => ("wk", "worker", arguments.of_workers),
            Role::ParameterServer => ("ps", "ps", arguments.of_parameter_servers),
        };
        ToolkitProcess {
            name: format!("{called} {index}"),
            node,
            command: Script { arguments, ..*script }.command(),
            environment,
            is_awaited: role == Role::Master,
            file_suffix: suffix(kind, index),
        }
    };
    let Some((workers, servers)) = tasks else {
        let index = Variables::from([("AZ_BATCHAI_TASK_INDEX".into(), "0".into())]);
        return vec![process((0, 0), Role::Master, index)];
    };
    let (servers, workers) = deal(workers, servers, site.addresses);
    let hosts = (addresses(&servers), addresses(&workers));
    let task =
        |(index, task): (usize, &Task), role: Role| process((index, task.node), role, variables(role, index, &hosts));
    let role = |index: usize| if index == 0 { Role::Master } else { Role::Worker };
    let workers = workers.iter().enumerate().map(|worker| task(worker, role(worker.0)));
    workers.chain(servers.iter().enumerate().map(|server| task(server, Role::ParameterServer))).collect()
}

/// What stands between `stdout` and `.txt` in the file names of a task: of `wk` or `ps`.
pub(super) fn suffix(kind: &str, index: usize) -> String {
    format!("-{kind}-{index}")
}

/// Parameter servers and workers with their ports, which count up on every host, parameter servers first.
fn deal(workers: u32, servers: u32, hosts: &[String]) -> (Vec<Task>, Vec<Task>) {
    let mut ports: Vec<u16> = hosts.iter().map(|host| first_port(host)).collect();
    let mut task = |node: usize| {
        let address = format!("{}:{}", hosts[node], ports[node]);
        ports[node] = ports[node].saturating_add(1);
        Task { node, address }
    };
    let servers = (0..hosts.len()).cycle().zip(0..servers).map(|(node, _)| task(node)).collect();
    let workers = blocks::places(workers, hosts.len()).map(task).collect();
    (servers, workers)
}

/// The first port of the host with this address. Virtual nodes have an address of the loopback network each, and the
/// ports of one machine together: TensorFlow listens on all addresses, so that a port taken on one is taken on all.
fn first_port(host: &str) -> u16 {
    let node = host.parse().ok().filter(Ipv4Addr::is_loopback).map_or(0, |address| {
        let [_, _, high, low] = address.octets();
        (u32::from(high) * 256 + u32::from(low)).saturating_sub(1)
    });
    let ours = node % NODES_WITH_PORTS * PORTS_OF_NODE;
    u16::try_from(ours).ok().and_then(|ours| FIRST_PORT.checked_add(ours)).unwrap_or(FIRST_PORT)
}

fn addresses(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.address.as_str()).collect()
}

fn variables(role: Role, index: usize, (servers, workers): &(Vec<&str>, Vec<&str>)) -> Variables {
    let cluster = ConfigCluster { ps: servers, worker: workers };
    let config = Config { cluster, task: ConfigTask { role, index }, environment: "cloud" };
    let config = serde_json::to_string(&config).expect("texts and a number have a JSON form");
    Variables::from([
        ("AZ_BATCHAI_TASK_INDEX".into(), index.to_string()),
        ("AZ_BATCHAI_PS_HOSTS".into(), servers.join(",")),
        ("AZ_BATCHAI_WORKER_HOSTS".into(), workers.join(",")),
        ("TF_CONFIG".into(), config),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::tests::site;
    use super::*;

    fn told(tasks: Option<(u32, u32)>, nodes: usize) -> String {
        let addresses: Vec<String> = (1..=nodes).map(|node| format!("10.0.0.{node}")).collect();
        let script = Script {
            settings: "tensorFlowSettings",
            pythons: super::super::script::OF_HOST,
            script: "t.py",
            interpreter: Some("python"),
            arguments: None,
        };
        let arguments =
            Arguments { of_master: Some("--master"), of_workers: Some("--worker"), of_parameter_servers: Some("--ps") };
        let mut text = String::new();
        for process in processes(&script, &arguments, tasks, &site(&addresses)) {
            let ToolkitProcess { name, node, command, environment, is_awaited, file_suffix } = process;
            let waits = if is_awaited { ", awaited" } else { "" };
            text.push_str(&format!("{name} on {node}: {command} > {file_suffix}{waits}\n"));
            for (name, value) in environment {
                text.push_str(&format!("  {name}={value}\n"));
            }
        }
        text
    }

    #[test]
    fn the_job_of_the_recipe_has_the_hosts_of_the_documentation() {
        insta::assert_snapshot!(told(Some((2, 1)), 2), @r#"
        worker 0 on 0: exec python t.py --master > -wk-0, awaited
          AZ_BATCHAI_PS_HOSTS=10.0.0.1:2222
          AZ_BATCHAI_TASK_INDEX=0
          AZ_BATCHAI_WORKER_HOSTS=10.0.0.1:2223,10.0.0.2:2222
          TF_CONFIG={"cluster":{"ps":["10.0.0.1:2222"],"worker":["10.0.0.1:2223","10.0.0.2:2222"]},"task":{"type":"master","index":0},"environment":"cloud"}
        worker 1 on 1: exec python t.py --worker > -wk-1
          AZ_BATCHAI_PS_HOSTS=10.0.0.1:2222
          AZ_BATCHAI_TASK_INDEX=1
          AZ_BATCHAI_WORKER_HOSTS=10.0.0.1:2223,10.0.0.2:2222
          TF_CONFIG={"cluster":{"ps":["10.0.0.1:2222"],"worker":["10.0.0.1:2223","10.0.0.2:2222"]},"task":{"type":"worker","index":1},"environment":"cloud"}
        ps 0 on 0: exec python t.py --ps > -ps-0
          AZ_BATCHAI_PS_HOSTS=10.0.0.1:2222
          AZ_BATCHAI_TASK_INDEX=0
          AZ_BATCHAI_WORKER_HOSTS=10.0.0.1:2223,10.0.0.2:2222
          TF_CONFIG={"cluster":{"ps":["10.0.0.1:2222"],"worker":["10.0.0.1:2223","10.0.0.2:2222"]},"task":{"type":"ps","index":0},"environment":"cloud"}
        "#);
    }

    #[test]
    fn ports_count_up_on_every_host_parameter_servers_first() {
        let hosts = ["a", "b", "c"].map(str::to_owned);
        let told = |(servers, workers): (Vec<Task>, Vec<Task>)| {
            format!("{} | {}", addresses(&servers).join(" "), addresses(&workers).join(" "))
        };
        assert_eq!(told(deal(5, 2, &hosts)), "a:2222 b:2222 | a:2223 a:2224 b:2223 b:2224 c:2222");
        assert_eq!(told(deal(1, 3, &hosts)), "a:2222 b:2222 c:2222 | a:2223");
        assert_eq!(told(deal(2, 0, &hosts[..1])), " | a:2222 a:2223");
    }

    #[test]
    fn virtual_nodes_share_no_port_because_tensorflow_listens_on_all_addresses() {
        let first: Vec<u16> =
            ["127.70.0.1", "127.70.0.2", "127.70.0.254", "127.70.1.1", "10.0.0.5", "node7"].map(first_port).into();
        assert_eq!(first, [2222, 2350, 4142, 4526, 2222, 2222]);
        let all: std::collections::BTreeSet<u16> =
            (1..=NODES_WITH_PORTS).map(|n| first_port(&format!("127.70.{}.{}", n / 256, n % 256))).collect();
        assert_eq!(all.len(), NODES_WITH_PORTS as usize);
        assert!(all.last().is_some_and(|last| u32::from(*last) + PORTS_OF_NODE <= 32768));
    }

    #[test]
    fn a_job_that_is_not_distributed_is_one_process_that_looks_for_no_cluster() {
        insta::assert_snapshot!(told(None, 1), @r"
        worker 0 on 0: exec python t.py --master > -wk-0, awaited
          AZ_BATCHAI_TASK_INDEX=0
        ");
    }

    #[test]
    fn without_parameter_servers_the_cluster_has_none() {
        insta::assert_snapshot!(told(Some((1, 0)), 1), @r#"
        worker 0 on 0: exec python t.py --master > -wk-0, awaited
          AZ_BATCHAI_PS_HOSTS=
          AZ_BATCHAI_TASK_INDEX=0
          AZ_BATCHAI_WORKER_HOSTS=10.0.0.1:2222
          TF_CONFIG={"cluster":{"worker":["10.0.0.1:2222"]},"task":{"type":"master","index":0},"environment":"cloud"}
        "#);
    }
}
