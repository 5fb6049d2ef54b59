//! Names and values of settings, and what else the files of the user's configuration know.

use clap::ValueEnum;
use clap_complete::engine::CompletionCandidate;

use super::live::{self, Wanted};
use super::typed::Typed;
use crate::cli::output::Format;
use crate::config::home::Home;
use crate::config::logins::Logins;
use crate::config::settings::{ALL, Setting};

/// Names of settings that begin with `current`.
pub fn keys(current: &str) -> Vec<CompletionCandidate> {
    let known = ALL.iter().filter(|setting| setting.key.starts_with(current));
    known.map(|setting| CompletionCandidate::new(setting.key).help(Some(setting.about.into()))).collect()
}

/// `KEY=`, or after the sign `KEY=VALUE`, of the settings below `prefix`, which is not typed.
pub fn assignments(prefix: &str, typed: &Typed, current: &str) -> Vec<CompletionCandidate> {
    let below = |setting: &'static Setting| Some((setting.key.strip_prefix(prefix)?, setting));
    let mut settings = ALL.iter().filter_map(below);
    let Some((key, value)) = current.split_once('=') else {
        let known = settings.filter(|(key, _)| key.starts_with(current));
        return known
            .map(|(key, setting)| CompletionCandidate::new(format!("{key}=")).help(Some(setting.about.into())))
            .collect();
    };
    let Some((_, setting)) = settings.find(|(known, _)| *known == key) else { return Vec::new() };
    let found = values(setting, typed, value);
    found.into_iter().map(|candidate| candidate.add_prefix(format!("{key}="))).collect()
}

fn values(setting: &Setting, typed: &Typed, current: &str) -> Vec<CompletionCandidate> {
    let words = |words: &[&str]| {
        let begin = words.iter().filter(|word| word.starts_with(current));
        begin.map(|word| CompletionCandidate::new(*word)).collect()
    };
    let wanted = match setting.key {
        "endpoint" => return endpoints(current),
        "output" => {
            let known: Vec<_> = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
            return words(&known.iter().map(clap::builder::PossibleValue::get_name).collect::<Vec<_>>());
        }
        "subscription" => Wanted::Subscription,
        "defaults.group" | "defaults.fileServerGroup" => Wanted::Group,
        "defaults.workspace" => Wanted::Workspace,
        "defaults.experiment" => Wanted::Experiment,
        "defaults.cluster" => Wanted::Cluster,
        "defaults.location" => Wanted::Location,
        _ if setting.is_flag() => return words(&["true", "false"]),
        _ => return Vec::new(),
    };
    live::names(wanted, None, typed, current)
}

/// Addresses of servers that were logged in to.
pub fn endpoints(current: &str) -> Vec<CompletionCandidate> {
    let logins = Home::find().ok().and_then(|home| Logins::load(home.logins()).ok()).unwrap_or_default();
    logins.origins().filter(|origin| origin.starts_with(current)).map(CompletionCandidate::new).collect()
}
