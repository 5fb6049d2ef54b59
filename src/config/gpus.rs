//! `gpus` in server.yaml: which GPUs of the machine nodes may have: `all`, `none`, or a list of names.

use serde::{Deserialize, Deserializer, de};

/// The GPUs that nodes may have. `None`: all of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gpus(pub Option<Vec<String>>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    List(Vec<Name>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Uuid(String),
    Number(u32),
}

impl Name {
    fn into_text(self) -> String {
        match self {
            Self::Uuid(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

/// What is said of anything else; never what was written, which may be a secret in the wrong place.
const EXPECTED: &str = "`gpus` must be `all`, `none`, or a list of different GPUs by UUID, as `nvidia-smi -L` shows them, \
                        or by number";

impl<'de> Deserialize<'de> for Gpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || de::Error::custom(EXPECTED);
        match Written::deserialize(deserializer).map_err(|_| wrong())? {
            Written::Word(word) if word == "all" => Ok(Self(None)),
            Written::Word(word) if word == "none" => Ok(Self(Some(Vec::new()))),
            Written::Word(_) => Err(wrong()),
            Written::List(names) => {
                let names: Vec<String> = names.into_iter().map(Name::into_text).collect();
                if are_names(&names) { Ok(Self(Some(names))) } else { Err(wrong()) }
            }
        }
    }
}

/// Names stand in variables, between commas.
fn are_names(names: &[String]) -> bool {
    let is_name =
        |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_/:.".contains(c));
    names.iter().enumerate().all(|(at, name)| is_name(name) && !names[..at].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_all_none_or_named_and_anything_else_is_refused() {
        let read =
            |text: &str| serde_yaml::from_str::<Gpus>(text).map(|gpus| gpus.0).map_err(|error| error.to_string());
        let named = |names: &[&str]| Ok(Some(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(read("all"), Ok(None));
        assert_eq!(read("none"), named(&[]));
        assert_eq!(read("[]"), named(&[]));
        assert_eq!(read("[GPU-1, MIG-2/3]"), named(&["GPU-1", "MIG-2/3"]));
        assert_eq!(read("[0, 1]"), named(&["0", "1"]));
        for text in ["2", "hunter2", "[a, a]", "['a,b']", "['']", "{a: b}", "[[a]]"] {
            let error = read(text).expect_err(text);
            assert!(error.contains(EXPECTED) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
