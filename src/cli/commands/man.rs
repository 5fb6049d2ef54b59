//! `man DIR`: a manual page of every command that help shows.
//!
//! Commands and flags are those of the definition of the command line; exit codes and variables are those of the
//! README, whose tables the tests hold against the program.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::{Failure, Report};

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder; made when it is not there. Pages of the same names in it are replaced.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Where the tables are.
const README: &str = include_str!("../../../README.md");

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What users find on their disk.
const FILES: [(&str, &str); 4] = [
    ("~/.local/share/batchai", "The data of the local server: its database, its log, and the files of jobs."),
    ("~/.config/batchai/config.yaml", "Settings of commands; batchai config shows and changes them."),
    ("~/.config/batchai/server.yaml", "Settings of the server."),
    ("~/.config/batchai/logins.yaml", "Servers that were logged in to."),
];

/// Writes the pages.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn run(args: &ManArgs, report: Report) -> Outcome {
    let folder = &args.directory;
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let pages = pages().map_err(|error| unwritable(folder, &error))?;
    for (name, page) in &pages {
        let path = folder.join(name);
        std::fs::write(&path, page).map_err(|error| unwritable(&path, &error))?;
    }
    let (count, folder) = (pages.len(), folder.display());
    report.note(&format!("Wrote {count} manual pages; `man {folder}/batchai.1` shows the first."));
    Ok(ExitCode::Ok.value())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(ExitCode::Refused, format!("cannot write manual pages to {}: {error}", path.display()))
        .hint("name a folder that you may write to, such as `batchai man ~/.local/share/man/man1`")
}

/// File names and contents.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = crate::cli::definition();
    root.build();
    let mut pages = Vec::new();
    add(&root, None, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, parent: Option<&str>, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let name = title(command);
    pages.push((format!("{name}.1"), page(command, parent)?));
    shown(command).try_for_each(|child| add(child, Some(&name), pages))
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|child| !child.is_hide_set())
}

/// `batchai-job-create`.
fn title(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command, parent: Option<&str>) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    // Written here because an empty date, which keeps a page the same on every day, would be lost.
    let head = format!(".TH {} 1 \"\" \"batchai {}\" \"batchai manual\"\n", title(command).to_uppercase(), VERSION);
    let mut out = head.into_bytes();
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if shown(command).next().is_some() {
        man.render_subcommands_section(&mut out)?;
    }
    let mut more = Roff::new();
    example(command, &mut more);
    list("EXIT STATUS", rows("\n## Exit codes\n", "| code |"), &mut more);
    list("FILES", FILES.map(|(path, about)| (path.to_owned(), about.to_owned())).into(), &mut more);
    list("ENVIRONMENT", rows("\n## Configuration\n", "| variable |"), &mut more);
    see_also(command, parent, &mut more);
    more.to_writer(&mut out)?;
    Ok(out)
}

fn example(command: &Command, roff: &mut Roff) {
    let shown = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    if let Some(example) = shown.strip_prefix("Example: ") {
        roff.control("SH", ["EXAMPLE"]);
        roff.control("EX", []);
        roff.text([roman(example)]);
        roff.control("EE", []);
    }
}

fn list(heading: &str, rows: Vec<(String, String)>, roff: &mut Roff) {
    roff.control("SH", [heading]);
    for (term, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
}

fn see_also(command: &Command, parent: Option<&str>, roff: &mut Roff) {
    let children = shown(command).map(title);
    let others: Vec<String> = parent.map(str::to_owned).into_iter().chain(children).collect();
    if !others.is_empty() {
        roff.control("SH", ["SEE ALSO"]);
        let mut words = Vec::new();
        for (at, other) in others.into_iter().enumerate() {
            words.push(roman(if at == 0 { "" } else { ", " }));
            words.push(bold(other));
            words.push(roman("(1)"));
        }
        roff.text(words);
    }
}

/// The rows of the table of the README that follows `heading` and begins with `head`: first cell, last cell.
fn rows(heading: &str, head: &str) -> Vec<(String, String)> {
    let section = README.split_once(heading).map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = section.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    rows.take_while(|line| line.starts_with('|')).filter_map(row).collect()
}

fn row(line: &str) -> Option<(String, String)> {
    let cells = line.trim_matches('|').replace('`', "");
    let (first, rest) = cells.split_once(" | ")?;
    let last = rest.rsplit(" | ").next().unwrap_or(rest);
    Some((first.trim().to_owned(), last.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_readme_are_found() {
        let codes = rows("\n## Exit codes\n", "| code |");
        assert!(codes.contains(&("3".into(), "it does not exist".into())), "{codes:?}");
        let variables = rows("\n## Configuration\n", "| variable |");
        assert!(variables.iter().any(|(name, about)| name == "BATCHAI_HOME" && !about.is_empty()), "{variables:?}");
    }

    #[test]
    fn a_row_is_its_first_and_its_last_cell() {
        assert_eq!(row("| `A`, `B` | x | the rest |"), Some(("A, B".into(), "the rest".into())));
        assert_eq!(row("|---|"), None);
    }
}
