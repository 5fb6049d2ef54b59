//! Changing one setting in the text of `config.yaml`, so that comments and order stay as their writer left them.
//!
//! Pure. Knows lines of the form `key: value`, and `section:` with such lines below it. Whoever calls it compares what
//! the new text says with what it should say: a file may be written in ways that this does not understand.

/// The text with the setting at `key` (`output`, or `defaults.group`) as `value`; without it where that is `None`.
#[must_use]
pub fn edited(text: &str, key: &str, value: Option<&str>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match key.split_once('.') {
        None => in_range(&mut lines, key, "", value),
        Some((section, key)) => in_section(&mut lines, section, key, value),
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn in_range(lines: &mut Vec<String>, key: &str, indent: &str, value: Option<&str>) {
    let found = lines.iter().position(|line| is_key(line, key, indent));
    match (found, value) {
        (Some(at), Some(value)) => lines[at] = format!("{indent}{key}: {}{}", scalar(value), comment(&lines[at])),
        (Some(at), None) => drop(lines.remove(at)),
        (None, Some(value)) => lines.push(format!("{indent}{key}: {}", scalar(value))),
        (None, None) => {}
    }
}

fn in_section(lines: &mut Vec<String>, section: &str, key: &str, value: Option<&str>) {
    let Some(start) = lines.iter().position(|line| is_key(line, section, "")) else {
        if let Some(value) = value {
            lines.extend([format!("{section}:"), format!("  {key}: {}", scalar(value))]);
        }
        return;
    };
    let is_inside = |line: &String| line.starts_with([' ', '\t']) || line.trim().is_empty() || line.starts_with('#');
    let length = lines[start + 1..].iter().take_while(|line| is_inside(line)).count();
    let mut inside: Vec<String> = lines.splice(start + 1..start + 1 + length, []).collect();
    // Blank lines and comments at the margin belong to what follows.
    let body = inside.iter().rposition(|line| line.starts_with([' ', '\t'])).map_or(0, |at| at + 1);
    let after = inside.split_off(body);
    let first = inside.iter().find(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
    let indent = first.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]).to_owned();
    in_range(&mut inside, key, &indent, value);
    let has_keys = inside.iter().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    if !has_keys && lines[start].trim_end().ends_with(':') {
        lines.remove(start);
        lines.splice(start..start, inside.into_iter().chain(after));
    } else {
        lines.splice(start + 1..start + 1, inside.into_iter().chain(after));
    }
}

fn is_key(line: &str, key: &str, indent: &str) -> bool {
    let rest =
        line.strip_prefix(indent).and_then(|line| line.strip_prefix(key)).and_then(|line| line.strip_prefix(':'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// What stands behind a value, with the blanks before it.
fn comment(line: &str) -> &str {
    // In quotes, `#` may be part of the value.
    let is_plain = !line.contains(['"', '\'']);
    line.find(" #").filter(|_| is_plain).map_or("", |at| &line[at..])
}

/// A value so that YAML reads it as text, and `true` and `false` as what they are.
fn scalar(value: &str) -> String {
    const WORDS: [&str; 8] = ["null", "yes", "no", "on", "off", "y", "n", "~"];
    let is_word = WORDS.iter().any(|word| value.eq_ignore_ascii_case(word));
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
    if is_plain && !is_word { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client::ClientSettings;

    const FILE: &str = "# mine\noutput: table # wide\n\ndefaults:\n    # of the team\n    workspace: w\n\n# last\nendpoint: \"https://h:1\"\n";

    #[test]
    fn one_line_changes_and_all_others_stay() {
        let changed = edited(FILE, "output", Some("json"));
        assert_eq!(changed, FILE.replace("table # wide", "json # wide"));
        let changed = edited(FILE, "defaults.workspace", Some("x y"));
        assert_eq!(changed, FILE.replace("workspace: w", "workspace: \"x y\""));
    }

    #[test]
    fn what_is_new_goes_where_its_neighbours_are() {
        let changed = edited(FILE, "defaults.group", Some("g"));
        assert_eq!(changed, FILE.replace("workspace: w\n", "workspace: w\n    group: g\n"));
        assert_eq!(edited(FILE, "storage.account", Some("a")), format!("{FILE}storage:\n  account: a\n"));
        assert_eq!(edited("", "disableConfirmPrompt", Some("true")), "disableConfirmPrompt: true\n");
    }

    #[test]
    fn what_is_unset_goes_with_its_section_when_that_becomes_empty() {
        let changed = edited(FILE, "defaults.workspace", None);
        assert_eq!(changed, FILE.replace("defaults:\n", "").replace("    workspace: w\n", ""));
        assert_eq!(edited("defaults:\n  group: g\n", "defaults.group", None), "");
        assert_eq!(edited(FILE, "defaults.group", None), FILE);
    }

    #[test]
    fn every_value_is_read_again_as_it_was() {
        for value in
            ["a", "12", "yes", "NULL", "0x1f", "", " a ", "a: b", "#", "\"q\"", "ä\n", "https://h:1", "1.0", "~"]
        {
            let settings = ClientSettings::parse(&edited(FILE, "defaults.group", Some(value))).expect("settings");
            assert_eq!(settings.defaults.group.as_deref(), Some(value));
            assert_eq!(settings.output.as_deref(), Some("table"));
        }
    }
}
