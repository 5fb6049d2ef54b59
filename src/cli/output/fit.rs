//! How wide the columns of a table are where a terminal is narrower than they would like. Pure.

/// What a column wants, in characters of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The width of its title.
    pub title: usize,
    /// Below which it is never made; at least its title's.
    pub least: usize,
    /// The width of its widest cell.
    pub content: usize,
}

/// Between two columns.
pub const GAP: usize = 2;

/// tabulate makes a column at least so much wider than its title.
const MARGIN: usize = 2;

/// The width of every column. With a limit, first the room beside titles goes, then the widest columns become
/// narrower, and the first column, the name, only when no other can, and when that makes the table fit.
#[must_use]
pub fn widths(wishes: &[Wish], limit: Option<usize>) -> Vec<usize> {
    let wide: Vec<usize> = wishes.iter().map(|wish| wish.content.max(wish.title + MARGIN)).collect();
    let Some(limit) = limit.filter(|limit| total(&wide) > *limit) else { return wide };
    let mut narrow: Vec<usize> = wishes.iter().map(|wish| wish.content.max(wish.title)).collect();
    let mut excess = total(&narrow).saturating_sub(limit);
    while excess > 0 {
        let widest = (1..narrow.len()).filter(|at| narrow[*at] > wishes[*at].least).max_by_key(|at| narrow[*at]);
        let Some(at) = widest else { break };
        narrow[at] -= 1;
        excess -= 1;
    }
    if let (Some(name), Some(wish)) = (narrow.first_mut(), wishes.first()) {
        let shorter = name.saturating_sub(excess);
        *name = if shorter >= wish.least { shorter } else { *name };
    }
    narrow
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// A cell of at most `width`, what is missing told by an ellipsis; `measure` knows the width of a text.
#[must_use]
pub fn cut(cell: &str, width: usize, measure: impl Fn(&str) -> usize) -> String {
    if measure(cell) <= width {
        return cell.to_owned();
    }
    let mut kept = String::new();
    let mut room = width.saturating_sub(1);
    for c in cell.chars() {
        let needed = measure(c.encode_utf8(&mut [0; 4]));
        if needed > room {
            break;
        }
        room -= needed;
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISHES: [Wish; 3] = [wish(4, 4, 20), wish(5, 6, 30), wish(9, 9, 3)];

    const fn wish(title: usize, least: usize, content: usize) -> Wish {
        Wish { title, least, content }
    }

    #[test]
    fn without_a_limit_or_with_room_columns_are_as_wide_as_they_like() {
        assert_eq!(widths(&WISHES, None), [20, 30, 11]);
        assert_eq!(widths(&WISHES, Some(65)), [20, 30, 11]);
    }

    #[test]
    fn the_widest_becomes_narrower_and_the_name_last() {
        assert_eq!(widths(&WISHES, Some(64)), [20, 30, 9]);
        assert_eq!(widths(&WISHES, Some(62)), [20, 29, 9]);
        assert_eq!(widths(&WISHES, Some(39)), [20, 6, 9]);
        assert_eq!(widths(&WISHES, Some(30)), [11, 6, 9]);
        assert_eq!(widths(&WISHES, Some(23)), [4, 6, 9]);
        assert_eq!(widths(&WISHES, Some(22)), [20, 6, 9], "a name that is cut in vain stays whole");
        assert_eq!(widths(&[], Some(1)), [0; 0]);
    }

    #[test]
    fn a_cut_cell_ends_with_an_ellipsis() {
        let measure = |text: &str| text.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum();
        assert_eq!(cut("abcdef", 6, measure), "abcdef");
        assert_eq!(cut("abcdef", 4, measure), "abc…");
        assert_eq!(cut("模型模型", 6, measure), "模型…");
        assert_eq!(cut("abc", 1, measure), "…");
    }
}
