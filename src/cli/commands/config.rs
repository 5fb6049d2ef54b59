//! `config get | set | unset | list` and `configure`: the settings in `config.yaml`. No server is asked.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

use crate::cli::exit_code::ExitCode;
use crate::cli::output::rows::Row;
use crate::cli::output::{self, Format, Output};
use crate::cli::report::{Failure, Report};
use crate::cli::{Global, Outcome, session};
use crate::client::remote::Remote;
use crate::config::client::ClientSettings;
use crate::config::home::Home;
use crate::config::settings::{ALL, Setting, find};
use crate::config::{ConfigError, edit, env, file};

/// What a secret is shown as.
const HIDDEN: &str = "***";

/// Verbs of `config`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ConfigCommand {
    /// Print the value of a setting, the one that counts: of the environment, else of the file.
    #[command(before_help = "Example: batchai config get defaults.workspace")]
    Get(GetArgs),
    /// Change settings in the file.
    #[command(before_help = "Example: batchai config set defaults.workspace=ws output=table")]
    Set(SetArgs),
    /// Take settings out of the file.
    #[command(before_help = "Example: batchai config unset defaults.workspace")]
    Unset(UnsetArgs),
    /// List all settings.
    #[command(before_help = "Example: batchai config list --show-origin -o table")]
    List(ListArgs),
}

/// Arguments of `get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The setting; `batchai config list` shows all. The names of `az`, such as `core.output`, are known too.
    #[arg(value_name = "KEY")]
    key: String,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Settings and their values; one setting may also be given as two words, `KEY VALUE`.
    #[arg(value_name = "KEY=VALUE", required = true)]
    settings: Vec<String>,
}

/// Arguments of `unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// The settings.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Also say where each value comes from: default, file or environment.
    #[arg(long)]
    show_origin: bool,
}

/// Arguments of `configure`.
#[derive(Debug, Args)]
pub struct ConfigureArgs {
    /// Names that need not be given any more: group, workspace, experiment, cluster, location. An empty value takes
    /// one away.
    #[arg(long, short = 'd', num_args = 1.., value_name = "KEY=VALUE", required_unless_present = "list_defaults")]
    defaults: Vec<String>,
    /// List them.
    #[arg(long, short = 'l')]
    list_defaults: bool,
}

/// A setting as it is printed.
#[derive(Debug, Serialize)]
struct Entry {
    name: &'static str,
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl Row for Entry {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        if self.origin.is_some() { &["Name", "Value", "Origin"] } else { &["Name", "Value"] }
    }

    fn cells(&self) -> Vec<String> {
        let cells = [self.name.to_owned(), self.value.clone().unwrap_or_default()];
        cells.into_iter().chain(self.origin.clone()).collect()
    }
}

/// The file, as it is and under the environment.
struct Settings {
    home: Home,
    of_file: ClientSettings,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub fn run(command: ConfigCommand, global: &Global, report: Report) -> Outcome {
    let settings = Settings::load()?;
    match command {
        ConfigCommand::Get(args) => settings.get(&args.key, global),
        ConfigCommand::Set(args) => settings.change(&assignments(&args.settings)?, report),
        ConfigCommand::Unset(args) => {
            let changes: Result<Vec<Change>, Failure> = args.keys.iter().map(|key| Ok((known(key)?, None))).collect();
            settings.change(&changes?, report)
        }
        ConfigCommand::List(args) => settings.list(ALL.iter(), args.show_origin, global),
    }
}

/// `configure --defaults`.
///
/// # Errors
/// With what to tell the user.
pub fn configure(args: &ConfigureArgs, global: &Global, report: Report) -> Outcome {
    let settings = Settings::load()?;
    if args.list_defaults {
        let defaults = ALL.iter().filter(|setting| setting.key.starts_with("defaults."));
        return settings.list(defaults, true, global);
    }
    let qualified: Vec<String> = args.defaults.iter().map(|default| format!("defaults.{default}")).collect();
    settings.change(&assignments(&qualified)?, report)
}

/// A setting, and its new value; `None`: none.
type Change = (&'static Setting, Option<String>);

impl Settings {
    fn load() -> Result<Self, Failure> {
        let home = Home::find()?;
        let of_file = ClientSettings::of_file(&home.client_config())?;
        Ok(Self { home, of_file })
    }

    fn get(&self, key: &str, global: &Global) -> Outcome {
        let entry = self.entry(known(key)?, true);
        let Some(value) = &entry.value else {
            let failure = Failure::new(ExitCode::Missing, format!("`{key}` is not set"));
            return Err(failure.hint(format!("`batchai config set {key}=VALUE` sets it")));
        };
        if global.output.is_none() && global.query.is_none() {
            output::raw(format!("{value}\n").as_bytes())?;
            return Ok(ExitCode::Ok.value());
        }
        session::printer(global, &self.of_file)?.print(&Output::one(&entry))?;
        Ok(ExitCode::Ok.value())
    }

    fn list(&self, settings: impl Iterator<Item = &'static Setting>, show_origin: bool, global: &Global) -> Outcome {
        let entries: Vec<Entry> = settings.map(|setting| self.entry(setting, show_origin)).collect();
        session::printer(global, &self.of_file)?.print(&Output::list(&entries))?;
        Ok(ExitCode::Ok.value())
    }

    fn entry(&self, setting: &'static Setting, show_origin: bool) -> Entry {
        let (value, origin) = match (setting.variable(env::get), setting.value(&self.of_file)) {
            (Some((variable, value)), _) => (Some(value), format!("environment, {variable}")),
            (None, Some(value)) => (Some(value), format!("file, {}", self.home.client_config().display())),
            (None, None) => (None, "default".to_owned()),
        };
        let value = if setting.is_secret { value.map(|_| HIDDEN.to_owned()) } else { value };
        Entry { name: setting.key, value, origin: show_origin.then_some(origin) }
    }

    /// Changes the file, all or nothing; two commands that do it at once do it one after the other.
    fn change(&self, changes: &[Change], report: Report) -> Outcome {
        let path = self.home.client_config();
        let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
        let _turn = file::lock_folder_of(&path).map_err(unwritable)?;
        let mut expected = ClientSettings::of_file(&path)?;
        let mut text = std::fs::read_to_string(&path).unwrap_or_default();
        for (setting, value) in changes {
            text = edit::edited(&text, setting.key, value.as_deref());
            setting.put(&mut expected, value.as_deref());
        }
        if ClientSettings::parse(&text).as_ref() != Ok(&expected) {
            let message = format!("{} is written in a way that this command cannot change", path.display());
            return Err(Failure::new(ExitCode::Refused, message).hint("change it in an editor; nothing was written"));
        }
        file::write(&path, &text).map_err(unwritable)?;
        for (setting, _) in changes {
            if let Some((variable, _)) = setting.variable(env::get) {
                report.warn(&format!("{variable} is set in the environment, and wins over `{}`", setting.key));
            }
        }
        Ok(ExitCode::Ok.value())
    }
}

/// `KEY=VALUE ...`, or `KEY VALUE`.
fn assignments(words: &[String]) -> Result<Vec<Change>, Failure> {
    if let [key, value] = words
        && !key.contains('=')
    {
        return Ok(vec![assignment(key, value)?]);
    }
    let split = |word: &String| match word.split_once('=') {
        Some((key, value)) => assignment(key, value),
        None => {
            let failure = Failure::new(ExitCode::Usage, format!("`{word}` sets nothing: write KEY=VALUE"));
            Err(failure.hint(format!("`batchai config get {word}` shows its value")))
        }
    };
    words.iter().map(split).collect()
}

fn assignment(key: &str, value: &str) -> Result<Change, Failure> {
    let setting = known(key)?;
    if value.is_empty() {
        return Ok((setting, None));
    }
    check(setting, value)?;
    let normal = if setting.is_flag() {
        let mut settings = ClientSettings::default();
        let wrong = |expected| Failure::new(ExitCode::Usage, format!("`{key}` must be {expected}, not `{value}`"));
        setting.assign(&mut settings, value).map_err(wrong)?;
        setting.value(&settings)
    } else {
        Some(value.to_owned())
    };
    Ok((setting, normal))
}

/// A value that no command could use is refused here already.
fn check(setting: &Setting, value: &str) -> Result<(), Failure> {
    match setting.key {
        "endpoint" => Remote::new(value).map(drop).map_err(Failure::from),
        "output" => Format::named(value).map(drop),
        "subscription" => session::check_subscription(value),
        "defaults.group" | "defaults.fileServerGroup" => session::check_group(value),
        "defaults.workspace" => session::check_name("workspace", value),
        "defaults.experiment" => session::check_name("experiment", value),
        "defaults.cluster" if !value.contains('/') => session::check_name("cluster", value),
        _ => Ok(()),
    }
}

fn known(key: &str) -> Result<&'static Setting, Failure> {
    if let Some(setting) = find(key) {
        return Ok(setting);
    }
    let near = |name: &&str| strsim::jaro_winkler(key, name);
    let names = ALL.iter().flat_map(|setting| setting.aliases.iter().copied().chain([setting.key]));
    let nearest = names.max_by(|a, b| near(a).total_cmp(&near(b))).filter(|name| near(name) > 0.8);
    let failure = Failure::new(ExitCode::Usage, format!("there is no setting `{key}`"));
    Err(match nearest {
        Some(name) => failure.hint(format!("did you mean `{name}`?")),
        None => failure.hint("`batchai config list` shows all settings"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_as_pairs_or_as_two_words() {
        let set = |words: &[&str]| assignments(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        let group = find("defaults.group").expect("a setting");
        assert_eq!(set(&["defaults.group=a"]), Ok(vec![(group, Some("a".into()))]));
        assert_eq!(set(&["defaults.group", "a"]), Ok(vec![(group, Some("a".into()))]));
        assert_eq!(set(&["defaults.group="]), Ok(vec![(group, None)]));
        assert_eq!(set(&["core.disable_confirm_prompt=On"]).expect("a change")[0].1.as_deref(), Some("true"));
        for wrong in [&["defaults.group"][..], &["defaults.group=a", "b"], &["defaults.group=a b"], &["output=xml"]] {
            assert_eq!(set(wrong).map_err(|failure| failure.code), Err(ExitCode::Usage), "{wrong:?}");
        }
    }

    #[test]
    fn an_unknown_setting_is_compared_with_all_names() {
        let hint = |key: &str| known(key).expect_err("a failure").hints.join("");
        assert_eq!(hint("default.workspace"), "did you mean `defaults.workspace`?");
        assert_eq!(hint("core.outptu"), "did you mean `core.output`?");
        assert_eq!(hint("x"), "`batchai config list` shows all settings");
    }
}
