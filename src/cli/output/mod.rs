//! The only code that writes standard output: results as JSON or as a table.
//!
//! Commands hand over typed wire values; [`shape`] gives them the shape of the Azure CLI, [`rows`] its tables.
//! Standard error belongs to `report`. Must not know the client, and never fails because the reader went away.

pub mod rows;
pub mod shape;
mod table;

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use rows::Row;

/// How results are written, the value of `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// JSON in the shape of the Azure CLI.
    #[default]
    Json,
    /// A table with the columns of the Azure CLI.
    Table,
    /// Nothing.
    None,
}

/// A result: one resource, or a list of them.
#[derive(Clone)]
pub enum Output<'a> {
    /// What `show` and `create` answer.
    One(&'a dyn Row),
    /// What `list` answers; may be empty.
    List(Vec<&'a dyn Row>),
}

impl<'a> Output<'a> {
    /// One resource.
    pub fn one<T: Row>(resource: &'a T) -> Self {
        Self::One(resource)
    }

    /// A list of resources, in the order given.
    pub fn list<T: Row>(resources: &'a [T]) -> Self {
        Self::List(resources.iter().map(|resource| resource as &dyn Row).collect())
    }
}

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The value has no JSON form.
    #[error("cannot turn the result into JSON")]
    Encode(#[from] serde_json::Error),
    /// Standard output takes nothing, for example because a disk is full.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
}

/// Standard output of one invocation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Printer {
    /// How results are written.
    pub format: Format,
}

impl Printer {
    /// Writes one result and a line break. A closed standard output is not an error: who reads only the
    /// beginning has what they wanted.
    ///
    /// # Errors
    ///
    /// Where the result has no JSON form, or standard output cannot be written.
    pub fn print(&self, value: &Output<'_>) -> Result<(), OutputError> {
        let Some(text) = self.render(value)? else { return Ok(()) };
        raw(format!("{text}\n").as_bytes()).map(|_| ())
    }

    /// The text of a result without its last line break; nothing for the format that shows nothing.
    fn render(&self, value: &Output<'_>) -> Result<Option<String>, OutputError> {
        match self.format {
            Format::Json => Ok(Some(serde_json::to_string_pretty(&shaped(value)?)?)),
            Format::Table => Ok(Some(tabulated(value))),
            Format::None => Ok(None),
        }
    }
}

/// Writes bytes as they are: a file of a job, a completion script. Says whether anybody still reads, so that a
/// stream without end can stop.
///
/// # Errors
///
/// Where standard output cannot be written; a closed one is not an error.
pub fn raw(bytes: &[u8]) -> Result<bool, OutputError> {
    write_to(&mut io::stdout().lock(), bytes)
}

fn write_to(out: &mut impl Write, bytes: &[u8]) -> Result<bool, OutputError> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(OutputError::Write(error)),
    }
}

fn shaped(value: &Output<'_>) -> Result<Value, serde_json::Error> {
    match value {
        Output::One(resource) => resource.printed(),
        Output::List(resources) => resources.iter().map(|resource| resource.printed()).collect(),
    }
}

fn tabulated(value: &Output<'_>) -> String {
    match value {
        Output::One(resource) => table::render(resource.columns(), [resource.cells()]),
        Output::List(resources) => resources.first().map_or_else(String::new, |first| {
            table::render(first.columns(), resources.iter().map(|resource| resource.cells()))
        }),
    }
}

#[cfg(test)]
mod tests;
