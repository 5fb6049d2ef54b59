//! Tables in the style that Python's tabulate calls "simple": two spaces between columns, a dashed rule under
//! the header, no borders, everything to the left.
//!
//! Never wraps and never cuts, on a terminal or not, as the Azure CLI.

use comfy_table::{Table, presets};

/// tabulate makes a column at least two wider than its header.
const HEADER_MARGIN: usize = 2;

/// The table without its last line break. Every row has as many cells as there are columns.
pub fn render(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let mut measured = Table::new();
    measured.set_header(columns.iter().copied()).add_rows(&rows);
    let widths = measured.column_max_content_widths();
    let rule = columns
        .iter()
        .zip(widths)
        .map(|(title, width)| "-".repeat(usize::from(width).max(title.chars().count() + HEADER_MARGIN)));

    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns.iter().copied()).add_row(rule).add_rows(&rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
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
    use super::render;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_or_their_title_and_two() {
        let rows = [vec!["a-long-name".into(), String::new()], vec!["b".into(), "12".into()]];
        insta::assert_snapshot!(render(&["Name", "Exit code"], rows), @r"
        Name         Exit code
        -----------  -----------
        a-long-name
        b            12
        ");
    }

    #[test]
    fn wide_characters_count_twice_and_control_characters_are_spelled_out() {
        let rows = [vec!["模型模型".into(), "x".into()], vec!["a\n\u{1b}b".into(), "y".into()]];
        insta::assert_snapshot!(render(&["Name", "Type"], rows), @r"
        Name        Type
        ----------  ------
        模型模型    x
        a\n\u{1b}b  y
        ");
    }

    #[test]
    fn a_long_value_is_neither_wrapped_nor_cut() {
        let long = "word ".repeat(200) + "end";
        assert!(render(&["Name"], [vec![long.clone()]]).lines().any(|line| line == long));
    }
}
