//! What the machine has, as sentences about jobs. Pure.

use super::probe::{Cgroup, Data, Engine, Facts, Volumes};
use super::{Finding, Level};

/// Less free space than this is too little for the server's own files.
const LEAST_FREE: u64 = 64 << 20;
/// With less than this, outputs of jobs soon fill the disk.
const GOOD_FREE: u64 = 5 << 30;

/// File systems of the network: locks and shared memory of the database are not safe there.
const OF_THE_NETWORK: [&str; 6] = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"];

/// All findings, in the order in which they are shown.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    vec![
        machine(facts),
        data(&facts.data),
        python(facts.python.as_deref()),
        gpus(&facts.gpus),
        containers(&facts.containers),
        mpi(facts.mpi.as_deref()),
        cgroups(&facts.cgroup),
        sessions(facts.lingering),
        volumes(&facts.volumes),
        slurm(facts.slurm.as_deref()),
    ]
}

fn finding(name: &'static str, level: Level, found: impl Into<String>, meaning: impl Into<String>) -> Finding {
    Finding { name, level, found: found.into(), meaning: meaning.into() }
}

fn machine(facts: &Facts) -> Finding {
    let found = format!("{} cores, {} of memory", facts.cores, size(facts.memory));
    let meaning = "jobs share them: nodes of the local cluster are virtual, and may be more than there are cores";
    finding("machine", Level::Ok, found, meaning)
}

fn data(data: &Data) -> Finding {
    let found = format!("{} ({}, {} free)", data.path.display(), data.file_system, size(data.free));
    if !data.is_writable {
        let meaning =
            "nothing can be kept there, so no job can run: set BATCHAI_HOME to a folder that you may write to";
        return finding("data directory", Level::Broken, found, meaning);
    }
    if data.free < LEAST_FREE {
        let meaning = "the disk is full, so no job can run: make room, or set BATCHAI_HOME to a folder on another disk";
        return finding("data directory", Level::Broken, found, meaning);
    }
    if OF_THE_NETWORK.contains(&data.file_system.as_str()) {
        let meaning = "a database on a file system of the network can be damaged: set BATCHAI_HOME to a folder on a disk \
                       of this machine";
        return finding("data directory", Level::Limited, found, meaning);
    }
    if data.free < GOOD_FREE {
        let meaning =
            "outputs of jobs lie here and may soon fill the disk; `batchai job delete` removes those of a job";
        return finding("data directory", Level::Limited, found, meaning);
    }
    finding("data directory", Level::Ok, found, "records, logs and outputs of jobs lie here")
}

fn python(version: Option<&str>) -> Finding {
    match version {
        Some(version) => finding("Python", Level::Ok, version, "jobs that are written in Python can run"),
        None => {
            let meaning = "jobs that run Python scripts fail with exit code 127: install it, or give the full path in \
                           pythonInterpreterPath or in the command line";
            finding("Python", Level::Limited, "no python3 on PATH", meaning)
        }
    }
}

fn gpus(gpus: &[String]) -> Finding {
    if gpus.is_empty() {
        let meaning = "jobs compute on processors; programs that insist on a GPU fail";
        return finding("GPUs", Level::Limited, "none (nvidia-smi lists none)", meaning);
    }
    let meaning = "nodes get them without overlap, as many as their VM size has, those of VM size `local` their part: jobs \
                   see the GPUs of their own nodes only; `gpus` of server.yaml names those that nodes may have";
    finding("GPUs", Level::Ok, gpus.join("; "), meaning)
}

fn containers(engines: &[Engine]) -> Finding {
    let answering = |engine: &&Engine| engine.problem.is_none();
    let found = if engines.is_empty() {
        "no docker or podman on PATH".into()
    } else {
        engines.iter().map(|engine| engine.version.clone()).collect::<Vec<_>>().join("; ")
    };
    if let Some(engine) = engines.iter().find(answering) {
        let meaning = format!(
            "jobs with containerSettings run in containers of {}, unless `engine` in `containers` of server.yaml names \
             another",
            engine.name
        );
        return finding("containers", Level::Ok, found, meaning);
    }
    let meaning = match engines.first() {
        None => "jobs with containerSettings fail: install Docker or Podman".into(),
        Some(Engine { name, problem, .. }) => {
            let why = problem.as_deref().unwrap_or_default();
            format!(
                "jobs with containerSettings fail, for `{name} info` fails: {why}: start its daemon, or install Podman"
            )
        }
    };
    finding("containers", Level::Limited, found, meaning)
}

fn mpi(version: Option<&str>) -> Finding {
    match version {
        Some(version) => {
            let meaning = "jobs with several processes under MPI can run: CNTK, Caffe, Chainer, Horovod, \
                           customMpiSettings, and PyTorch with the backend MPI";
            finding("MPI", Level::Ok, version, meaning)
        }
        None => {
            let meaning = "jobs of CNTK and Caffe with several processes, of Chainer, Horovod, customMpiSettings, and \
                           PyTorch with the backend MPI fail with exit code 127: install it, such as with apt-get \
                           install openmpi-bin, here or in jobPreparation";
            finding("MPI", Level::Limited, "no mpirun on PATH", meaning)
        }
    }
}

fn cgroups(cgroup: &Cgroup) -> Finding {
    let ladder = "whatever a job leaves is found by its session, its parents and its environment, and ended";
    match cgroup {
        Cgroup::Open(folder) => {
            let meaning = "a job's processes are held together by a control group, and ended at a stroke";
            finding("control groups", Level::Ok, folder.display().to_string(), meaning)
        }
        Cgroup::Closed(folder) => {
            let found = format!("{} (not writable)", folder.display());
            finding("control groups", Level::Ok, found, ladder)
        }
        Cgroup::Missing => finding("control groups", Level::Ok, "no version 2", ladder),
    }
}

fn sessions(lingering: Option<bool>) -> Finding {
    match lingering {
        None => {
            let meaning = "nobody ends the server and jobs when you log out";
            finding("login sessions", Level::Ok, "not watched by systemd", meaning)
        }
        Some(true) => finding("login sessions", Level::Ok, "lingering", "the server and jobs go on when you log out"),
        Some(false) => {
            let meaning = "where logind ends what users leave behind (KillUserProcesses=yes), running jobs end when you log \
                           out: `loginctl enable-linger` prevents it";
            finding("login sessions", Level::Limited, "not lingering", meaning)
        }
    }
}

fn volumes(volumes: &Volumes) -> Finding {
    let Volumes { wanted, missing, fuse_problem } = volumes;
    if wanted.is_empty() {
        let meaning = "shares, containers and file servers are folders of this machine, unless `storage` in server.yaml \
                       says otherwise";
        return finding("volumes", Level::Ok, "emulated", meaning);
    }
    let found = wanted.join(", ");
    if !missing.is_empty() {
        let meaning = format!(
            "what {} is to mount cannot be mounted: install it, such as with apt-get install {}",
            missing.join(", "),
            missing.iter().map(|program| package(program)).collect::<Vec<_>>().join(" ")
        );
        return finding("volumes", Level::Limited, found, meaning);
    }
    if let Some(problem) = fuse_problem {
        let meaning = format!(
            "containers cannot be mounted, for {problem}: `modprobe fuse`, or give the device to the container that the \
             server is in"
        );
        return finding("volumes", Level::Limited, found, meaning);
    }
    finding("volumes", Level::Ok, found, "they mount what `storage` in server.yaml says, on nodes and for jobs")
}

/// The Debian package of a program; Microsoft's are in its own repository.
fn package(program: &'static str) -> &'static str {
    match program {
        "mount.cifs" => "cifs-utils",
        "mount.nfs" => "nfs-common",
        "fusermount3" => "fuse3",
        other => other,
    }
}

fn slurm(version: Option<&str>) -> Finding {
    let meaning = "jobs run on this machine; this version submits none to Slurm";
    finding("Slurm", Level::Ok, version.unwrap_or("no sbatch on PATH"), meaning)
}

/// Bytes in the largest unit that leaves a number above one.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB")];
    let fitting = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    fitting.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(name: &str, facts: &Facts) -> Level {
        judge(facts).into_iter().find(|finding| finding.name == name).expect("a finding").level
    }

    fn data(is_writable: bool, free: u64, file_system: &str) -> Facts {
        let data = Data { path: "/d".into(), is_writable, free, file_system: file_system.into() };
        Facts { data, ..Facts::default() }
    }

    #[test]
    fn the_first_engine_that_answers_runs_containers() {
        let engine = |name: &str, problem: Option<&str>| Engine {
            name: name.into(),
            version: format!("{name} 1"),
            problem: problem.map(str::to_owned),
        };
        let told = |containers: Vec<Engine>| {
            let finding = super::containers(&containers);
            (finding.level, finding.meaning)
        };
        let (level, meaning) = told(vec![engine("docker", Some("no daemon")), engine("podman", None)]);
        assert!(level == Level::Ok && meaning.contains("containers of podman"), "{meaning}");
        let (level, meaning) = told(vec![engine("docker", Some("no daemon"))]);
        assert!(level == Level::Limited && meaning.contains("no daemon: start its daemon"), "{meaning}");
        let (level, meaning) = told(Vec::new());
        assert!(level == Level::Limited && meaning.contains("install Docker or Podman"), "{meaning}");
    }

    #[test]
    fn only_what_keeps_every_job_from_running_is_broken() {
        assert_eq!(level_of("data directory", &data(false, 1 << 40, "ext4")), Level::Broken);
        assert_eq!(level_of("data directory", &data(true, 1 << 20, "ext4")), Level::Broken);
        assert_eq!(level_of("data directory", &data(true, 1 << 30, "ext4")), Level::Limited);
        assert_eq!(level_of("data directory", &data(true, 1 << 40, "nfs4")), Level::Limited);
        assert_eq!(level_of("data directory", &data(true, 1 << 40, "ext4")), Level::Ok);
        let bare = data(true, 1 << 40, "ext4");
        assert!(judge(&bare).iter().all(|finding| finding.level != Level::Broken));
    }

    #[test]
    fn what_volumes_need_and_do_not_have_is_named() {
        let told = |missing: &[&'static str], fuse_problem: Option<&str>| {
            let fuse_problem = fuse_problem.map(str::to_owned);
            let finding = super::volumes(&Volumes {
                wanted: vec!["mount.nfs", "rclone"],
                missing: missing.to_vec(),
                fuse_problem,
            });
            (finding.level, finding.meaning)
        };
        assert_eq!(told(&[], None).0, Level::Ok);
        let (level, meaning) = told(&["mount.nfs", "rclone"], None);
        assert!(level == Level::Limited && meaning.ends_with("apt-get install nfs-common rclone"), "{meaning}");
        let (level, meaning) = told(&[], Some("/dev/fuse: No such file"));
        assert!(
            level == Level::Limited && meaning.contains("for /dev/fuse: No such file: `modprobe fuse`"),
            "{meaning}"
        );
    }

    #[test]
    fn every_finding_says_what_it_means() {
        for facts in [Facts::default(), Facts { lingering: Some(false), ..Facts::default() }] {
            for finding in judge(&facts) {
                assert!(!finding.found.is_empty() && finding.meaning.len() > 20, "{finding:?}");
            }
        }
    }

    #[test]
    fn sizes_are_whole_numbers_of_a_fitting_unit() {
        assert_eq!([size(10), size(3 << 20), size(9 << 30), size(2 << 40)], ["10 bytes", "3 MiB", "9 GiB", "2 TiB"]);
    }
}
