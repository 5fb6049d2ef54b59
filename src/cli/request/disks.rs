//! `--disk-count`, `--disk-size`, `--storage-sku` and `--caching-type`: the disks of a file server.

use clap::{Args, ValueEnum};

use super::wrong;
use crate::api::file_server::{CachingType, DataDisks, StorageAccountType};
use crate::cli::report::Failure;

/// Disks.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DiskArgs {
    /// How many data disks; here or in the file.
    #[arg(long, value_name = "COUNT", help_heading = "Disks")]
    pub disk_count: Option<u32>,
    /// Size of one disk in GB; here or in the file. A batchai server keeps it and limits nothing.
    #[arg(long, value_name = "GB", help_heading = "Disks")]
    pub disk_size: Option<u32>,
    /// What the disks are made of; here or in the file.
    #[arg(long, value_enum, value_name = "SKU", help_heading = "Disks")]
    pub storage_sku: Option<SkuArg>,
    /// What of the disks is cached; `none` when not given.
    #[arg(long, value_enum, value_name = "TYPE", help_heading = "Disks")]
    pub caching_type: Option<CachingArg>,
}

/// The values of `--storage-sku`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SkuArg {
    /// Solid state.
    #[value(name = "Premium_LRS")]
    Premium,
    /// Magnetic.
    #[value(name = "Standard_LRS")]
    Standard,
}

/// The values of `--caching-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CachingArg {
    /// Nothing.
    None,
    /// What is read.
    #[value(name = "readonly")]
    ReadOnly,
    /// What is read and what is written.
    #[value(name = "readwrite")]
    ReadWrite,
}

impl DiskArgs {
    /// The disks over those of a file, in which 0 stands for what it does not say; `sku` is what it says of the
    /// storage.
    ///
    /// # Errors
    /// When something is said nowhere.
    pub fn over(self, file: &DataDisks, sku: Option<StorageAccountType>) -> Result<DataDisks, Failure> {
        let disk_size_in_gb = self.disk_size.unwrap_or(file.disk_size_in_gb);
        if disk_size_in_gb == 0 {
            return Err(wrong("Please provide disk size in Gb.").hint("`--disk-size 10` gives it"));
        }
        let disk_count = self.disk_count.unwrap_or(file.disk_count);
        if disk_count == 0 {
            let message = "Please provide number of data disks (at least one disk is required).";
            return Err(wrong(message).hint("--disk-count gives it"));
        }
        let flag = self.storage_sku.map(|sku| match sku {
            SkuArg::Premium => StorageAccountType::Premium,
            SkuArg::Standard => StorageAccountType::Standard,
        });
        let Some(storage_account_type) = flag.or(sku) else {
            let message = "Please provide storage account type (storage sku).";
            return Err(wrong(message).hint("--storage-sku gives it: Premium_LRS or Standard_LRS"));
        };
        let caching = self.caching_type.map(|caching| match caching {
            CachingArg::None => CachingType::None,
            CachingArg::ReadOnly => CachingType::ReadOnly,
            CachingArg::ReadWrite => CachingType::ReadWrite,
        });
        Ok(DataDisks { disk_size_in_gb, disk_count, storage_account_type, caching_type: caching.or(file.caching_type) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: DiskArgs = DiskArgs {
        disk_count: Some(2),
        disk_size: Some(10),
        storage_sku: Some(SkuArg::Premium),
        caching_type: Some(CachingArg::ReadOnly),
    };

    #[test]
    fn flags_win_over_the_file_and_what_is_said_nowhere_is_asked_for() {
        let file = DataDisks {
            disk_size_in_gb: 5,
            disk_count: 1,
            caching_type: Some(CachingType::ReadWrite),
            storage_account_type: StorageAccountType::Standard,
        };
        let both = ALL.over(&file, Some(StorageAccountType::Standard)).expect("disks");
        assert_eq!((both.disk_size_in_gb, both.disk_count), (10, 2));
        assert_eq!(
            (both.storage_account_type, both.caching_type),
            (StorageAccountType::Premium, Some(CachingType::ReadOnly))
        );
        let kept = DiskArgs::default().over(&file, Some(StorageAccountType::Standard));
        assert_eq!(kept, Ok(file));
        let nothing = DataDisks::default();
        for (args, expected) in [
            (DiskArgs { disk_size: None, ..ALL }, "Please provide disk size in Gb."),
            (
                DiskArgs { disk_count: None, ..ALL },
                "Please provide number of data disks (at least one disk is required).",
            ),
            (DiskArgs { storage_sku: None, ..ALL }, "Please provide storage account type (storage sku)."),
        ] {
            assert_eq!(args.over(&nothing, None).expect_err("a failure").message, expected);
        }
    }
}
