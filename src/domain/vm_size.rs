//! What the VM sizes of Azure had: cores, GPUs, and the family their quota was counted in.
//!
//! Whoever counts cores or GPUs of a cluster asks here. It must not know what the nodes of this machine have.

/// A published VM size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmSize {
    /// As answered on the wire: upper case, with `STANDARD_`.
    pub name: &'static str,
    /// Virtual cores.
    pub cores: u32,
    /// GPUs.
    pub gpus: u32,
    /// The family as quotas name it, such as `NCv2`.
    pub family: &'static str,
}

/// The size of this name, in any case; `None` for one that is not in the table, `local` included.
#[must_use]
pub fn find(name: &str) -> Option<&'static VmSize> {
    SIZES.iter().find(|size| size.name.eq_ignore_ascii_case(name))
}

/// The cores of a size; one that is not in the table counts as 1.
#[must_use]
pub fn cores(name: &str) -> u32 {
    find(name).map_or(1, |size| size.cores)
}

/// The families that there are sizes of, each once.
pub fn families() -> impl Iterator<Item = &'static str> {
    let firsts = |at: usize| !SIZES[..at].iter().any(|size| size.family == SIZES[at].family);
    (0..SIZES.len()).filter(move |at| firsts(*at)).map(|at| SIZES[at].family)
}

const fn size(name: &'static str, cores: u32, gpus: u32, family: &'static str) -> VmSize {
    VmSize { name, cores, gpus, family }
}

/// azure-docs `virtual-machines/linux/sizes-*` and `sizes-previous-gen`, 2018.
const SIZES: &[VmSize] = &[
    size("STANDARD_D1", 1, 0, "D"),
    size("STANDARD_D2", 2, 0, "D"),
    size("STANDARD_D3", 4, 0, "D"),
    size("STANDARD_D4", 8, 0, "D"),
    size("STANDARD_D11", 2, 0, "D"),
    size("STANDARD_D12", 4, 0, "D"),
    size("STANDARD_D13", 8, 0, "D"),
    size("STANDARD_D14", 16, 0, "D"),
    size("STANDARD_D1_V2", 1, 0, "Dv2"),
    size("STANDARD_D2_V2", 2, 0, "Dv2"),
    size("STANDARD_D3_V2", 4, 0, "Dv2"),
    size("STANDARD_D4_V2", 8, 0, "Dv2"),
    size("STANDARD_D5_V2", 16, 0, "Dv2"),
    size("STANDARD_D11_V2", 2, 0, "Dv2"),
    size("STANDARD_D12_V2", 4, 0, "Dv2"),
    size("STANDARD_D13_V2", 8, 0, "Dv2"),
    size("STANDARD_D14_V2", 16, 0, "Dv2"),
    size("STANDARD_D15_V2", 20, 0, "Dv2"),
    size("STANDARD_D2_V3", 2, 0, "Dv3"),
    size("STANDARD_D4_V3", 4, 0, "Dv3"),
    size("STANDARD_D8_V3", 8, 0, "Dv3"),
    size("STANDARD_D16_V3", 16, 0, "Dv3"),
    size("STANDARD_D32_V3", 32, 0, "Dv3"),
    size("STANDARD_D64_V3", 64, 0, "Dv3"),
    size("STANDARD_F1", 1, 0, "F"),
    size("STANDARD_F2", 2, 0, "F"),
    size("STANDARD_F4", 4, 0, "F"),
    size("STANDARD_F8", 8, 0, "F"),
    size("STANDARD_F16", 16, 0, "F"),
    size("STANDARD_H8", 8, 0, "H"),
    size("STANDARD_H8M", 8, 0, "H"),
    size("STANDARD_H16", 16, 0, "H"),
    size("STANDARD_H16M", 16, 0, "H"),
    size("STANDARD_H16R", 16, 0, "H"),
    size("STANDARD_H16MR", 16, 0, "H"),
    size("STANDARD_NC6", 6, 1, "NC"),
    size("STANDARD_NC12", 12, 2, "NC"),
    size("STANDARD_NC24", 24, 4, "NC"),
    size("STANDARD_NC24R", 24, 4, "NC"),
    size("STANDARD_NC6S_V2", 6, 1, "NCv2"),
    size("STANDARD_NC12S_V2", 12, 2, "NCv2"),
    size("STANDARD_NC24S_V2", 24, 4, "NCv2"),
    size("STANDARD_NC24RS_V2", 24, 4, "NCv2"),
    size("STANDARD_NC6S_V3", 6, 1, "NCv3"),
    size("STANDARD_NC12S_V3", 12, 2, "NCv3"),
    size("STANDARD_NC24S_V3", 24, 4, "NCv3"),
    size("STANDARD_NC24RS_V3", 24, 4, "NCv3"),
    size("STANDARD_ND6S", 6, 1, "ND"),
    size("STANDARD_ND12S", 12, 2, "ND"),
    size("STANDARD_ND24S", 24, 4, "ND"),
    size("STANDARD_ND24RS", 24, 4, "ND"),
    size("STANDARD_NV6", 6, 1, "NV"),
    size("STANDARD_NV12", 12, 2, "NV"),
    size("STANDARD_NV24", 24, 4, "NV"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_found_in_any_case() {
        let found = find("Standard_NC24rs_v3").map(|size| (size.cores, size.gpus, size.family));
        assert_eq!(found, Some((24, 4, "NCv3")));
        assert_eq!(find("local"), None);
    }

    #[test]
    fn an_unknown_size_counts_as_one_core() {
        assert_eq!((cores("STANDARD_D4_V2"), cores("STANDARD_X99"), cores("local")), (8, 1, 1));
    }

    #[test]
    fn every_name_is_upper_case_and_there_once() {
        for (at, size) in SIZES.iter().enumerate() {
            assert_eq!(size.name, size.name.to_uppercase());
            assert!(SIZES[at + 1..].iter().all(|other| other.name != size.name), "{} is there twice", size.name);
        }
    }
}
