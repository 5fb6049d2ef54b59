//! The import rules of DESIGN.md, section 1, enforced. A new edge is a design decision: it goes into
//! [`ALLOWED`] or, with its reason, into [`EXCEPTIONS`], in the same commit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of each row, the lowest first. Modules of one row never import each other.
const ROWS: [&[&str]; 5] = [
    &["api", "domain", "supervisor", "config"],
    &["store", "engine"],
    &["operations", "scheduler"],
    &["client", "server"],
    &["cli"],
];

/// Which modules a module may import.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("cli", &["client", "api", "config"]),
    ("client", &["api"]),
    ("server", &["operations", "domain", "api"]),
    ("operations", &["store", "engine", "domain"]),
    ("scheduler", &["store", "engine", "domain"]),
    ("engine", &["domain", "supervisor"]),
    ("store", &["domain"]),
    ("api", &[]),
    ("domain", &[]),
    ("supervisor", &[]),
    ("config", &[]),
];

/// What single files may import beyond that, and why.
const EXCEPTIONS: [(&str, &[&str], &str); 8] = [
    ("cli/commands/serve.rs", &["server"], "`server run` is the server"),
    ("cli/commands/supervise.rs", &["supervisor"], "`__supervise` is the supervisor"),
    ("cli/commands/login_session.rs", &["supervisor"], "`__session` is a session of a login, which it starts"),
    ("server/mod.rs", &["scheduler", "store", "engine", "config"], "the composition root puts everything together"),
    ("server/drivers.rs", &["engine", "config"], "the part of the composition root that makes drivers of volumes"),
    ("server/listening.rs", &["config"], "the part of the composition root that opens the network"),
    ("server/vaults/mod.rs", &["store", "engine", "config"], "the part of the composition root that opens key vaults"),
    ("server/vaults/remote.rs", &["config"], "likewise, for those on the network"),
];

/// Files that decide and do nothing else: they see the domain, themselves, and no clock.
const DECIDING: [&str; 2] = ["scheduler/plan.rs", "scheduler/placement.rs"];

/// Words of the world outside, which pure modules must not know.
const EFFECTS: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "tokio",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
];

#[test]
fn imports_go_down_only_and_every_exception_is_named() {
    let mut wrong = Vec::new();
    for file in sources() {
        let allowed = allowed_for(&file.path);
        for (line, module) in imports(&file.text) {
            if module != file.module() && !allowed.contains(module.as_str()) {
                wrong.push(format!("src/{}:{line}: {} must not import {module}", file.path, file.module()));
            }
        }
    }
    assert!(wrong.is_empty(), "see DESIGN.md, section 1:\n{}", wrong.join("\n"));
}

#[test]
fn every_allowed_edge_goes_down_and_is_used() {
    let row = |module: &str| ROWS.iter().position(|row| row.contains(&module)).expect("every module has a row");
    let rules = ALLOWED.iter().map(|(from, to)| (*from, *to));
    let exceptions = EXCEPTIONS.iter().map(|(file, to, _)| (module_of(file), *to));
    for (from, to) in rules.chain(exceptions) {
        for to in to {
            assert!(row(from) > row(to), "{from} -> {to} does not go down");
        }
    }
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources() {
        for (_, module) in imports(&file.text) {
            used.entry(file.module().to_owned()).or_default().insert(module.clone());
            used.entry(file.path.clone()).or_default().insert(module);
        }
    }
    let needs = |from: &str, to: &str| used.get(from).is_some_and(|modules| modules.contains(to));
    let rules = ALLOWED.iter().map(|(from, to)| (*from, *to)).chain(EXCEPTIONS.iter().map(|(f, t, _)| (*f, *t)));
    for (from, to) in rules {
        for to in to {
            assert!(needs(from, to), "{from} no longer imports {to}: take the rule away");
        }
    }
}

#[test]
fn every_module_of_the_crate_has_its_rule() {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(module, _)| *module).collect();
    let rows: BTreeSet<&str> = ROWS.iter().flat_map(|row| row.iter().copied()).collect();
    assert_eq!(known, rows);
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs");
    let declared: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, known);
    let reexports = lib.lines().filter(|line| line.starts_with("pub use ")).count();
    assert_eq!(reexports, 0, "a re-export at the root hides where a thing comes from");
}

#[test]
fn no_path_climbs_out_of_its_module() {
    for file in sources() {
        let depth = file.path.trim_end_matches("/mod.rs").split('/').count();
        for (number, line) in production(&file.text).lines().enumerate() {
            let climbs = line.matches("super::").count();
            // `use a::{super::b}` does not exist, so all of a line's climbs belong to one path at most.
            let is_one_path = line.contains(&"super::".repeat(climbs.max(1)));
            assert!(!is_one_path || climbs < depth, "src/{}:{}: write `crate::` instead", file.path, number + 1);
        }
    }
}

#[test]
fn what_decides_sees_neither_the_world_nor_a_clock() {
    for file in sources() {
        let text = production(&file.text);
        if DECIDING.contains(&file.path.as_str()) {
            for (line, module) in imports(&text) {
                assert_eq!(module, "domain", "src/{}:{line}", file.path);
            }
        } else if !matches!(file.module(), "domain" | "api") {
            continue;
        }
        for word in EFFECTS {
            assert!(!text.contains(word), "src/{} is pure and must not use {word}", file.path);
        }
    }
}

#[test]
fn the_supervisor_outlives_the_server_because_it_needs_none_of_its_machinery() {
    for file in sources().into_iter().filter(|file| file.module() == "supervisor") {
        for word in ["tokio", "reqwest", "axum", "hyper", "rusqlite"] {
            assert!(!production(&file.text).contains(word), "src/{} must not use {word}", file.path);
        }
    }
}

#[test]
fn what_every_platform_has_needs_nothing_that_only_linux_has() {
    let linux_only = ["cli/commands/serve.rs", "cli/commands/supervise.rs", "client/local.rs"];
    for file in sources() {
        if !matches!(file.module(), "cli" | "client" | "api" | "config") || linux_only.contains(&file.path.as_str()) {
            continue;
        }
        for word in ["axum", "rusqlite", "hyper", "tracing", "signal_hook", "close_fds", "rcgen"] {
            assert!(!production(&file.text).contains(word), "src/{} must not use {word}", file.path);
        }
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for file in sources() {
        let is_test = file.path.contains("tests");
        assert!(is_test || file.text.starts_with("//! "), "src/{} does not begin with `//!`", file.path);
    }
}

#[test]
fn only_two_places_write_to_the_terminal_and_only_main_ends_the_process() {
    for file in sources() {
        let text = production(&file.text);
        let may_print = file.path.starts_with("cli/output/") || file.path == "cli/report.rs";
        for word in ["println!", "eprintln!", "print!", "dbg!"] {
            let used = text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric()));
            assert!(may_print || !used, "src/{} uses {word}", file.path);
        }
        assert!(!text.contains("process::exit"), "src/{} ends the process", file.path);
    }
}

#[test]
fn no_file_is_a_drawer_for_everything() {
    let banned = ["util", "utils", "common", "helpers", "errors", "misc", "prelude"];
    let tests = rust_files(&root().join("tests"));
    for path in rust_files(&root().join("src")).into_iter().chain(tests) {
        let names = path.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned());
        // What is above the repository is nobody's choice.
        let names: Vec<String> = names.skip(root().iter().count()).collect();
        assert!(!names.iter().any(|name| banned.contains(&name.as_str())), "{}: name what is in it", path.display());
    }
}

#[test]
fn every_test_file_is_part_of_the_one_binary() {
    let folder = root().join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).expect("main.rs");
    let listed: BTreeSet<String> =
        main.lines().filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())).collect();
    let names = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let present: BTreeSet<String> = names
        .map(|name| name.to_string_lossy().trim_end_matches(".rs").to_owned())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(listed, present);
}

#[test]
fn the_reader_of_imports_sees_groups_and_skips_comments() {
    let text = "use crate::{\n    store::{self, Tx},\n    engine,\n};\n// crate::cli\n/// [`crate::client`]\nfn f() { crate::api::g() }\n";
    let found: Vec<String> = imports(text).into_iter().map(|(_, module)| module).collect();
    assert_eq!(found, ["store", "engine", "api"]);
}

struct Source {
    /// Below `src`.
    path: String,
    text: String,
}

impl Source {
    fn module(&self) -> &str {
        module_of(&self.path)
    }
}

fn module_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

fn allowed_for(path: &str) -> BTreeSet<&'static str> {
    let rules = ALLOWED.iter().filter(|(module, _)| *module == module_of(path)).map(|(_, to)| *to);
    let exceptions = EXCEPTIONS.iter().filter(|(file, ..)| *file == path).map(|(_, to, _)| *to);
    rules.chain(exceptions).flatten().copied().collect()
}

/// Every file of the modules; the crate's root only declares them.
fn sources() -> Vec<Source> {
    let folder = root().join("src");
    let files = rust_files(&folder).into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("a source file");
        let path = path.strip_prefix(&folder).expect("below src").to_string_lossy().into_owned();
        Source { path, text }
    });
    files.filter(|file| !matches!(file.path.as_str(), "main.rs" | "lib.rs")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What is compiled into the program: without comments and without the test module at the end.
fn production(text: &str) -> String {
    let text = match text.rfind("\n#[cfg(test)]\nmod tests {") {
        Some(end) => &text[..end],
        None => text,
    };
    without_comments(text)
}

/// Lines keep their numbers.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}

/// The modules that a text names after `crate::`, with their lines.
fn imports(text: &str) -> Vec<(usize, String)> {
    let text = without_comments(text);
    let mut found = Vec::new();
    for (at, prefix) in text.match_indices("crate::") {
        let line = text[..at].matches('\n').count() + 1;
        let after = &text[at + prefix.len()..];
        match after.strip_prefix('{') {
            None => found.push((line, word(after))),
            Some(group) => found.extend(first_words(group).into_iter().map(|module| (line, module))),
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
}

/// The first word of every member of a group whose opening brace was just read.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut is_start, mut found) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            c if is_start && c.is_ascii_lowercase() => {
                found.push(word(&group[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    found
}
