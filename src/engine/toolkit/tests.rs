//! What holds for all toolkits.

use proptest::prelude::*;

use super::*;
use crate::domain::job::JobSpec;
use crate::domain::job::spec::{CaffeProgram, CntkProgram, MpiScript};
use crate::engine::launch::tests::job_spec;

/// A run on nodes of these addresses.
pub(super) fn site(addresses: &[String]) -> Site<'_> {
    Site { addresses, shared: Path::new("/s"), machine_file: Path::new("/s/machinefile"), is_contained: false }
}

/// Every toolkit in every form, with so many processes where it has a number of them.
fn every_toolkit(count: u32, servers: u32) -> Vec<Toolkit> {
    let script = || "t.py".to_owned();
    let py_torch = |backend: Option<&str>| Toolkit::PyTorch {
        script: script(),
        interpreter: None,
        arguments: None,
        process_count: count,
        backend: backend.map(str::to_owned),
    };
    let tensor_flow = |tasks: Option<(u32, u32)>| Toolkit::TensorFlow {
        script: script(),
        interpreter: None,
        master_arguments: None,
        worker_arguments: None,
        parameter_server_arguments: None,
        worker_count: tasks.map(|(workers, _)| workers),
        parameter_server_count: tasks.map(|(_, servers)| servers),
    };
    let under_mpi = || MpiScript { script: script(), interpreter: None, arguments: None, process_count: count };
    let cntk = |program| Toolkit::Cntk { program, arguments: None, process_count: count };
    let caffe = |program| Toolkit::Caffe { program, arguments: None, process_count: count };
    vec![
        Toolkit::Custom { command_line: "true".into() },
        Toolkit::CustomMpi { command_line: "true".into(), process_count: count },
        py_torch(None),
        py_torch(Some("GLOO")),
        py_torch(Some("Mpi")),
        tensor_flow(None),
        tensor_flow(Some((count, servers))),
        Toolkit::Caffe2 { script: script(), interpreter: None, arguments: None },
        cntk(CntkProgram::BrainScript { config: "a.cntk".into() }),
        cntk(CntkProgram::Python { script: script(), interpreter: None }),
        caffe(CaffeProgram::Config("solver.prototxt".into())),
        caffe(CaffeProgram::Python { script: script(), interpreter: None }),
        Toolkit::Chainer(under_mpi()),
        Toolkit::Horovod(under_mpi()),
    ]
}

fn addresses(nodes: u32) -> Vec<String> {
    (1..=nodes).map(|node| format!("127.70.0.{node}")).collect()
}

proptest! {
    #[test]
    fn processes_write_into_the_files_that_were_promised(nodes in 1_u32..6, count in 1_u32..12, servers in 0_u32..6) {
        let addresses = addresses(nodes);
        for toolkit in every_toolkit(count, servers.min(nodes)) {
            let processes = processes(&toolkit, &site(&addresses));
            prop_assert!(processes.iter().any(|process| process.is_awaited), "{toolkit:?}");
            prop_assert!(processes.iter().all(|process| process.node < addresses.len()), "{toolkit:?}");
            let spec = JobSpec { toolkit, node_count: nodes, ..job_spec() };
            let promised = output_streams(&spec, &[]);
            let mut written: Vec<(String, String)> = processes
                .iter()
                .map(|process| (process.name.clone(), format!("stdout{}.txt", process.file_suffix)))
                .collect();
            if let Toolkit::PyTorch { process_count, backend: Some(word), .. } = &spec.toolkit
                && word == "Mpi"
            {
                written.splice(0..0, (0..*process_count).map(|rank| (format!("rank {rank}"), format!("stdout-{rank}.txt"))));
            }
            let promised: Vec<(String, String)> = promised
                .into_iter()
                .filter(|stream| stream.stream == "stdout")
                .map(|stream| (stream.process, stream.file_name))
                .collect();
            prop_assert_eq!(promised, written);
        }
    }

    #[test]
    fn ranks_under_mpi_are_dealt_as_those_without(nodes in 1_u32..6, count in 1_u32..12) {
        let addresses = addresses(nodes);
        let toolkits = every_toolkit(count, 0);
        let of = |at: usize| (&toolkits[at], processes(&toolkits[at], &site(&addresses)));
        let ((_, without), (under_mpi, _)) = (of(3), of(4));
        let expected: Vec<u32> = (0..addresses.len())
            .map(|place| without.iter().map(|process| u32::from(process.node == place)).sum())
            .collect();
        prop_assert_eq!(slots(under_mpi, &vec![7; addresses.len()]), expected);
    }
}

#[test]
fn a_launcher_is_used_where_a_program_expects_one_or_several_processes_need_it() {
    let under_mpi = |count: u32| -> Vec<String> {
        let toolkits = every_toolkit(count, 1);
        let kinds = toolkits.iter().filter(|toolkit| ranks_under_mpi(toolkit).is_some());
        kinds.map(|toolkit| toolkit.tool_type().to_owned()).collect()
    };
    assert_eq!(under_mpi(1), ["custommpi", "pytorch", "chainer", "horovod"]);
    assert_eq!(under_mpi(2), ["custommpi", "pytorch", "cntk", "cntk", "caffe", "caffe", "chainer", "horovod"]);
    for count in [1, 2] {
        for toolkit in every_toolkit(count, 1) {
            let has_launcher = processes(&toolkit, &site(&addresses(2))).iter().any(|p| p.command.contains("mpirun"));
            assert_eq!(has_launcher, ranks_under_mpi(&toolkit).is_some(), "{toolkit:?}");
        }
    }
}

#[test]
fn slots_are_those_of_the_machine_unless_the_toolkit_starts_ranks() {
    let mpi = Toolkit::CustomMpi { command_line: "true".into(), process_count: 5 };
    assert_eq!(slots(&mpi, &[8; 2]), [3, 2]);
    assert_eq!(slots(&mpi, &[8; 6]), [1, 1, 1, 1, 1, 0]);
    assert_eq!(slots(&Toolkit::Custom { command_line: "true".into() }, &[8, 4]), [8, 4]);
}

#[test]
fn the_programs_of_cntk_and_caffe_get_what_the_recipes_give_them() {
    let command = |toolkit: &Toolkit| processes(toolkit, &site(&addresses(1)))[0].command.clone();
    let cntk = Toolkit::Cntk {
        program: CntkProgram::BrainScript { config: "$AZ_BATCHAI_INPUT_CONFIG/a.cntk".into() },
        arguments: Some("rootDir=. parallelTrain=true".into()),
        process_count: 1,
    };
    let caffe = Toolkit::Caffe {
        program: CaffeProgram::Config("solver.prototxt".into()),
        arguments: Some("--gpu=all".into()),
        process_count: 1,
    };
    let both = [cntk, caffe].map(|toolkit| command(&toolkit).lines().last().expect("a line").to_owned());
    insta::assert_snapshot!(both.join("\n"), @r"
    exec cntk configFile=$AZ_BATCHAI_INPUT_CONFIG/a.cntk rootDir=. parallelTrain=true
    exec caffe train --solver=solver.prototxt --gpu=all
    ");
}

#[test]
fn too_many_processes_are_refused_with_the_property_that_asks_for_them() {
    let why: Vec<String> = every_toolkit(MOST_PROCESSES + 1, 0).iter().filter_map(too_many).collect();
    let properties: Vec<&str> = why.iter().filter_map(|why| why.split(' ').next()).collect();
    assert_eq!(
        properties,
        [
            "customMpiSettings.processCount",
            "pyTorchSettings.processCount",
            "pyTorchSettings.processCount",
            "pyTorchSettings.processCount",
            "tensorFlowSettings.workerCount",
            "cntkSettings.processCount",
            "cntkSettings.processCount",
            "caffeSettings.processCount",
            "caffeSettings.processCount",
            "chainerSettings.processCount",
            "horovodSettings.processCount",
        ]
    );
    assert!(why.iter().all(|why| why.ends_with(" is 4097; this server runs at most 4096")), "{why:?}");
    assert!(every_toolkit(MOST_PROCESSES, 0).iter().all(|toolkit| too_many(toolkit).is_none()));
}

fn names(spec: &JobSpec, node_ids: &[&str]) -> Vec<String> {
    let ids: Vec<String> = node_ids.iter().map(|id| (*id).to_owned()).collect();
    output_streams(spec, &ids).iter().map(|s| format!("{} {} {}", s.file_name, s.source, s.stream)).collect()
}

#[test]
fn a_custom_job_has_one_pair_of_files_and_one_for_its_preparation() {
    let spec = JobSpec { preparation: Some("true".into()), ..job_spec() };
    let expected = [
        "stdout-job_prep.txt preparation stdout",
        "stderr-job_prep.txt preparation stderr",
        "stdout.txt job stdout",
        "stderr.txt job stderr",
    ];
    assert_eq!(names(&spec, &[]), expected);
}

#[test]
fn files_of_a_preparation_on_several_nodes_are_known_with_the_nodes() {
    let spec = JobSpec { preparation: Some("true".into()), node_count: 2, ..job_spec() };
    assert_eq!(names(&spec, &[]), ["stdout.txt job stdout", "stderr.txt job stderr"]);
    assert_eq!(
        names(&spec, &["a", "b"])[..3],
        [
            "stdout-job_prep-a.txt preparation stdout",
            "stderr-job_prep-a.txt preparation stderr",
            "stdout-job_prep-b.txt preparation stdout",
        ]
    );
}

#[test]
fn every_process_has_its_own_files() {
    let stdout = |toolkit: Toolkit, node_count: u32| -> Vec<String> {
        let all = names(&JobSpec { toolkit, node_count, ..job_spec() }, &[]);
        all.into_iter().filter(|name| name.ends_with(" stdout")).collect()
    };
    let of = |at: usize| stdout(every_toolkit(2, 1).remove(at), 2).join(", ");
    assert_eq!(of(2), "stdout-0.txt 0 stdout, stdout-1.txt 1 stdout");
    assert_eq!(of(4), "stdout-0.txt 0 stdout, stdout-1.txt 1 stdout, stdout.txt job stdout");
    assert_eq!(of(5), "stdout-wk-0.txt wk-0 stdout");
    assert_eq!(of(6), "stdout-wk-0.txt wk-0 stdout, stdout-wk-1.txt wk-1 stdout, stdout-ps-0.txt ps-0 stdout");
    assert_eq!(of(7), "stdout-0.txt 0 stdout, stdout-1.txt 1 stdout");
}
