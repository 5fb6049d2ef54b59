//! The table of tokens.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx};
use crate::domain::name::Name;
use crate::domain::token::Token;

impl Document for Token {
    const TABLE: &'static str = "tokens";
}

impl Reader<'_> {
    /// The token of that name.
    pub fn token(&self, name: &Name) -> Result<Option<Stored<Token>>, StoreError> {
        self.one("SELECT number, generation, document FROM tokens WHERE name = ?1", params![name.as_str()])
    }

    /// The token whose text has that digest.
    pub fn token_by_digest(&self, digest: &str) -> Result<Option<Stored<Token>>, StoreError> {
        self.one("SELECT number, generation, document FROM tokens WHERE digest = ?1", params![digest])
    }

    /// All of them, oldest first.
    pub fn tokens(&self) -> Result<Vec<Stored<Token>>, StoreError> {
        self.many("SELECT number, generation, document FROM tokens ORDER BY number", [])
    }
}

impl Tx<'_> {
    /// Adds one; its name must be free.
    pub fn insert_token(&self, value: &Token) -> Result<i64, StoreError> {
        self.insert::<Token>(
            "INSERT INTO tokens (name, digest, document) VALUES (?1, ?2, ?3)",
            params![value.name.as_str(), value.digest, encode(value)],
            value.name.as_str(),
        )
    }

    /// Removes one.
    pub fn delete_token(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Token>("DELETE FROM tokens WHERE number = ?1", number)
    }
}
