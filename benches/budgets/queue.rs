//! Many jobs, until all have ended.

use std::process::Stdio;

use batchai::api::ResourceReference;
use batchai::api::id::Child;
use batchai::api::job::{JobCreate, JobSpec};
use batchai::api::toolkit::CustomToolkitSettings;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::measure::{Bench, Budget, Row, Unit};
use super::stage::{self, Stage, id, job};

const LOOP: Row = Row {
    name: "100 x job create in a shell loop, 8 nodes, all ended",
    unit: Unit::Seconds,
    budget: Budget::Most(0.6),
};
const BURST: Row =
    Row { name: "1,000 jobs by one HTTP client, 8 nodes, all ended", unit: Unit::Seconds, budget: Budget::Most(2.0) };

/// Requests the client of [`BURST`] has under way at once.
const AT_ONCE: usize = 16;

const SCRIPT: &str = r#"
i=0
while [ $i -lt 100 ]; do
    "$1" job create -c c -n "$2-$i" -f job.json || exit 1
    i=$((i + 1))
done
"#;

pub fn run(bench: &mut Bench) {
    shell_loop(bench);
    burst(bench);
}

fn shell_loop(bench: &mut Bench) {
    if !bench.wants(&[LOOP]) {
        return;
    }
    let stage = Stage::with_cluster(8);
    stage.sandbox.job_file("/bin/true");
    let (client, mut rounds) = (stage.client(), 0);
    bench.time(LOOP, 5, || {
        rounds += 1;
        // The sandbox's command knows the environment; the shell takes its place.
        let program = stage.sandbox.command([""; 0]);
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "sh", env!("CARGO_BIN_EXE_batchai"), &format!("round{rounds}")]);
        shell.current_dir(stage.sandbox.work()).env_clear().stdin(Stdio::null());
        shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        stage::run(&mut shell);
        stage.wait_until_ended(&client);
    });
    assert_eq!(stage.succeeded(), 100 * rounds, "some jobs failed");
}

fn burst(bench: &mut Bench) {
    if !bench.wants(&[BURST]) {
        return;
    }
    let stage = Stage::with_cluster(8);
    let (client, mut rounds) = (stage.client(), 0);
    let body = custom_job("/bin/true");
    bench.time(BURST, 3, || {
        rounds += 1;
        let names = (0..1000).map(|number| job(&format!("round{rounds}-{number}")));
        let (client, body) = (&client, &body);
        let puts = names.map(|name| async move { client.put_new_job(&name, body).await });
        let sent = stream::iter(puts).buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) });
        // The first request makes what the default experiment needs.
        if rounds == 1 {
            stage.block_on(client.put_experiment(&id(Child::Experiment("default".into())))).expect("an experiment");
        }
        stage.block_on(sent).expect("all jobs are taken");
        stage.wait_until_ended(client);
    });
    assert_eq!(stage.succeeded(), 1000 * rounds, "some jobs failed");
}

/// A job of one command on cluster `c`.
pub fn custom_job(command: &str) -> JobCreate {
    let custom = CustomToolkitSettings { command_line: Some(command.into()) };
    JobCreate {
        properties: JobSpec {
            cluster: ResourceReference { id: id(Child::Cluster("c".into())).to_string() },
            node_count: 1,
            custom_toolkit_settings: Some(custom),
            ..JobSpec::default()
        },
    }
}
