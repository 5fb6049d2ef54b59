//! Secrets in key vaults.

use super::*;
use crate::domain::secret::{MasterKey, Seal};
use crate::domain::vault::SecretVersion;

fn secret(vault: &str, name: &str, version: &str) -> SecretVersion {
    let value = Seal::new(&MasterKey::new([1; 32])).seal("hunter2");
    SecretVersion { vault: vault.into(), name: name.into(), version: version.into(), value, created: AT }
}

#[test]
fn the_newest_version_is_the_current_one_and_the_others_stay() {
    let home = Home::new();
    home.do_write(|tx| {
        // Newer is what was added later, whatever it is called.
        for (vault, name, version) in [("b", "token", "9"), ("b", "token", "1"), ("a", "z", "5"), ("b", "key", "3")] {
            tx.insert_secret_version(&secret(vault, name, version))?;
        }
        assert!(matches!(tx.insert_secret_version(&secret("B", "TOKEN", "1")), Err(StoreError::Taken { .. })));
        Ok(())
    });
    home.do_read(|view| {
        let current = view.current_secret("B", "Token")?.map(|stored| stored.value.version);
        assert_eq!(current.as_deref(), Some("1"));
        let old = view.secret_version("b", "token", "9")?.map(|stored| stored.value);
        assert_eq!(old, Some(secret("b", "token", "9")));
        assert_eq!(view.secret_version("b", "token", "3")?, None);
        let versions = |vault| -> Result<Vec<String>, StoreError> {
            Ok(view.secret_versions(vault)?.into_iter().map(|stored| stored.value.version).collect())
        };
        assert_eq!(versions(None)?, ["5", "3", "9", "1"]);
        assert_eq!(versions(Some("B"))?, ["3", "9", "1"]);
        Ok(())
    });
    home.do_write(|tx| {
        assert_eq!((tx.delete_secret("b", "TOKEN")?, tx.delete_secret("b", "token")?), (2, 0));
        assert_eq!(tx.current_secret("b", "token")?, None);
        Ok(())
    });
}

#[test]
fn no_file_holds_a_secret_in_the_clear() {
    let home = Home::new();
    home.do_write(|tx| tx.insert_secret_version(&secret("a", "token", "1")).map(drop));
    for entry in std::fs::read_dir(home.directory.path()).expect("the files").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a file");
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{}", entry.path().display());
    }
}
