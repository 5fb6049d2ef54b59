//! Opening: new, again, older, newer, damaged.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;

fn open(file: &Path) -> Result<Store, StoreError> {
    Store::open(file, Arc::new(|| ()))
}

fn refusal(file: &Path) -> StoreError {
    open(file).err().expect("a refusal")
}

#[test]
fn reopening_sees_everything() {
    let home = Home::new();
    let cluster = home.furnish();
    home.do_write(move |tx| tx.insert_job(cluster, &started(job("j"))));
    let file = home.file();
    let Home { directory, store, .. } = home;
    drop(store);
    let store = open(&file).expect("the same store");
    let found = store.read(|view| view.job(&job_key("j"))).expect("an answer");
    assert_eq!(found.map(|job| job.value), Some(started(job("j"))));
    drop((store, directory));
}

#[test]
fn a_copy_made_after_an_answer_has_the_change() {
    let home = Home::new();
    home.do_write(|tx| tx.insert_workspace(&workspace("w")));
    // What a killed process leaves: the database and its log, never closed.
    let copy = home.directory.path().join("copy.db");
    fs::copy(home.file(), &copy).expect("a copy");
    fs::copy(home.directory.path().join("store.db-wal"), home.directory.path().join("copy.db-wal")).expect("a copy");
    let store = open(&copy).expect("the copy opens");
    assert!(store.read(|view| view.workspace(&workspace_key("w"))).expect("an answer").is_some());
}

#[cfg(unix)]
#[test]
fn only_its_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.do_write(|tx| tx.insert_workspace(&workspace("w")));
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = fs::metadata(home.directory.path().join(name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_commit_waits_for_the_disk() {
    let home = Home::new();
    home.do_write(|tx| {
        let setting = |name| tx.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!((setting("synchronous"), setting("foreign_keys")), (Ok(2), Ok(1)));
        Ok(())
    });
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let home = Home::new();
    let file = home.file();
    let Home { directory, store, .. } = home;
    drop(store);
    let raw = Connection::open(&file).expect("a connection");
    raw.pragma_update(None, "user_version", 99).expect("a pragma");
    drop(raw);
    let before = fs::read(&file).expect("the file");
    assert_eq!(
        refusal(&file).to_string(),
        format!(
            "{} was written by a newer batchai: it has schema 99, this program knows schemas up to {}; use the newer \
             program, or give this one another data directory",
            file.display(),
            crate::store::schema::known()
        )
    );
    assert_eq!(fs::read(&file).expect("the file"), before);
    drop(directory);
}

#[test]
fn a_file_that_is_no_database_is_damaged_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("store.db");
    fs::write(&file, "not a database ".repeat(100)).expect("a file");
    let error = refusal(&file);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("restore a backup of it, or move it away"), "{error}");
    assert!(fs::read_to_string(&file).expect("the file").starts_with("not a database"));
}

#[test]
fn a_place_that_is_not_there_cannot_be_written() {
    let directory = tempfile::tempdir().expect("a directory");
    for file in [directory.path().join("absent/store.db"), directory.path().to_path_buf()] {
        let error = refusal(&file);
        assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    }
}

#[test]
fn a_document_that_cannot_be_understood_names_its_table_and_number() {
    let home = Home::new();
    let error = |document: &'static str| {
        home.do_write(move |tx| {
            let sql =
                "INSERT OR REPLACE INTO workspaces (number, subscription, resource_group, name, deleting, document)
                       VALUES (7, 's', 'g', 'w', 0, ?1)";
            tx.execute(sql, [document], || "break it".into())
        });
        home.store.read(|view| view.workspace(&workspace_key("w"))).expect_err("nonsense").to_string()
    };
    assert_eq!(error("{"), "the document of number 7 in table workspaces cannot be understood");
    assert_eq!(error(r#"{"v":1,"d":{}}"#), "the document of number 7 in table workspaces cannot be understood");
    assert_eq!(
        error(r#"{"v":2,"d":{"new":true}}"#),
        "the document of number 7 in table workspaces has version 2, this program knows versions up to 1"
    );
}

#[test]
fn an_unknown_field_of_a_document_is_passed_over() {
    let home = Home::new();
    home.furnish();
    home.do_write(|tx| {
        let sql = "UPDATE workspaces SET document = json_set(document, '$.d.later', 1), generation = generation + 1";
        tx.execute(sql, [], || "add a field".into())
    });
    let found = home.do_read(|view| view.workspace(&workspace_key("w"))).expect("the workspace");
    assert_eq!(found.value, workspace("w"));
}
