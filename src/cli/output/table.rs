//! Tables in the style that Python's tabulate calls "simple": two spaces between columns, a dashed rule under
//! the header, no borders, everything to the left.
//!
//! Never wraps, and cuts only what a terminal has no room for.

use comfy_table::{Table, presets};

use super::fit::{self, GAP, Wish};
use super::screen::Screen;
use super::{moment, paint};

/// Columns whose cells are states.
const STATE: &str = "State";

/// Columns whose cells are moments.
const MOMENTS: [&str; 5] = ["Created", "Expires", "Modified", "Started", "Updated"];

/// The table without its last line break. Every row has as many cells as there are columns.
pub fn render(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>, screen: &Screen) -> String {
    let mut rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| row.iter().zip(columns).map(|(cell, of)| shown(cell, of, screen)).collect())
        .collect();
    let mut measured = Table::new();
    measured.set_header(columns.iter().copied()).add_rows(&rows);
    let contents = measured.column_max_content_widths();
    let wish = |(title, content): (&&str, &u16)| {
        let content = usize::from(*content);
        // Half a state is none.
        let least = if *title == STATE { content.max(width(title)) } else { width(title) };
        Wish { title: width(title), least, content }
    };
    let wishes: Vec<Wish> = columns.iter().zip(&contents).map(wish).collect();
    let widths = fit::widths(&wishes, screen.width);
    for (cell, width_of) in rows.iter_mut().flat_map(|row| row.iter_mut().zip(&widths)) {
        *cell = fit::cut(cell, *width_of, width);
    }

    let mut table = Table::new();
    let rule = widths.iter().map(|width| "-".repeat(*width));
    table.load_style(presets::NOTHING).set_header(columns.iter().copied()).add_row(rule).add_rows(&rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.trim_fmt();
    match columns.iter().position(|title| *title == STATE).filter(|_| screen.has_colours) {
        Some(state) => coloured(&text, &rows, &widths, state),
        None => text,
    }
}

/// A moment is told as people tell it, where a person reads.
fn shown(cell: &str, column: &str, screen: &Screen) -> String {
    let now = screen.now.filter(|_| MOMENTS.contains(&column));
    now.and_then(|now| moment::relative(cell, now)).unwrap_or_else(|| one_line(cell))
}

/// The same table, every state in its colour.
fn coloured(text: &str, rows: &[Vec<String>], widths: &[usize], state: usize) -> String {
    let above = text.lines().take(2).map(str::to_owned);
    let lines = text.lines().skip(2).zip(rows).map(|(line, row)| {
        let Some(style) = paint::of_state(&row[state]) else { return line.to_owned() };
        let padded = |(cell, column): (&String, &usize)| cell.len() + column.saturating_sub(width(cell)) + GAP;
        let start: usize = row[..state].iter().zip(widths).map(padded).sum();
        let end = start + row[state].len();
        match (line.get(..start), line.get(start..end), line.get(end..)) {
            (Some(before), Some(word), Some(after)) if word == row[state] => {
                format!("{before}{}{after}", paint::painted(style, word))
            }
            _ => line.to_owned(),
        }
    });
    above.chain(lines).collect::<Vec<_>>().join("\n")
}

/// Characters of a terminal that a text takes.
fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut measured = Table::new();
    measured.add_row([text]);
    measured.column_max_content_widths().first().copied().map_or(0, usize::from)
}

/// A file may be called anything: a name with a line break or an escape sequence must not leave its cell.
fn one_line(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for c in cell.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
        render(columns, rows, &Screen::default())
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_or_their_title_and_two() {
        let rows = [vec!["a-long-name".into(), String::new()], vec!["b".into(), "12".into()]];
        insta::assert_snapshot!(plain(&["Name", "Exit code"], rows), @r"
        Name         Exit code
        -----------  -----------
        a-long-name
        b            12
        ");
    }

    #[test]
    fn wide_characters_count_twice_and_control_characters_are_spelled_out() {
        let rows = [vec!["模型模型".into(), "x".into()], vec!["a\n\u{1b}b".into(), "y".into()]];
        insta::assert_snapshot!(plain(&["Name", "Type"], rows), @r"
        Name        Type
        ----------  ------
        模型模型    x
        a\n\u{1b}b  y
        ");
    }

    #[test]
    fn a_long_value_is_neither_wrapped_nor_cut() {
        let long = "word ".repeat(200) + "end";
        assert!(plain(&["Name"], [vec![long.clone()]]).lines().any(|line| line == long));
    }

    #[test]
    fn on_a_terminal_a_table_is_as_wide_as_that() {
        let rows = || {
            let long = ["train-模型", "a-rather-long-cluster", "failed", "2026-11-21T11:57:00Z"];
            [long, ["b", "gpu", "queued", ""]].map(|row| row.map(String::from).to_vec())
        };
        let now = "2026-11-21T12:00:00Z".parse().ok();
        let screen = Screen { width: Some(48), now, ..Screen::default() };
        let columns = ["Name", "Cluster", "State", "Modified"];
        insta::assert_snapshot!(render(&columns, rows(), &screen), @r"
        Name        Cluster        State   Modified
        ----------  -------------  ------  -------------
        train-模型  a-rather-lon…  failed  3 minutes ago
        b           gpu            queued
        ");
        let painted = render(&columns, rows(), &Screen { has_colours: true, ..screen });
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), render(&columns, rows(), &screen));
        assert!(painted.contains("\u{1b}[31mfailed\u{1b}[0m"), "{painted}");
        assert!(painted.contains("\u{1b}[33mqueued\u{1b}[0m"), "{painted}");
    }
}
