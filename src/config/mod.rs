//! Where settings come from: default < file < environment < flag.
//!
//! Reads, never acts. [`mod@env`] names every variable, [`home`] every file of an installation, [`client`] what
//! a command needs to know, [`settings`] every setting of it, [`edit`] and [`mod@file`] how one is changed, [`server`] what a server needs to know, [`storage`] where its volumes are, [`ssh`] how nodes offer SSH, [`logins`]
//! which servers were logged in to, [`program`] which build runs.

pub mod client;
pub mod edit;
pub mod env;
pub mod file;
mod gpus;
pub mod home;
pub mod logins;
pub mod program;
pub mod quotas;
pub mod server;
pub mod settings;
pub mod size;
pub mod ssh;
pub mod storage;

use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// The settings in the text of a file. Errors quote nothing of it: keys and tokens stand there, and the log of a server
/// is read by others.
fn parse<T: DeserializeOwned + Default>(text: &str) -> Result<T, String> {
    if text.trim().is_empty() {
        return Ok(T::default());
    }
    // Of a file with nothing but comments, the value is null.
    let settings: Result<Option<T>, _> = serde_yaml::from_str(text);
    let settings = settings.map_err(|error| error.without_snippet().to_string())?;
    Ok(settings.unwrap_or_default())
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nowhere to keep things.
    #[error("cannot tell where to keep files: neither {} nor HOME is set", env::HOME)]
    NoHome,
    /// The file is there and cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the configuration file {}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration file {} cannot be used: {message}", path.display())]
    Invalid {
        /// Which.
        path: PathBuf,
        /// Why, with line and column.
        message: String,
    },
    /// A variable has a value it cannot have.
    #[error("the environment variable {name} is `{value}`, but must be {expected}")]
    Variable {
        /// Which.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}
