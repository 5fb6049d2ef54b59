//! Manual pages: there is one for every command, and `man` can show it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{Sandbox, skipped};

/// Names of the pages that there have to be: every command that help shows.
fn expected() -> BTreeSet<String> {
    fn below(name: &str, command: &clap::Command, found: &mut BTreeSet<String>) {
        found.insert(format!("{name}.1"));
        for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
            below(&format!("{name}-{}", child.get_name()), child, found);
        }
    }
    let mut found = BTreeSet::new();
    below("batchai", &batchai::cli::definition(), &mut found);
    found
}

fn written(sandbox: &Sandbox) -> BTreeSet<String> {
    let entries = std::fs::read_dir(sandbox.work().join("man1")).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_command_has_a_page_and_only_they() {
    let sandbox = Sandbox::new();
    sandbox.run("man man1").succeeds().prints("").says("manual pages");
    assert_eq!(written(&sandbox), expected());
    assert!(!sandbox.home().exists());
    sandbox.run("man man1").succeeds();
}

#[test]
fn a_page_has_what_help_and_readme_say() {
    let sandbox = Sandbox::new();
    sandbox.run("man man1").succeeds();
    for name in expected() {
        let page = std::fs::read_to_string(sandbox.work().join("man1").join(&name)).expect("a page");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLE", "EXIT STATUS", "FILES", "ENVIRONMENT"]
        {
            let head = format!(".SH {section}\n");
            let quoted = format!(".SH \"{section}\"\n");
            assert!(page.contains(&head) || page.contains(&quoted), "{name} has no {section}");
        }
        assert!(page.starts_with(".TH BATCHAI") && page.contains("1 \"\" \"batchai "), "{name}");
        assert!(page.contains("BATCHAI_HOME") && page.contains("it does not exist"), "{name}");
        for hidden in ["announce", "leave\\-when\\-idle", "__"] {
            assert!(!page.contains(hidden), "{name}: {hidden}");
        }
    }
    let page = std::fs::read_to_string(sandbox.work().join("man1/batchai-job-run.1")).expect("a page");
    assert!(page.contains("batchai job run \\-f job.yaml"), "{page}");
}

#[test]
fn the_pages_are_well_formed() {
    let sandbox = Sandbox::new();
    sandbox.run("man man1").succeeds();
    for name in written(&sandbox) {
        let path = sandbox.work().join("man1").join(&name);
        // Of what only a person could decide, such as the date of a page, it has an opinion too.
        let Ok(done) = Command::new("mandoc").args(["-T", "lint", "-W", "error"]).arg(&path).output() else {
            return skipped("mandoc is not installed");
        };
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stdout));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    sandbox.file("taken", "");
    sandbox.run("man taken").fails_with(1).says("taken").says("hint");
}
