//! What a terminal shows in the end: the bytes a program wrote to it, as lines with their colours.

/// What one place of the screen holds.
#[derive(Clone, PartialEq)]
struct Cell {
    sign: char,
    style: Vec<u8>,
}

/// A screen without an end to its lines and its height, so that nothing is broken where a terminal would break it.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<Cell>>,
    row: usize,
    column: usize,
    style: Vec<u8>,
    /// The first screen, while the second is shown.
    first: Option<(Vec<Vec<Cell>>, usize, usize)>,
}

/// The lines that are left when all was written. Where the style changes stands its name: `‹bold red›error:‹›`.
pub fn lines(written: &str) -> Vec<String> {
    let mut screen = Screen::default();
    let mut rest = written.chars();
    while let Some(sign) = rest.next() {
        match sign {
            '\u{1b}' => screen.escape(&mut rest),
            '\r' => screen.column = 0,
            '\n' => screen.row += 1,
            '\u{8}' => screen.column = screen.column.saturating_sub(1),
            sign if sign.is_control() && sign != '\t' => {}
            sign => screen.put(sign),
        }
    }
    let mut lines: Vec<String> = screen.lines.iter().map(|line| shown(line)).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

impl Screen {
    fn line(&mut self) -> &mut Vec<Cell> {
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Vec::new());
        }
        &mut self.lines[self.row]
    }

    fn put(&mut self, sign: char) {
        let (column, cell) = (self.column, Cell { sign, style: self.style.clone() });
        let line = self.line();
        while line.len() <= column {
            line.push(Cell { sign: ' ', style: Vec::new() });
        }
        line[column] = cell;
        self.column += 1;
    }

    fn escape(&mut self, rest: &mut std::str::Chars<'_>) {
        if rest.clone().next() != Some('[') {
            return;
        }
        rest.next();
        let mut words = String::new();
        let end = rest.find(|sign| {
            words.push(*sign);
            ('@'..='~').contains(sign)
        });
        words.pop();
        let count = words.parse::<usize>().unwrap_or(0);
        match end {
            Some('m') => self.paint(&words),
            Some('A') => self.row = self.row.saturating_sub(count.max(1)),
            Some('B') => self.row += count.max(1),
            Some('C') => self.column += count.max(1),
            Some('D') => self.column = self.column.saturating_sub(count.max(1)),
            Some('G') => self.column = count.max(1) - 1,
            Some('H') => (self.row, self.column) = (0, 0),
            Some('K') => {
                let from = if count == 2 { 0 } else { self.column };
                self.line().truncate(from);
            }
            Some('J') => {
                let column = self.column;
                self.line().truncate(column);
                self.lines.truncate(self.row + 1);
            }
            Some('h') if words == "?1049" => {
                self.first = Some((std::mem::take(&mut self.lines), self.row, self.column));
                (self.row, self.column) = (0, 0);
            }
            Some('l') if words == "?1049" => {
                if let Some(first) = self.first.take() {
                    (self.lines, self.row, self.column) = first;
                }
            }
            _ => {}
        }
    }

    fn paint(&mut self, words: &str) {
        for word in words.split(';') {
            match word.parse::<u8>().unwrap_or(0) {
                0 => self.style.clear(),
                code => self.style.push(code),
            }
        }
    }
}

fn shown(line: &[Cell]) -> String {
    let end = line.iter().rposition(|cell| cell.sign != ' ').map_or(0, |last| last + 1);
    let (mut out, mut style) = (String::new(), &Vec::new());
    for cell in &line[..end] {
        if cell.style != *style {
            style = &cell.style;
            out.push_str(&format!("‹{}›", style.iter().map(|code| name(*code)).collect::<Vec<_>>().join(" ")));
        }
        out.push(cell.sign);
    }
    if !style.is_empty() {
        out.push_str("‹›");
    }
    out
}

/// The same lines without the names of styles.
pub fn plain(line: &str) -> String {
    let mut is_name = false;
    let mut kept = String::new();
    for sign in line.chars() {
        match sign {
            '‹' => is_name = true,
            '›' => is_name = false,
            sign if !is_name => kept.push(sign),
            _ => {}
        }
    }
    kept
}

fn name(code: u8) -> String {
    let colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    match code {
        1 => "bold".into(),
        2 => "dim".into(),
        3 => "italic".into(),
        4 => "underlined".into(),
        30..=37 => colours[usize::from(code - 30)].into(),
        90..=97 => format!("bright {}", colours[usize::from(code - 90)]),
        code => code.to_string(),
    }
}

#[test]
fn what_was_drawn_over_is_gone_and_colours_are_named() {
    let spinner = "⠁ one\r\u{1b}[2K⠂ two\r\u{1b}[2K\u{1b}[1m\u{1b}[31merror:\u{1b}[0m no\r\n";
    assert_eq!(lines(spinner), ["‹bold red›error:‹› no"]);
    assert_eq!(lines("a\r\nb\u{1b}[1A\rc\u{1b}[J"), ["c"]);
    assert_eq!(lines("kept\r\n\u{1b}[?1049hpainted\u{1b}[?1049llast"), ["kept", "last"]);
    assert_eq!(plain("‹bold red›error:‹› no"), "error: no");
}
