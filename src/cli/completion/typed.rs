//! What the words before the cursor say: which command, and which of its arguments have which values.
//!
//! Read without mercy for what is wrong or missing, since the line is not finished; so it is not clap that reads it.

use clap::{Arg, ArgAction, Command};
use clap_complete::engine::CompletionCandidate;

/// What was typed before the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// The words, with flags that have a name of their own beside the shown one under the shown one.
    pub words: Vec<String>,
    /// Ids of arguments and their values, in order; of a flag without a value, empty.
    given: Vec<(String, String)>,
    /// Arguments that cannot be given twice.
    once: Vec<String>,
}

/// An argument that waits for its value, and whether it takes more than one.
struct Open<'c> {
    arg: &'c Arg,
    takes_more: bool,
}

impl Typed {
    /// Reads the words, the program first.
    #[must_use]
    pub fn read(definition: &Command, words: &[String]) -> Self {
        let mut typed = Self { words: words.iter().take(1).cloned().collect(), ..Self::default() };
        let mut at = At { globals: definition, command: definition, places: 0 };
        let mut open: Option<Open<'_>> = None;
        for word in words.iter().skip(1) {
            let mut shown = word.clone();
            if let Some(flag) = at.flag(word) {
                shown = flag.shown;
                typed.give(flag.arg, flag.value.as_deref().unwrap_or_default());
                let is_open = flag.value.is_none() && flag.arg.get_action().takes_values();
                open = is_open.then(|| Open { arg: flag.arg, takes_more: takes_many(flag.arg) });
                if is_open {
                    typed.given.pop();
                }
            } else if let Some(Open { arg, takes_more }) = open.take() {
                typed.give(arg, word);
                open = takes_more.then_some(Open { arg, takes_more });
            } else if let Some(command) = at.command.find_subcommand(word) {
                at = At { command, places: 0, ..at };
            } else if let Some(arg) = at.next_place() {
                typed.give(arg, word);
            }
            typed.words.push(shown);
        }
        typed
    }

    fn give(&mut self, arg: &Arg, value: &str) {
        let id = arg.get_id().to_string();
        let is_once = matches!(arg.get_action(), ArgAction::Set | ArgAction::SetTrue | ArgAction::SetFalse);
        if is_once && !self.once.contains(&id) {
            self.once.push(id.clone());
        }
        self.given.push((id, value.to_owned()));
    }

    /// The last value of an argument; `None` when it was not given or is empty.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<&str> {
        let found = self.given.iter().rev().find(|(given, _)| given == id);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of the first of these that was given.
    #[must_use]
    pub fn first(&self, ids: &[&str]) -> Option<String> {
        ids.iter().find_map(|id| self.value(id)).map(str::to_owned)
    }

    /// All values of an argument.
    pub fn values(&self, id: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(given, _)| given == id).map(|(_, value)| value.as_str())
    }

    /// Whether a candidate is a flag that was given and cannot be given again.
    pub(super) fn has(&self, candidate: &CompletionCandidate) -> bool {
        let id = candidate.get_id().and_then(|id| id.strip_prefix("arg::"));
        id.is_some_and(|id| self.once.iter().any(|given| given == id))
    }
}

/// How far the words have led.
struct At<'c> {
    globals: &'c Command,
    command: &'c Command,
    /// So many words without a flag stood here.
    places: usize,
}

struct Flag<'c> {
    arg: &'c Arg,
    value: Option<String>,
    shown: String,
}

impl<'c> At<'c> {
    fn flag(&self, word: &str) -> Option<Flag<'c>> {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let arg = self.find(|arg| {
                arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
            })?;
            let own = arg.get_long().unwrap_or(name);
            let shown = value.map_or_else(|| format!("--{own}"), |value| format!("--{own}={value}"));
            return Some(Flag { arg, value: value.map(str::to_owned), shown });
        }
        let mut rest = word.strip_prefix('-')?.chars();
        // Of flags written as one, such as `-yn`, the last may take a value.
        loop {
            let name = rest.next()?;
            let arg = self.find(|arg| {
                arg.get_short() == Some(name) || arg.get_all_short_aliases().is_some_and(|all| all.contains(&name))
            })?;
            if arg.get_action().takes_values() || rest.as_str().is_empty() {
                let value = Some(rest.as_str()).filter(|value| !value.is_empty());
                let is_alone = word.chars().count() == 2;
                let own = arg.get_short().filter(|_| is_alone);
                let shown = own.map_or_else(|| word.to_owned(), |own| format!("-{own}"));
                let value = value.map(|value| value.strip_prefix('=').unwrap_or(value).to_owned());
                return Some(Flag { arg, value, shown });
            }
        }
    }

    fn find(&self, is_it: impl Fn(&Arg) -> bool) -> Option<&'c Arg> {
        let own = self.command.get_arguments();
        own.chain(self.globals.get_arguments().filter(|arg| arg.is_global_set())).find(|arg| is_it(arg))
    }

    /// The argument that a word without a flag is for.
    fn next_place(&mut self) -> Option<&'c Arg> {
        let places: Vec<&Arg> = self.command.get_positionals().collect();
        let arg = places.get(self.places.min(places.len().checked_sub(1)?)).copied();
        self.places += 1;
        arg
    }
}

fn takes_many(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|count| count.max_values() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Typed {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Typed::read(&crate::cli::definition(), &words)
    }

    #[test]
    fn flags_are_found_in_every_spelling_and_before_every_word() {
        for line in [
            "batchai job show --workspace ws",
            "batchai job show --workspace=ws",
            "batchai job show -w ws -n",
            "batchai job show -wws -e",
            "batchai --output table job show one -w ws",
            "batchai job delete -yw ws",
        ] {
            assert_eq!(read(line).value("workspace"), Some("ws"), "{line}");
        }
        assert_eq!(read("batchai --endpoint http://a:1 job").value("endpoint"), Some("http://a:1"));
        assert_eq!(read("batchai job list --endpoint http://a:1").value("endpoint"), Some("http://a:1"));
        assert_eq!(read("batchai job show -w").value("workspace"), None);
        assert_eq!(read("batchai job show --nonsense -w ws x").value("workspace"), Some("ws"));
    }

    #[test]
    fn names_without_a_flag_are_kept_in_order() {
        let typed = read("batchai job show a -w ws b --ids x y");
        assert_eq!(typed.values("names").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(typed.values("ids").collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn a_second_name_of_a_flag_is_read_as_the_first() {
        let typed = read("batchai job logs -j train --job");
        assert_eq!(typed.words.join(" "), "batchai job logs -n train --name");
        assert_eq!(typed.value("name"), Some("train"));
    }
}
