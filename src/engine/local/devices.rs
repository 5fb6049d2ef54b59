//! The GPUs that the NVIDIA driver offers on this machine, by name. Looked for when somebody asks: the driver may make its
//! devices while a server runs.
//!
//! Called by [`super::nodes`], which deals them out, and whoever counts them. Knows nothing of nodes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which GPUs there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Devices {
    /// Those of `gpus` in server.yaml.
    Named(Vec<String>),
    /// Those that the driver tells of.
    OfDriver { devices: PathBuf, driver: PathBuf },
}

impl Devices {
    /// Those that the settings name, else all of the machine.
    pub(super) fn new(named: Option<Vec<String>>) -> Self {
        let of_driver = || Self::OfDriver { devices: "/dev".into(), driver: "/proc/driver/nvidia/gpus".into() };
        named.map_or_else(of_driver, Self::Named)
    }

    /// Their names, each once, in the order of the bus.
    pub(super) fn all(&self) -> Vec<String> {
        match self {
            Self::Named(names) => names.clone(),
            Self::OfDriver { devices, driver } => of_driver(devices, driver),
        }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.all().len()).unwrap_or(u32::MAX)
    }
}

/// A GPU is there when it has a device, beside that of the driver itself, without which no program reaches it (NVIDIA
/// driver documentation, "device nodes"). Its UUID is in a file of the driver; where that says none, as in some
/// containers, it goes by its number, which programs take as well.
fn of_driver(devices: &Path, driver: &Path) -> Vec<String> {
    if !devices.join("nvidiactl").exists() {
        return Vec::new();
    }
    let mut left = numbers(devices);
    let mut names = Vec::new();
    for text in information(driver) {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == name))
                .map(|(_, v)| v.trim())
        };
        let Some(number) = field("Device Minor").and_then(|minor| minor.parse::<u32>().ok()) else { continue };
        if let Some(at) = left.iter().position(|other| *other == number) {
            left.remove(at);
            let uuid = field("GPU UUID").filter(|uuid| uuid.starts_with("GPU-") && !uuid.contains('?'));
            names.push(uuid.map_or_else(|| number.to_string(), str::to_owned));
        }
    }
    names.extend(left.iter().map(u32::to_string));
    names
}

/// The numbers of the devices, lowest first.
fn numbers(devices: &Path) -> Vec<u32> {
    let entries = fs::read_dir(devices).into_iter().flatten().flatten();
    let number =
        |name: &str| name.strip_prefix("nvidia").filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?.parse().ok();
    let mut numbers: Vec<u32> = entries.filter_map(|entry| number(entry.file_name().to_str()?)).collect();
    numbers.sort_unstable();
    numbers
}

/// What the driver says of each GPU, in the order of their addresses on the bus.
fn information(driver: &Path) -> Vec<String> {
    let entries = fs::read_dir(driver).into_iter().flatten().flatten();
    let files: BTreeMap<_, _> = entries.map(|entry| (entry.file_name(), entry.path().join("information"))).collect();
    files.values().filter_map(|path| fs::read_to_string(path).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new(devices: &[&str], gpus: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            fs::create_dir(folder.path().join("dev")).expect("a folder");
            for name in devices {
                fs::write(folder.path().join("dev").join(name), "").expect("a file");
            }
            for (bus, text) in gpus {
                let below = folder.path().join("gpus").join(bus);
                fs::create_dir_all(&below).and_then(|()| fs::write(below.join("information"), text)).expect("a file");
            }
            Self(folder)
        }

        fn all(&self) -> Vec<String> {
            Devices::OfDriver { devices: self.0.path().join("dev"), driver: self.0.path().join("gpus") }.all()
        }
    }

    fn information(uuid: &str, minor: u32) -> String {
        format!(
            "Model: \t\t Tesla K80\nIRQ:   \t\t 33\nGPU UUID: \t {uuid}\nVideo BIOS: \t 80.21.25.00.04\n\
             Bus Location: \t 0000:00:1e.0\nDevice Minor: \t {minor}\nGPU Excluded:\t No\n"
        )
    }

    const ALL: [&str; 4] = ["nvidiactl", "nvidia0", "nvidia1", "nvidia10"];

    #[test]
    fn gpus_go_by_their_uuids_in_the_order_of_the_bus() {
        let [a, b, c] = [information("GPU-a", 10), information("GPU-b", 0), information("GPU-c", 1)];
        let machine = Machine::new(&ALL, &[("0000:0a:00.0", &b), ("0000:02:00.0", &a), ("0000:0b:00.0", &c)]);
        assert_eq!(machine.all(), ["GPU-a", "GPU-b", "GPU-c"]);
    }

    #[test]
    fn a_gpu_without_a_device_is_not_there_and_one_without_a_name_goes_by_its_number() {
        let [a, b] = [information("GPU-a", 7), information("GPU-????????-????-????-????-????????????", 1)];
        let machine = Machine::new(&ALL, &[("0000:01:00.0", &a), ("0000:02:00.0", &b), ("0000:03:00.0", "torn")]);
        assert_eq!(machine.all(), ["1", "0", "10"]);
        assert_eq!(Machine::new(&ALL, &[]).all(), ["0", "1", "10"]);
    }

    #[test]
    fn without_a_driver_that_answers_there_are_none() {
        let devices = ["null", "nvidia-uvm", "nvidia-modeset", "nvidia0p1", "nvidia", "nvidia0"];
        assert_eq!(Machine::new(&devices, &[("0", &information("GPU-a", 0))]).all(), [] as [&str; 0]);
        let nothing = Devices::OfDriver { devices: "/nonexistent".into(), driver: "/nonexistent".into() };
        assert_eq!(nothing.all(), [] as [&str; 0]);
    }

    #[test]
    fn the_settings_have_the_last_word() {
        assert_eq!(Devices::new(Some(vec!["MIG-1".into()])).all(), ["MIG-1"]);
        assert_eq!(Devices::new(Some(Vec::new())).count(), 0);
    }
}
