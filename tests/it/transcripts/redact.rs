//! What differs from run to run and from machine to machine, taken out of a transcript.

use std::net::Ipv4Addr;

/// Replaces ids, moments, spans of time, ports and sizes in a line; `known` are texts of this run and what stands
/// for them. Whether the replacement changed the width of anything is told, for tables move with it.
pub fn line(text: &str, known: &[(String, String)]) -> (String, bool) {
    let mut text = text.to_owned();
    let mut is_moved = false;
    for (this, general) in known {
        let replaced = in_place_of(this, general, &text);
        is_moved |= replaced != text && this.chars().count() != general.chars().count();
        text = replaced;
    }
    let mut out = String::new();
    for (at, word) in split(&text) {
        let replaced = if at { of_word(word) } else { word.to_owned() };
        is_moved |= replaced.chars().count() != word.chars().count();
        out.push_str(&replaced);
    }
    let spans = of_spans(&out);
    is_moved |= spans != out;
    (if spans.contains("for N second") { narrowed(&spans) } else { spans }, is_moved)
}

/// `text` with `general` in the place of `this`, but not where it is a part of a longer number: ids of processes may be
/// as short as any.
fn in_place_of(this: &str, general: &str, text: &str) -> String {
    let is_digit = |sign: Option<char>| sign.is_some_and(|sign| sign.is_ascii_digit());
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(this) {
        let (before, after) = (&rest[..at], &rest[at + this.len()..]);
        let goes_on = is_digit(before.chars().next_back()) && is_digit(this.chars().next())
            || is_digit(after.chars().next()) && is_digit(this.chars().next_back());
        out.push_str(before);
        out.push_str(if goes_on { this } else { general });
        rest = after;
    }
    out + rest
}

/// Words, and what stands between them.
fn split(text: &str) -> Vec<(bool, &str)> {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || "-_:.+".contains(sign);
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = is_part(first);
        let end = rest.find(|sign| is_part(sign) != kind).unwrap_or(rest.len());
        parts.push((kind, &rest[..end]));
        rest = &rest[end..];
    }
    parts
}

fn of_word(word: &str) -> String {
    let bare = word.trim_end_matches([':', '.']);
    let tail = &word[bare.len()..];
    if let Some(spelled) = of_name(bare) {
        return spelled + tail;
    }
    let hex = |text: &str| text.len() >= 12 && text.chars().all(|sign| sign.is_ascii_hexdigit());
    if is_moment(bare) {
        let zone = if bare.ends_with('Z') { "Z" } else { "+00:00" };
        return format!("YYYY-MM-DDThh:mm:ss{zone}{tail}");
    }
    if let Some((host, port)) = bare.split_once(':')
        && host.parse::<Ipv4Addr>().is_ok()
        && port.parse::<u16>().is_ok_and(|port| port > 1)
    {
        return format!("{host}:PORT{tail}");
    }
    if is_uuid(bare) && bare.chars().any(|sign| !"0-".contains(sign)) {
        return format!("{}{tail}", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    }
    if let Some(digest) = bare.strip_prefix("sha256:")
        && hex(digest)
    {
        return format!("sha256:DIGEST{tail}");
    }
    if hex(bare) && bare.chars().any(|sign| sign != '0') {
        return format!("HEX{tail}");
    }
    if bare.starts_with("bai_") && bare.len() > 20 {
        return format!("bai_TOKEN{tail}");
    }
    word.to_owned()
}

/// Names that are made of moments and of random ids, and spans as Python writes them.
fn of_name(word: &str) -> Option<String> {
    if let Some((node, _)) = word.strip_prefix("tvm-").and_then(|rest| rest.split_once('-')) {
        return Some(format!("tvm-{node}-MOMENT"));
    }
    if has_form(word, "0000-00-00") {
        return Some("YYYY-MM-DD".into());
    }
    // Addresses of nodes are of a network of the server's own.
    if let Some((_, node)) = word.strip_prefix("127.").and_then(|rest| rest.split_once(".0."))
        && word.parse::<Ipv4Addr>().is_ok()
    {
        return Some(format!("127.N.0.{node}")).filter(|_| !word.starts_with("127.0."));
    }
    let (time, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits = |text: &str| text.chars().all(|sign| sign.is_ascii_digit());
    if has_form(time, "0:00:00") && digits(fraction) {
        return Some("H:MM:SS".into());
    }
    // A moment without milliseconds has no fraction.
    let is_time = has_form(time, "00:00:00") && fraction.strip_suffix("+00:00").is_some_and(digits);
    if is_time || has_form(word, "00:00:00+00:00") {
        return Some("hh:mm:ss+00:00".into());
    }
    None
}

/// Whether each character of the text is a digit where the form has `0`, and the same elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(sign, of)| if of == '0' { sign.is_ascii_digit() } else { sign == of })
}

fn is_moment(word: &str) -> bool {
    let whole = "0000-00-00T00:00:00";
    word.is_ascii() && word.len() > whole.len() && has_form(&word[..whole.len()], whole) && {
        let rest = word[whole.len()..].trim_start_matches(|sign: char| sign == '.' || sign.is_ascii_digit());
        rest == "Z" || rest == "+00:00"
    }
}

fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|sign| sign.is_ascii_hexdigit() || sign == '-')
}

/// Spans of time (`3 seconds ago`, `in 29 days`, `1.2 s`, `12 ms`) and sizes of memory and disks.
fn of_spans(text: &str) -> String {
    let text = text.replace("a moment", "0 seconds").replace("1 second ", "1 seconds ");
    let words: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let unit = words.get(at + 1).copied().unwrap_or_default();
        let bare = unit.trim_end_matches([',', '.', ':', ')', ';']).trim_end_matches('s');
        let number = words[at].trim_start_matches('(');
        let is_number = !number.is_empty() && number.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
        let is_ago = words.get(at + 2).is_some_and(|word| word.starts_with("ago"));
        let is_in = out.last().is_some_and(|word| word == "in");
        if words[at].starts_with('/') && words[at].ends_with('…') {
            out.push("/...…".into());
        } else if is_number && (is_in || is_ago) && UNITS.contains(&bare) {
            out.push("SOME-TIME".into());
            at += 1;
        } else if is_number && (unit == "s" || ["minute", "second"].contains(&bare)) {
            out.push(format!("{}N", &words[at][..words[at].len() - number.len()]));
        } else if is_number && ["manual", "variables"].contains(&bare) {
            out.push("N".into());
        } else if out.last().is_some_and(|word| word == "(pid" || word == "(id") {
            out.push(format!("N){}", words[at].trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ')')));
        } else if words[at] == "now" && out.last().is_some_and(String::is_empty) {
            out.push("SOME-TIME".into());
            out.push("ago".into());
        } else if is_number && ["GB", "MB", "GiB", "MiB"].contains(&bare) {
            out.push(format!("{}N", &words[at][..words[at].len() - number.len()]));
        } else {
            out.push(words[at].into());
        }
        at += 1;
    }
    out.join(" ")
}

const UNITS: [&str; 6] = ["second", "minute", "hour", "day", "month", "year"];

/// A table whose columns moved with what was replaced, in a form that does not move: two blanks between columns,
/// three dashes below each title. A table is known by its line of dashes.
pub fn settled(lines: &[(String, bool)]) -> Vec<String> {
    let mut out: Vec<String> = lines.iter().map(|(line, _)| line.clone()).collect();
    for (at, _) in lines.iter().enumerate().filter(|(_, (line, _))| is_rule(line)) {
        let end = at + lines[at..].iter().take_while(|(line, _)| !line.is_empty()).count();
        if lines[at - 1..end].iter().any(|(_, is_moved)| *is_moved) {
            for line in &mut out[at - 1..end] {
                *line = narrowed(line);
            }
        }
    }
    out
}

/// Whether a line is the one below the titles of a table.
pub fn is_rule(line: &str) -> bool {
    let plain = super::screen::plain(line);
    plain.starts_with("--") && plain.chars().all(|sign| sign == '-' || sign == ' ')
}

fn narrowed(line: &str) -> String {
    let mut out = String::new();
    let mut run = 0;
    let mut last = '\0';
    for sign in line.chars() {
        run = if sign == last { run + 1 } else { 1 };
        last = sign;
        if !(sign == ' ' && run > 2 || sign == '-' && run > 3 && is_rule(line)) {
            out.push(sign);
        }
    }
    out
}

#[test]
fn what_differs_is_replaced_and_the_rest_stays() {
    let known = [("/tmp/.x1/work", "WORK"), ("865", "{PID}")].map(|(this, general)| (this.into(), general.into()));
    for (this, general) in [
        ("at 2026-11-21T12:00:00.123Z.", "at YYYY-MM-DDThh:mm:ssZ."),
        ("http://127.0.0.1:4711/x", "http://127.0.0.1:PORT/x"),
        ("in /tmp/.x1/work/a", "in WORK/a"),
        ("kill 865 or write 8650, 1865", "kill {PID} or write 8650, 1865"),
        ("made 3 seconds ago", "made SOME-TIME ago"),
        ("  first   queued for 12 seconds   in ws", "  first  queued for N seconds  in ws"),
        ("at 127.82.0.2, not 127.0.0.1", "at 127.N.0.2, not 127.0.0.1"),
        ("ran for 12 s", "ran for N s"),
        ("made in 29 days", "made in SOME-TIME"),
        ("a  /tmp/.tmpgr…  b", "a  /...…  b"),
        ("queued for a moment", "queued for N seconds"),
        ("at 2026-11-21 14:06:32.672000+00:00; took 0:00:01.13", "at YYYY-MM-DD hh:mm:ss+00:00; took H:MM:SS"),
        ("at 2026-11-21 18:05:07+00:00", "at YYYY-MM-DD hh:mm:ss+00:00"),
        ("stopped (pid 47).", "stopped (pid N)."),
        ("exit code 3 of 4 nodes", "exit code 3 of 4 nodes"),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
    ] {
        assert_eq!(line(this, &known).0, general);
    }
    let table = [("A   Time", false), ("--  ------------", false), ("b   SOME-TIME ago", true)];
    let table = table.map(|(line, is_moved)| (line.to_owned(), is_moved));
    assert_eq!(settled(&table), ["A  Time", "--  ---", "b  SOME-TIME ago"]);
}
