//! `doctor`: what this machine has that jobs may need, and what it means for them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::doctor::{Finding, Level, judge, probe};
use crate::cli::exit_code::ExitCode;
use crate::cli::output::rows::Row;
use crate::cli::output::{self, Output};
use crate::cli::report::Report;
use crate::cli::{Global, Outcome, session};
use crate::config::client::ClientSettings;
use crate::config::home::Home;
use crate::config::server::ServerFile;

/// Runs it: text for people, unless a format was asked for. Exit code 1 when no job can run.
///
/// # Errors
/// When the settings cannot be read.
pub fn run(global: &Global, report: Report) -> Outcome {
    let home = Home::find()?;
    let settings = ClientSettings::load(&home.client_config())?;
    // What is wrong with the settings, the server says when it starts.
    let file = ServerFile::load(home.server_config()).unwrap_or_default();
    let findings = judge::judge(&probe::look(home.data(), &file.containers(), &file.storage()));
    if let Some(endpoint) = global.endpoint.as_ref().or(settings.endpoint.as_ref()) {
        report.note(&format!("Your jobs run at {endpoint}; this is about the machine that you are at."));
    }
    if global.output.is_none() && global.query.is_none() {
        output::raw(text(&findings).as_bytes())?;
    } else {
        session::printer(global, &settings)?.print(&Output::list(&findings))?;
    }
    let is_broken = findings.iter().any(|finding| finding.level == Level::Broken);
    Ok(if is_broken { ExitCode::Refused } else { ExitCode::Ok }.value())
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { name, level, found, meaning } in findings {
        let _ = writeln!(text, "{:<8} {name:<15} {found}\n{:24} {meaning}", level.word(), "");
    }
    text
}

impl Row for Finding {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Level", "Found", "Meaning"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.to_owned(), self.level.word().to_owned(), self.found.clone(), self.meaning.clone()]
    }
}
