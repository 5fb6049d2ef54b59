//! The table of operations that go on after their request was answered. A row outlives the thing it is about.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Tx};
use crate::domain::Timestamp;
use crate::domain::long_operation::{LongOperation, Subject};

impl Document for LongOperation {
    const TABLE: &'static str = "long_operations";
}

impl Reader<'_> {
    /// One operation.
    pub fn long_operation(&self, id: &str) -> Result<Option<LongOperation>, StoreError> {
        let found = self.one("SELECT number, 1, document FROM long_operations WHERE id = ?1", [id])?;
        Ok(found.map(|stored| stored.value))
    }

    /// All operations, in no order that means anything.
    pub fn long_operations(&self) -> Result<Vec<LongOperation>, StoreError> {
        let all = self.many("SELECT number, 1, document FROM long_operations", [])?;
        Ok(all.into_iter().map(|stored| stored.value).collect())
    }
}

impl Tx<'_> {
    /// Adds one; its id must be new.
    pub fn insert_long_operation(&self, value: &LongOperation) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO long_operations (id, subject, number, has_ended, document) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![value.id, table(value.subject), value.number, value.ended.is_some(), encode(value)],
            || format!("add `{}` to table long_operations", value.id),
        )?;
        Ok(())
    }

    /// Ends whatever goes on with a thing that is gone. Costs nothing where nothing does.
    pub fn end_long_operations(&self, subject: Subject, number: i64, at: Timestamp) -> Result<(), StoreError> {
        let open = self.many::<LongOperation>(
            "SELECT number, 1, document FROM long_operations INDEXED BY long_operations_open
             WHERE subject = ?1 AND number = ?2 AND has_ended = 0",
            params![table(subject), number],
        )?;
        for stored in open {
            let ended = LongOperation { ended: Some(at), ..stored.value };
            self.execute(
                "UPDATE long_operations SET has_ended = 1, document = ?2 WHERE id = ?1",
                params![ended.id, encode(&ended)],
                || format!("save `{}` in table long_operations", ended.id),
            )?;
        }
        Ok(())
    }

    /// Forgets one.
    pub fn delete_long_operation(&self, id: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM long_operations WHERE id = ?1", [id], || format!("delete operation `{id}`"))?;
        Ok(())
    }
}

/// The table of that kind of thing.
fn table(subject: Subject) -> &'static str {
    match subject {
        Subject::Group => "resource_groups",
        Subject::Workspace => "workspaces",
        Subject::Experiment => "experiments",
        Subject::Cluster => "clusters",
        Subject::FileServer => "file_servers",
        Subject::Job => "jobs",
    }
}
