//! Transcripts of every command, on a terminal and without one, against the real server.
//!
//! `tests/fixtures/transcripts/NAME.scene` says what is typed; `NAME.piped.txt` and `NAME.terminal.txt` what came of
//! it. `BATCHAI_TESTS_REFRESH=1 cargo test --test it -- transcripts` writes them anew.

mod play;
mod redact;
mod screen;
mod script;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use play::{Stage, play};
use script::{Step, steps, words};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transcripts")
}

fn scene(name: &str) -> Vec<Step> {
    let path = folder().join(format!("{name}.scene"));
    steps(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn transcript(name: &str, stage: Stage) -> PathBuf {
    folder().join(format!("{name}.{}.txt", stage.word()))
}

/// Plays a scene and compares it with its transcript.
#[track_caller]
fn is_as_written(name: &str, stage: Stage) {
    let played = play(&scene(name), stage);
    let path = transcript(name, stage);
    if std::env::var_os("BATCHAI_TESTS_REFRESH").is_some() {
        std::fs::write(&path, &played).expect("a transcript");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let first = played.lines().zip(written.lines()).position(|(now, then)| now != then);
    assert!(
        played == written,
        "{} is stale from line {}; if what is played is right, refresh it: \
         BATCHAI_TESTS_REFRESH=1 cargo test --test it -- transcripts::{name}\n--- played:\n{played}",
        path.display(),
        first.unwrap_or_else(|| played.lines().count().min(written.lines().count())) + 1,
    );
}

macro_rules! scenes {
    ($($name:ident)*) => {
        const SCENES: &[&str] = &[$(stringify!($name)),*];

        $(mod $name {
            use super::{Stage, is_as_written};

            #[test]
            fn piped() {
                is_as_written(stringify!($name), Stage::Piped);
            }

            #[test]
            fn on_a_terminal() {
                is_as_written(stringify!($name), Stage::Terminal);
            }
        })*
    };
}

scenes!(
    bulk cluster config errors experiment explain file_server files job landing login output server shell storage vault workspace
);

/// The lines that are typed in all scenes.
fn typed() -> Vec<Vec<String>> {
    let all = SCENES.iter().flat_map(|name| scene(name));
    all.filter_map(|step| if let Step::Show(shown) = step { Some(words(&shown.words)) } else { None }).collect()
}

#[test]
fn every_command_is_in_a_transcript() {
    fn below(path: &[String], command: &clap::Command, found: &mut BTreeSet<Vec<String>>) {
        let children: Vec<_> = command.get_subcommands().filter(|child| !child.is_hide_set()).collect();
        if children.is_empty() {
            found.insert(path.to_vec());
        }
        for child in children {
            let path: Vec<String> = path.iter().cloned().chain([child.get_name().to_owned()]).collect();
            below(&path, child, found);
        }
    }
    let mut commands = BTreeSet::new();
    below(&[], &batchai::cli::definition(), &mut commands);
    let typed = typed();
    for command in commands {
        let is_typed = typed.iter().any(|words| words.starts_with(&command));
        assert!(is_typed, "no scene of tests/fixtures/transcripts has `batchai {}`", command.join(" "));
    }
}

#[test]
fn every_scene_is_played_and_every_transcript_has_its_scene() {
    let files = std::fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    for file in files.map(|file| file.to_string_lossy().into_owned()) {
        let name = file.split('.').next().expect("a name");
        assert!(SCENES.contains(&name), "{file} belongs to no scene that is played");
    }
}

/// What was typed and what came of it, out of all transcripts.
fn scenes_of(stage: Stage) -> Vec<(String, Vec<String>)> {
    let texts = SCENES.iter().map(|name| std::fs::read_to_string(transcript(name, stage)).expect("a transcript"));
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for text in texts {
        for line in text.lines() {
            match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push((command.to_owned(), Vec::new())),
                (None, Some((_, shown))) => shown.push(line.to_owned()),
                (None, None) => panic!("a transcript begins with a command, not with {line}"),
            }
        }
    }
    all
}

#[test]
fn every_error_ends_with_what_to_type_next() {
    for (command, shown) in scenes_of(Stage::Piped) {
        let said: Vec<&str> = shown.iter().filter_map(|line| line.strip_prefix("2| ")).collect();
        let Some(at) = said.iter().position(|line| line.starts_with("error: ")) else { continue };
        let is_usage = said.last().is_some_and(|line| line.starts_with("For more information, try "));
        let hint = said[at..].iter().rev().find_map(|line| line.trim_start().strip_prefix("hint: "));
        let is_told = hint.is_some_and(|hint| hint.contains('`'));
        assert!(is_usage || is_told, "`{command}` does not say what to type next:\n{}", said.join("\n"));
    }
}

#[test]
fn what_failed_is_red_and_what_helps_stands_out_on_a_terminal() {
    for (command, shown) in scenes_of(Stage::Terminal) {
        for line in shown.iter().map(|line| line.trim_start()) {
            assert!(!line.starts_with("error:") && !line.starts_with("hint:"), "no colours: {command}: {line}");
        }
    }
}
