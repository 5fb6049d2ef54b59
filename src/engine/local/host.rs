//! What this machine tells of itself and of the user that the server runs as.

use std::io;
use std::path::Path;

use crate::engine::environment::Host;

/// A path that finds the usual programs where the server itself has none.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// From the server's environment, else from the user database, else what is usual.
pub(super) fn current() -> Host {
    let account = account();
    let field = |place: usize| account.get(place).filter(|text| !text.is_empty()).cloned();
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    Host {
        search_path: variable("PATH").unwrap_or_else(|| USUAL_PATH.into()),
        home: variable("HOME").or_else(|| field(5)).unwrap_or_else(|| "/".into()),
        user: variable("USER").or_else(|| field(0)).unwrap_or_else(user_number),
        shell: variable("SHELL").or_else(|| field(6)).unwrap_or_else(|| "/bin/sh".into()),
        language: variable("LANG").unwrap_or_else(|| "C.UTF-8".into()),
        gpus: gpus(),
    }
}

/// The cores that this process may use; 1 when nobody can say.
pub(super) fn cores() -> u32 {
    std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok()).unwrap_or(1)
}

/// The GPUs that the NVIDIA driver offers now: it may make their devices while a server runs.
pub(super) fn gpus() -> u32 {
    gpus_of(Path::new("/dev"))
}

/// One device per GPU, beside the device of the driver itself, without which no program reaches them (NVIDIA driver
/// documentation, "device nodes").
fn gpus_of(devices: &Path) -> u32 {
    let is_gpu = |name: &str| {
        name.strip_prefix("nvidia")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    if !devices.join("nvidiactl").exists() {
        return 0;
    }
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    let count = entries.filter(|entry| is_gpu(&entry.file_name().to_string_lossy())).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The id of this boot: runs and mounts of another one are gone.
pub(super) fn boot_id() -> io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

fn user_number() -> String {
    rustix::process::getuid().as_raw().to_string()
}

/// The fields of our line in the user database; none when it is kept elsewhere.
fn account() -> Vec<String> {
    let number = user_number();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    users.lines().map(fields).find(|line| line.get(2) == Some(&number)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_counted_by_their_devices_where_there_is_a_driver() {
        let devices = tempfile::tempdir().expect("a folder");
        let make = |name: &str| std::fs::write(devices.path().join(name), "").expect("a file");
        let others = ["null", "nvidia-uvm", "nvidia-modeset", "nvidia0p1", "nvidia"];
        others.into_iter().chain(["nvidia0", "nvidia1", "nvidia10"]).for_each(make);
        assert_eq!(gpus_of(devices.path()), 0, "nothing answers for them");
        make("nvidiactl");
        assert_eq!(gpus_of(devices.path()), 3);
        assert_eq!(gpus_of(&devices.path().join("nothing")), 0);
    }
}
