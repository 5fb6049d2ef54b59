//! What this machine tells of itself and of the user that the server runs as.

use std::io;

use crate::engine::environment::Host;

/// A path that finds the usual programs where the server itself has none.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// From the server's environment, else from the user database, else what is usual. `gpus`: how many there are.
pub(super) fn current(gpus: u32) -> Host {
    let account = account();
    let field = |place: usize| account.get(place).filter(|text| !text.is_empty()).cloned();
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    Host {
        search_path: variable("PATH").unwrap_or_else(|| USUAL_PATH.into()),
        home: variable("HOME").or_else(|| field(5)).unwrap_or_else(|| "/".into()),
        user: variable("USER").or_else(|| field(0)).unwrap_or_else(user_number),
        shell: variable("SHELL").or_else(|| field(6)).unwrap_or_else(|| "/bin/sh".into()),
        language: variable("LANG").unwrap_or_else(|| "C.UTF-8".into()),
        gpus,
    }
}

/// The cores that this process may use; 1 when nobody can say.
pub(super) fn cores() -> u32 {
    std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok()).unwrap_or(1)
}

/// The memory of the machine in bytes; 0 when nobody can say (proc(5), `MemTotal`).
pub(super) fn memory() -> u64 {
    memory_in(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default())
}

fn memory_in(text: &str) -> u64 {
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|total| total.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
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
    fn memory_is_in_bytes() {
        assert_eq!(memory_in("MemTotal:       24689180 kB\nMemFree:        23194720 kB\n"), 24_689_180 * 1024);
        assert_eq!([memory_in(""), memory_in("MemTotal: many")], [0, 0]);
    }
}
