//! Rows and the values in them.
//!
//! A value is kept whole, as a versioned JSON document `{"v":1,"d":...}`; the other columns of its row are
//! only what queries need and are derived from it. A field that is added to a domain type needs a serde default;
//! a change that old documents do not fit needs a new version here. Called by the files of the tables.

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Params, Row};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::{Reader, Stored, Tx};

/// The version of the documents that this program writes.
const VERSION: u32 = 1;

/// A value that has a table.
pub(super) trait Document: Serialize + DeserializeOwned {
    /// The table.
    const TABLE: &'static str;
}

#[derive(Serialize)]
struct Written<'v, T> {
    v: u32,
    d: &'v T,
}

#[derive(Deserialize)]
struct Found<T> {
    v: u32,
    d: T,
}

#[derive(Deserialize)]
struct FoundVersion {
    v: u32,
}

/// The document of a value.
pub(super) fn encode<T: Document>(value: &T) -> String {
    serde_json::to_string(&Written { v: VERSION, d: value })
        .expect("domain values are plain data, and their maps have text as keys")
}

/// The value in a document; `record` names its row for an error.
///
/// # Errors
/// When the document is of a newer version, or not one.
pub(super) fn decode<T: Document>(text: &str, record: impl FnOnce() -> String) -> Result<T, StoreError> {
    let source = match serde_json::from_str::<Found<T>>(text) {
        Ok(Found { v: VERSION, d }) => return Ok(d),
        Ok(Found { v: found, .. }) => return Err(wrong_version(found, record())),
        Err(source) => source,
    };
    match serde_json::from_str(text) {
        Ok(FoundVersion { v: found }) if found != VERSION => Err(wrong_version(found, record())),
        Ok(_) | Err(_) => Err(StoreError::Document { record: record(), source: std::sync::Arc::new(source) }),
    }
}

fn wrong_version(found: u32, record: String) -> StoreError {
    StoreError::DocumentVersion { record, found, known: VERSION }
}

/// Names a row in an error.
pub(super) fn record(table: &str, number: i64) -> String {
    format!("number {number} in table {table}")
}

impl Reader<'_> {
    /// All that `sql` finds. It selects number, generation and document, in this order.
    pub(super) fn many<T: Document>(&self, sql: &str, params: impl Params) -> Result<Vec<Stored<T>>, StoreError> {
        self.rows(T::TABLE, sql, params, |row| {
            let (number, generation, text) =
                columns(row).map_err(|error| self.failed(format!("read table {}", T::TABLE), error))?;
            let value = decode(text, || record(T::TABLE, number))?;
            Ok(Stored { number, generation: generation.unsigned_abs(), value })
        })
    }

    /// The first that `sql` finds, as [`Reader::many`].
    pub(super) fn one<T: Document>(&self, sql: &str, params: impl Params) -> Result<Option<Stored<T>>, StoreError> {
        Ok(self.many(sql, params)?.into_iter().next())
    }

    /// What `take` makes of each row that `sql` finds in `table`.
    pub(super) fn rows<R>(
        &self,
        table: &str,
        sql: &str,
        params: impl Params,
        mut take: impl FnMut(&Row<'_>) -> Result<R, StoreError>,
    ) -> Result<Vec<R>, StoreError> {
        let failed = |error| self.failed(format!("read table {table}"), error);
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(params).map_err(failed)?;
        let mut taken = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            taken.push(take(row)?);
        }
        Ok(taken)
    }

    /// The first column of the first row that `sql` finds in `table`.
    pub(super) fn cell<V: FromSql>(
        &self,
        table: &str,
        sql: &str,
        params: impl Params,
    ) -> Result<Option<V>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(params, |row| row.get(0)).optional())
            .map_err(|error| self.failed(format!("read table {table}"), error))
    }
}

fn columns<'r>(row: &'r Row<'_>) -> rusqlite::Result<(i64, i64, &'r str)> {
    Ok((row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str()?))
}

impl Tx<'_> {
    /// Runs `sql` once; `action` says for an error what it does. Returns how many rows it changed.
    pub(super) fn execute(
        &self,
        sql: &str,
        params: impl Params,
        action: impl FnOnce() -> String,
    ) -> Result<usize, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map_err(|error| self.failed(action(), error))
    }

    /// Runs an `INSERT` of a value called `name`. Returns the number it got.
    pub(super) fn insert<T: Document>(&self, sql: &str, params: impl Params, name: &str) -> Result<i64, StoreError> {
        self.execute(sql, params, || format!("add `{name}` to table {}", T::TABLE))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Runs an `UPDATE` of the value of this number, which must be there.
    pub(super) fn update<T: Document>(&self, sql: &str, params: impl Params, number: i64) -> Result<(), StoreError> {
        let action = || format!("save {}", record(T::TABLE, number));
        match self.execute(sql, params, action)? {
            0 => Err(StoreError::Missing { action: action(), record: record(T::TABLE, number) }),
            _ => Ok(()),
        }
    }

    /// Runs a `DELETE` of the value of this number. It is no error when it is not there (any more).
    pub(super) fn delete<T: Document>(&self, sql: &str, number: i64) -> Result<(), StoreError> {
        self.execute(sql, [number], || format!("delete {}", record(T::TABLE, number)))?;
        Ok(())
    }
}
