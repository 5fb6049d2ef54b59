//! Colours: of JSON and YAML, and of states. Pure; whether there are colours is `screen`'s to know.

use anstyle::{AnsiColor, Style};

const KEY: Style = AnsiColor::Blue.on_default().bold();
const TEXT: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Cyan.on_default();
const WORD: Style = AnsiColor::Yellow.on_default();

/// The colour that says what a state means; none for one that asks for nothing.
#[must_use]
pub fn of_state(state: &str) -> Option<Style> {
    let colour = match state {
        "failed" => AnsiColor::Red,
        "succeeded" => AnsiColor::Green,
        "running" | "resizing" | "creating" => AnsiColor::Cyan,
        "queued" | "deleting" | "terminating" => AnsiColor::Yellow,
        _ => return None,
    };
    Some(colour.on_default())
}

/// A text in a colour.
#[must_use]
pub fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// JSON with a value per line at most, as serde_json writes it for people.
#[must_use]
pub fn json(text: &str) -> String {
    lines(text, |line| {
        let (indent, rest) = split_indent(line);
        let (rest, comma) = rest.strip_suffix(',').map_or((rest, ""), |rest| (rest, ","));
        match json_key(rest) {
            Some((key, value)) => format!("{indent}{}: {}{comma}", painted(KEY, key), scalar(value)),
            None => format!("{indent}{}{comma}", scalar(rest)),
        }
    })
}

/// A key in quotes and what follows its colon.
fn json_key(text: &str) -> Option<(&str, &str)> {
    let (key, after) = quoted(text)?;
    Some((key, after.strip_prefix(": ")?))
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.strip_prefix('"')?.find(|c| match c {
        _ if is_escaped => {
            is_escaped = false;
            false
        }
        '\\' => {
            is_escaped = true;
            false
        }
        c => c == '"',
    })?;
    Some(text.split_at(end + 2))
}

/// YAML with a key or an element per line. The lines of a text in block form are left as they are.
#[must_use]
pub fn yaml(text: &str) -> String {
    let mut block: Option<usize> = None;
    lines(text, |line| {
        let (indent, rest) = split_indent(line);
        let is_inside = block.is_some_and(|depth| indent.len() > depth || rest.is_empty());
        if is_inside {
            return line.to_owned();
        }
        let body = rest.trim_start_matches("- ");
        let dashes = &rest[..rest.len() - body.len()];
        let is_block = body.rsplit(' ').next().is_some_and(|last| last.starts_with(['|', '>']) && last.len() <= 3);
        block = is_block.then_some(indent.len());
        let painted = match yaml_key(body) {
            Some((key, "")) => format!("{}:", painted(KEY, key)),
            Some((key, value)) if is_block => format!("{}: {value}", painted(KEY, key)),
            Some((key, value)) => format!("{}: {}", painted(KEY, key), scalar(value)),
            None if is_block => body.to_owned(),
            None => scalar(body),
        };
        format!("{indent}{dashes}{painted}")
    })
}

fn yaml_key(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('"') {
        return json_key(text).or_else(|| quoted(text).filter(|(_, after)| *after == ":").map(|(key, _)| (key, "")));
    }
    if text.starts_with('\'') {
        return None;
    }
    text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, "")))
}

fn scalar(text: &str) -> String {
    let style = match text {
        "null" | "true" | "false" | "~" => WORD,
        _ if text.starts_with(['{', '[', '}', ']']) || text.is_empty() || text == "-" => return text.to_owned(),
        _ if text.parse::<f64>().is_ok() => NUMBER,
        _ => TEXT,
    };
    painted(style, text)
}

fn split_indent(line: &str) -> (&str, &str) {
    line.split_at(line.len() - line.trim_start_matches(' ').len())
}

fn lines(text: &str, paint: impl FnMut(&str) -> String) -> String {
    text.lines().map(paint).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Colours as letters.
    fn legible(text: &str) -> String {
        let mut text = text.to_owned();
        for (style, name) in [(KEY, "k"), (TEXT, "t"), (NUMBER, "n"), (WORD, "w")] {
            text = text.replace(&style.to_string(), &format!("<{name}>"));
        }
        text.replace(&Style::new().bold().render_reset().to_string(), "</>")
    }

    fn value() -> serde_json::Value {
        json!({"a\": b": ["x, y", 1.5, null, true, {}, []], "deep": {"text": "k: v", "lines": "one: 1\ntwo"}})
    }

    #[test]
    fn keys_texts_numbers_and_words_differ_in_json() {
        let text = serde_json::to_string_pretty(&value()).expect("JSON");
        assert_eq!(anstream::adapter::strip_str(&json(&text)).to_string(), text);
        insta::assert_snapshot!(legible(&json(&text)), @r#"
        {
          <k>"a\": b"</>: [
            <t>"x, y"</>,
            <n>1.5</>,
            <w>null</>,
            <w>true</>,
            {},
            []
          ],
          <k>"deep"</>: {
            <k>"text"</>: <t>"k: v"</>,
            <k>"lines"</>: <t>"one: 1\ntwo"</>
          }
        }
        "#);
    }

    #[test]
    fn keys_texts_numbers_and_words_differ_in_yaml() {
        let text = serde_yaml::to_string(&value()).expect("YAML");
        assert_eq!(anstream::adapter::strip_str(&yaml(&text)).to_string(), text.trim_end());
        insta::assert_snapshot!(legible(&yaml(&text)), @r#"
        <k>"a\": b"</>:
        - <t>x, y</>
        - <n>1.5</>
        - <w>null</>
        - <w>true</>
        - {}
        - []
        <k>deep</>:
          <k>text</>: <t>"k: v"</>
          <k>lines</>: |-
            one: 1
            two
        "#);
    }

    #[test]
    fn what_asks_for_nothing_has_no_colour() {
        assert_eq!(of_state("failed"), Some(AnsiColor::Red.on_default()));
        assert_eq!(of_state("steady"), None);
        assert_eq!(of_state(""), None);
    }
}
