//! Resource groups and storage accounts.

use super::*;
use crate::domain::group::Group;
use crate::domain::storage_account::StorageAccount;

fn key(subscription: &str, group: &str) -> GroupKey {
    GroupKey::parse(subscription, group).expect("a group")
}

fn group(subscription: &str, name: &str) -> Group {
    Group::first_used(key(subscription, name), "eastus".into(), AT)
}

fn account(name: &str, group: GroupKey) -> StorageAccount {
    StorageAccount::first_used(name, group, "eastus".into(), AT)
}

#[test]
fn groups_are_found_by_subscription_and_by_name() {
    let home = Home::new();
    home.do_write(|tx| {
        for (subscription, name) in [("s", "b"), ("t", "a"), ("s", "a")] {
            tx.insert_group(&group(subscription, name))?;
        }
        assert!(matches!(tx.insert_group(&group("s", "A")), Err(StoreError::Taken { .. })));
        Ok(())
    });
    home.do_read(|view| {
        let found = view.group(&key("S", "A"))?.expect("the group");
        assert_eq!((found.generation, found.value), (1, group("s", "a")));
        let names = |name, window| -> Result<Vec<String>, StoreError> {
            Ok(view.groups("s", name, window)?.into_iter().map(|stored| stored.value.name).collect())
        };
        assert_eq!(names(None, ALL)?, ["b", "a"]);
        assert_eq!(names(Some("a"), ALL)?, ["a"]);
        assert_eq!(names(None, Window { after: 1, limit: 1 })?, ["a"]);
        assert_eq!(view.subscriptions(None, 9)?, ["s", "t"]);
        assert_eq!(view.subscriptions(Some("b"), 9)?, ["s"]);
        assert_eq!(view.subscriptions(None, 1)?, ["s"]);
        Ok(())
    });
}

#[test]
fn a_group_that_is_being_deleted_is_empty_when_its_last_workspace_is_gone() {
    let home = Home::new();
    home.do_write(|tx| {
        tx.insert_workspace(&workspace("w"))?;
        for name in ["g", "kept"] {
            tx.insert_group(&group("s", name))?;
        }
        let going = Group { provisioning: deleting(), ..group("s", "g") };
        let number = tx.group(&going.key)?.expect("the group").number;
        tx.update_group(number, &going)?;
        assert_eq!(tx.empty_deleting_groups()?, []);
        tx.delete_workspace(1)?;
        let empty: Vec<i64> = tx.empty_deleting_groups()?.iter().map(|stored| stored.number).collect();
        assert_eq!(empty, [number]);
        tx.delete_group(number)?;
        assert_eq!((tx.group(&going.key)?, tx.groups("s", None, ALL)?.len()), (None, 1));
        Ok(())
    });
}

#[test]
fn the_name_of_an_account_is_taken_for_all_groups() {
    let home = Home::new();
    home.do_write(|tx| {
        for (name, group) in [("one", "a"), ("two", "b"), ("three", "a")] {
            tx.insert_storage_account(&account(name, key("s", group)))?;
        }
        let again = account("ONE", key("t", "c"));
        assert!(matches!(tx.insert_storage_account(&again), Err(StoreError::Taken { .. })));
        let found = tx.storage_account("One")?.expect("the account");
        let changed = StorageAccount { kind: "StorageV2".into(), ..found.value };
        tx.update_storage_account(found.number, &changed)?;
        assert_eq!(tx.storage_account("one")?.map(|stored| (stored.generation, stored.value)), Some((2, changed)));
        let names = |group| -> Result<Vec<String>, StoreError> {
            Ok(tx.storage_accounts("s", group, ALL)?.into_iter().map(|stored| stored.value.name).collect())
        };
        assert_eq!(
            (names(None)?, names(Some("b"))?),
            (vec!["one".into(), "two".into(), "three".into()], vec!["two".into()])
        );
        tx.delete_storage_accounts_of(&key("s", "a"))?;
        assert_eq!(names(None)?, ["two"]);
        tx.delete_storage_account(2)?;
        assert_eq!(tx.storage_account("two")?, None);
        Ok(())
    });
}
