//! The only code that writes standard output: results as JSON, YAML, tables or tab-separated values.
//!
//! Commands hand over typed wire values; [`shape`] gives them the shape of the Azure CLI, [`query`] picks, [`rows`]
//! has the tables, [`screen`] knows what a terminal has room for. Standard error belongs to `report`. Must not know
//! the client, and never fails because the reader went away.

mod automatic;
mod fit;
pub mod machine_rows;
mod moment;
mod paint;
pub mod query;
pub mod rows;
pub mod screen;
pub mod shape;
mod table;
mod tsv;

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use query::{Query, QueryError};
use rows::Row;
use screen::Screen;

use super::exit_code::ExitCode;
use super::report::Failure;

/// How results are written, the value of `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// JSON in the shape of the Azure CLI.
    #[default]
    Json,
    /// JSON, in colours on a terminal.
    Jsonc,
    /// YAML in the same shape.
    Yaml,
    /// YAML, in colours on a terminal.
    Yamlc,
    /// A table with the columns of the Azure CLI.
    Table,
    /// Values between tabs, a line per element, for scripts.
    Tsv,
    /// Nothing.
    None,
}

impl Format {
    /// The format of that name, in any letter case.
    ///
    /// # Errors
    /// Names those there are.
    pub fn named(text: &str) -> Result<Self, Failure> {
        Self::from_str(text, true).map_err(|_| {
            let known = Self::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|value| value.get_name().to_owned()).collect();
            let message = format!("the configured output format `{text}` is unknown: use one of {}", known.join(", "));
            Failure::new(ExitCode::Usage, message).hint("`batchai config set output=table` sets one of them")
        })
    }
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
    /// The value has no YAML form.
    #[error("cannot turn the result into YAML")]
    EncodeYaml(#[from] serde_yaml::SerializeError),
    /// The query does not fit the result.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What the query picked has no columns. In the words of knack.
    #[error(
        "Table output unavailable. Use the --query option to specify an appropriate query. \
         Use --debug for more info."
    )]
    NoTable,
    /// Standard output takes nothing, for example because a disk is full.
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
}

/// Standard output of one invocation.
#[derive(Debug, Clone, Default)]
pub struct Printer {
    /// How results are written.
    pub format: Format,
    /// What is picked out of them first.
    pub query: Option<Query>,
}

impl Printer {
    /// Writes one result and a line break. A closed standard output is not an error: who reads only the
    /// beginning has what they wanted.
    ///
    /// # Errors
    ///
    /// Where the result has no such form, or standard output cannot be written.
    pub fn print(&self, value: &Output<'_>) -> Result<(), OutputError> {
        let Some(text) = self.render(value, &Screen::of_stdout())? else { return Ok(()) };
        raw(format!("{text}\n").as_bytes()).map(drop)
    }

    /// The text of a result without its last line break; nothing for the format that shows nothing, and for a
    /// query that picks nothing, as in the Azure CLI.
    ///
    /// # Errors
    ///
    /// Where the result has no such form.
    pub fn render(&self, value: &Output<'_>, screen: &Screen) -> Result<Option<String>, OutputError> {
        let Some(query) = &self.query else {
            return match self.format {
                Format::None => Ok(None),
                Format::Table => Ok(Some(tabulated(value, screen))),
                _ => self.written(&shaped(value)?, screen),
            };
        };
        let picked = query.apply(shaped(value)?)?;
        match self.format {
            _ if picked.is_null() => Ok(None),
            Format::Table | Format::Tsv => self.written(&query.in_order(picked), screen),
            _ => self.written(&picked, screen),
        }
    }

    fn written(&self, value: &Value, screen: &Screen) -> Result<Option<String>, OutputError> {
        let painted = |paint: fn(&str) -> String, text: String| {
            if screen.has_colours { paint(&text) } else { text }
        };
        Ok(match self.format {
            Format::Json => Some(serde_json::to_string_pretty(value)?),
            Format::Jsonc => Some(painted(paint::json, serde_json::to_string_pretty(value)?)),
            Format::Yaml => Some(yaml(value)?),
            Format::Yamlc => Some(painted(paint::yaml, yaml(value)?)),
            Format::Tsv => tsv::render(value),
            Format::Table => {
                let (titles, rows) = automatic::columns(value).ok_or(OutputError::NoTable)?;
                let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
                Some(if titles.is_empty() { String::new() } else { table::render(&titles, rows, screen) })
            }
            Format::None => None,
        })
    }
}

/// Long texts stay on their line, where a search finds them.
fn yaml(value: &Value) -> Result<String, OutputError> {
    let options = serde_yaml::ser_options! { folded_wrap_chars: usize::MAX };
    let text = serde_yaml::to_string_with_options(value, options)?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
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

fn tabulated(value: &Output<'_>, screen: &Screen) -> String {
    match value {
        Output::One(resource) => table::render(resource.columns(), [resource.cells()], screen),
        Output::List(resources) => resources.first().map_or_else(String::new, |first| {
            table::render(first.columns(), resources.iter().map(|resource| resource.cells()), screen)
        }),
    }
}

#[cfg(test)]
mod tests;
