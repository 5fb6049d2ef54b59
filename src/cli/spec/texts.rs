//! The text of a file and those of `--set`, laid end to end: a byte of any of them is one number, and a tree whose
//! parts come from several texts has spans of one kind.

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The file.
    File,
    /// The setting of this path, as it was written; empty where it has none.
    Setting(String),
}

/// One of the texts.
pub(super) struct Part<'t> {
    pub(super) origin: &'t Origin,
    /// The text.
    pub(super) text: &'t str,
    /// The number of its first byte.
    pub(super) start: usize,
}

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Texts {
    /// The file, as the user named it.
    pub(super) name: String,
    all: String,
    parts: Vec<(usize, Origin)>,
}

impl Texts {
    pub(super) fn of_file(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), all: text.to_owned(), parts: vec![(0, Origin::File)] }
    }

    /// Adds the text of a setting; answers the number of its first byte.
    pub(super) fn add(&mut self, path: &str, text: &str) -> usize {
        // Behind the end of one text is a byte that is in none: an empty span there belongs to the text before it.
        self.all.push('\n');
        let start = self.all.len();
        self.all.push_str(text);
        self.parts.push((start, Origin::Setting(path.to_owned())));
        start
    }

    /// The text that a byte is in.
    pub(super) fn part(&self, at: usize) -> Part<'_> {
        let index = self.parts.iter().rposition(|(start, _)| *start <= at).unwrap_or(0);
        let (start, origin) = &self.parts[index];
        let end = self.parts.get(index + 1).map_or(self.all.len(), |(next, _)| next - 1);
        Part { origin, text: &self.all[*start..end], start: *start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_every_end_is_in_its_own_text() {
        let mut texts = Texts::of_file("f", "ab");
        let start = texts.add("x", "x=1");
        let part = |at: usize| (texts.part(at).text, texts.part(at).start);
        assert_eq!([part(0), part(1), part(2)], [("ab", 0); 3]);
        assert_eq!([part(start), part(start + 3), part(99)], [("x=1", 3); 3]);
        assert_eq!(texts.part(start).origin, &Origin::Setting("x".into()));
        assert_eq!(Texts::of_file("f", "").part(0).text, "");
    }
}
