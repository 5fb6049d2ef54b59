//! What the VM sizes of Azure had: cores, memory, GPUs, and the family their quota was counted in.
//!
//! Whoever counts cores or GPUs of a cluster asks here. It must not know what the nodes of this machine have.

/// A published VM size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmSize {
    /// As answered on the wire: upper case, with `STANDARD_`.
    pub name: &'static str,
    /// Virtual cores.
    pub cores: u32,
    /// Memory in MiB: sizes have fractions of a GiB.
    pub memory_mib: u32,
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

/// Whether the service refused this size: `STANDARD_A0`, and the families with premium storage `GS`, `DS` and `DSv2`
/// (Swagger 2018-05-01, `vmSize`). Those that came later, such as `DSv3`, it took.
#[must_use]
pub fn is_refused(name: &str) -> bool {
    let upper = name.to_uppercase();
    let is_of =
        |family: &str| upper.strip_prefix(family).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    upper == "STANDARD_A0" || ["STANDARD_GS", "STANDARD_DS"].into_iter().any(is_of)
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "all of them are small and positive")]
const fn size(name: &'static str, cores: u32, gibibytes: f64, gpus: u32, family: &'static str) -> VmSize {
    VmSize { name, cores, memory_mib: (gibibytes * 1024.0) as u32, gpus, family }
}

/// Name, cores, memory in GiB, GPUs, family: azure-docs `virtual-machines/linux/sizes-*` and `sizes-previous-gen`, 2018;
/// without those that the service refused ([`is_refused`]).
const SIZES: &[VmSize] = &[
    size("STANDARD_A1", 1, 1.75, 0, "A0-A7"),
    size("STANDARD_A2", 2, 3.5, 0, "A0-A7"),
    size("STANDARD_A3", 4, 7.0, 0, "A0-A7"),
    size("STANDARD_A4", 8, 14.0, 0, "A0-A7"),
    size("STANDARD_A5", 2, 14.0, 0, "A0-A7"),
    size("STANDARD_A6", 4, 28.0, 0, "A0-A7"),
    size("STANDARD_A7", 8, 56.0, 0, "A0-A7"),
    size("STANDARD_A8", 8, 56.0, 0, "A8-A11"),
    size("STANDARD_A9", 16, 112.0, 0, "A8-A11"),
    size("STANDARD_A10", 8, 56.0, 0, "A8-A11"),
    size("STANDARD_A11", 16, 112.0, 0, "A8-A11"),
    size("STANDARD_A1_V2", 1, 2.0, 0, "Av2"),
    size("STANDARD_A2_V2", 2, 4.0, 0, "Av2"),
    size("STANDARD_A4_V2", 4, 8.0, 0, "Av2"),
    size("STANDARD_A8_V2", 8, 16.0, 0, "Av2"),
    size("STANDARD_A2M_V2", 2, 16.0, 0, "Av2"),
    size("STANDARD_A4M_V2", 4, 32.0, 0, "Av2"),
    size("STANDARD_A8M_V2", 8, 64.0, 0, "Av2"),
    size("STANDARD_B1S", 1, 1.0, 0, "BS"),
    size("STANDARD_B1MS", 1, 2.0, 0, "BS"),
    size("STANDARD_B2S", 2, 4.0, 0, "BS"),
    size("STANDARD_B2MS", 2, 8.0, 0, "BS"),
    size("STANDARD_B4MS", 4, 16.0, 0, "BS"),
    size("STANDARD_B8MS", 8, 32.0, 0, "BS"),
    size("STANDARD_D1", 1, 3.5, 0, "D"),
    size("STANDARD_D2", 2, 7.0, 0, "D"),
    size("STANDARD_D3", 4, 14.0, 0, "D"),
    size("STANDARD_D4", 8, 28.0, 0, "D"),
    size("STANDARD_D11", 2, 14.0, 0, "D"),
    size("STANDARD_D12", 4, 28.0, 0, "D"),
    size("STANDARD_D13", 8, 56.0, 0, "D"),
    size("STANDARD_D14", 16, 112.0, 0, "D"),
    size("STANDARD_D1_V2", 1, 3.5, 0, "Dv2"),
    size("STANDARD_D2_V2", 2, 7.0, 0, "Dv2"),
    size("STANDARD_D3_V2", 4, 14.0, 0, "Dv2"),
    size("STANDARD_D4_V2", 8, 28.0, 0, "Dv2"),
    size("STANDARD_D5_V2", 16, 56.0, 0, "Dv2"),
    size("STANDARD_D11_V2", 2, 14.0, 0, "Dv2"),
    size("STANDARD_D12_V2", 4, 28.0, 0, "Dv2"),
    size("STANDARD_D13_V2", 8, 56.0, 0, "Dv2"),
    size("STANDARD_D14_V2", 16, 112.0, 0, "Dv2"),
    size("STANDARD_D15_V2", 20, 140.0, 0, "Dv2"),
    size("STANDARD_D2_V3", 2, 8.0, 0, "Dv3"),
    size("STANDARD_D4_V3", 4, 16.0, 0, "Dv3"),
    size("STANDARD_D8_V3", 8, 32.0, 0, "Dv3"),
    size("STANDARD_D16_V3", 16, 64.0, 0, "Dv3"),
    size("STANDARD_D32_V3", 32, 128.0, 0, "Dv3"),
    size("STANDARD_D64_V3", 64, 256.0, 0, "Dv3"),
    size("STANDARD_D2S_V3", 2, 8.0, 0, "DSv3"),
    size("STANDARD_D4S_V3", 4, 16.0, 0, "DSv3"),
    size("STANDARD_D8S_V3", 8, 32.0, 0, "DSv3"),
    size("STANDARD_D16S_V3", 16, 64.0, 0, "DSv3"),
    size("STANDARD_D32S_V3", 32, 128.0, 0, "DSv3"),
    size("STANDARD_D64S_V3", 64, 256.0, 0, "DSv3"),
    size("STANDARD_E2_V3", 2, 16.0, 0, "Ev3"),
    size("STANDARD_E4_V3", 4, 32.0, 0, "Ev3"),
    size("STANDARD_E8_V3", 8, 64.0, 0, "Ev3"),
    size("STANDARD_E16_V3", 16, 128.0, 0, "Ev3"),
    size("STANDARD_E20_V3", 20, 160.0, 0, "Ev3"),
    size("STANDARD_E32_V3", 32, 256.0, 0, "Ev3"),
    size("STANDARD_E64_V3", 64, 432.0, 0, "Ev3"),
    size("STANDARD_E64I_V3", 64, 432.0, 0, "Ev3"),
    size("STANDARD_E2S_V3", 2, 16.0, 0, "ESv3"),
    size("STANDARD_E4S_V3", 4, 32.0, 0, "ESv3"),
    size("STANDARD_E8S_V3", 8, 64.0, 0, "ESv3"),
    size("STANDARD_E16S_V3", 16, 128.0, 0, "ESv3"),
    size("STANDARD_E20S_V3", 20, 160.0, 0, "ESv3"),
    size("STANDARD_E32S_V3", 32, 256.0, 0, "ESv3"),
    size("STANDARD_E64S_V3", 64, 432.0, 0, "ESv3"),
    size("STANDARD_E64IS_V3", 64, 432.0, 0, "ESv3"),
    size("STANDARD_F1", 1, 2.0, 0, "F"),
    size("STANDARD_F2", 2, 4.0, 0, "F"),
    size("STANDARD_F4", 4, 8.0, 0, "F"),
    size("STANDARD_F8", 8, 16.0, 0, "F"),
    size("STANDARD_F16", 16, 32.0, 0, "F"),
    size("STANDARD_F1S", 1, 2.0, 0, "FS"),
    size("STANDARD_F2S", 2, 4.0, 0, "FS"),
    size("STANDARD_F4S", 4, 8.0, 0, "FS"),
    size("STANDARD_F8S", 8, 16.0, 0, "FS"),
    size("STANDARD_F16S", 16, 32.0, 0, "FS"),
    size("STANDARD_F2S_V2", 2, 4.0, 0, "FSv2"),
    size("STANDARD_F4S_V2", 4, 8.0, 0, "FSv2"),
    size("STANDARD_F8S_V2", 8, 16.0, 0, "FSv2"),
    size("STANDARD_F16S_V2", 16, 32.0, 0, "FSv2"),
    size("STANDARD_F32S_V2", 32, 64.0, 0, "FSv2"),
    size("STANDARD_F64S_V2", 64, 128.0, 0, "FSv2"),
    size("STANDARD_F72S_V2", 72, 144.0, 0, "FSv2"),
    size("STANDARD_G1", 2, 28.0, 0, "G"),
    size("STANDARD_G2", 4, 56.0, 0, "G"),
    size("STANDARD_G3", 8, 112.0, 0, "G"),
    size("STANDARD_G4", 16, 224.0, 0, "G"),
    size("STANDARD_G5", 32, 448.0, 0, "G"),
    size("STANDARD_H8", 8, 56.0, 0, "H"),
    size("STANDARD_H8M", 8, 112.0, 0, "H"),
    size("STANDARD_H16", 16, 112.0, 0, "H"),
    size("STANDARD_H16M", 16, 224.0, 0, "H"),
    size("STANDARD_H16R", 16, 112.0, 0, "H"),
    size("STANDARD_H16MR", 16, 224.0, 0, "H"),
    size("STANDARD_L4S", 4, 32.0, 0, "LS"),
    size("STANDARD_L8S", 8, 64.0, 0, "LS"),
    size("STANDARD_L16S", 16, 128.0, 0, "LS"),
    size("STANDARD_L32S", 32, 256.0, 0, "LS"),
    size("STANDARD_M8MS", 8, 218.75, 0, "MS"),
    size("STANDARD_M16MS", 16, 437.5, 0, "MS"),
    size("STANDARD_M32TS", 32, 192.0, 0, "MS"),
    size("STANDARD_M32LS", 32, 256.0, 0, "MS"),
    size("STANDARD_M32MS", 32, 875.0, 0, "MS"),
    size("STANDARD_M64S", 64, 1024.0, 0, "MS"),
    size("STANDARD_M64LS", 64, 512.0, 0, "MS"),
    size("STANDARD_M64MS", 64, 1792.0, 0, "MS"),
    size("STANDARD_M128S", 128, 2048.0, 0, "MS"),
    size("STANDARD_M128MS", 128, 3892.0, 0, "MS"),
    size("STANDARD_M64", 64, 1024.0, 0, "MS"),
    size("STANDARD_M64M", 64, 1792.0, 0, "MS"),
    size("STANDARD_M128", 128, 2048.0, 0, "MS"),
    size("STANDARD_M128M", 128, 3892.0, 0, "MS"),
    size("STANDARD_NC6", 6, 56.0, 1, "NC"),
    size("STANDARD_NC12", 12, 112.0, 2, "NC"),
    size("STANDARD_NC24", 24, 224.0, 4, "NC"),
    size("STANDARD_NC24R", 24, 224.0, 4, "NC"),
    size("STANDARD_NC6S_V2", 6, 112.0, 1, "NCv2"),
    size("STANDARD_NC12S_V2", 12, 224.0, 2, "NCv2"),
    size("STANDARD_NC24S_V2", 24, 448.0, 4, "NCv2"),
    size("STANDARD_NC24RS_V2", 24, 448.0, 4, "NCv2"),
    size("STANDARD_NC6S_V3", 6, 112.0, 1, "NCv3"),
    size("STANDARD_NC12S_V3", 12, 224.0, 2, "NCv3"),
    size("STANDARD_NC24S_V3", 24, 448.0, 4, "NCv3"),
    size("STANDARD_NC24RS_V3", 24, 448.0, 4, "NCv3"),
    size("STANDARD_ND6S", 6, 112.0, 1, "ND"),
    size("STANDARD_ND12S", 12, 224.0, 2, "ND"),
    size("STANDARD_ND24S", 24, 448.0, 4, "ND"),
    size("STANDARD_ND24RS", 24, 448.0, 4, "ND"),
    size("STANDARD_NV6", 6, 56.0, 1, "NV"),
    size("STANDARD_NV12", 12, 112.0, 2, "NV"),
    size("STANDARD_NV24", 24, 224.0, 4, "NV"),
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
    fn the_table_is_sane() {
        for size in SIZES {
            let VmSize { name, cores, memory_mib, gpus, family } = size;
            assert!((1..=128).contains(cores) && *gpus <= 4, "{size:?}");
            let per_core = memory_mib / cores;
            assert!((1024..=32 * 1024).contains(&per_core), "{name} has {per_core} MiB per core");
            assert_eq!(*gpus > 0, name.starts_with("STANDARD_N"), "{name}");
            assert!(!is_refused(name), "{name} cannot be used");
            let letter = &name["STANDARD_".len()..][..1];
            assert!(family.starts_with(letter), "{name} is counted as {family}");
        }
        let families: std::collections::BTreeSet<&str> = SIZES.iter().map(|size| size.family).collect();
        let expected = "A0-A7 A8-A11 Av2 BS D DSv3 Dv2 Dv3 ESv3 Ev3 F FS FSv2 G H LS MS NC NCv2 NCv3 ND NV";
        assert_eq!(families.into_iter().collect::<Vec<_>>().join(" "), expected);
        assert_eq!(find("Standard_A1").map(|size| size.memory_mib), Some(1792), "1.75 GiB");
    }

    #[test]
    fn the_smallest_size_and_older_families_with_premium_storage_are_refused() {
        for name in ["Standard_A0", "STANDARD_GS5", "standard_ds1", "STANDARD_DS13-4_V2", "STANDARD_DS15_V2"] {
            assert!(is_refused(name), "{name}");
        }
        for name in ["STANDARD_A1", "STANDARD_G5", "STANDARD_D2S_V3", "STANDARD_F4S", "STANDARD_X99", "local"] {
            assert!(!is_refused(name), "{name}");
        }
    }

    #[test]
    fn every_name_is_upper_case_and_there_once() {
        for (at, size) in SIZES.iter().enumerate() {
            assert_eq!(size.name, size.name.to_uppercase());
            assert!(SIZES[at + 1..].iter().all(|other| other.name != size.name), "{} is there twice", size.name);
        }
    }
}
