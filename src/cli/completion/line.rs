//! What was typed, up to the cursor: the words before it, and the beginning of the one at it.

use std::iter::Peekable;
use std::str::Chars;

/// A command line up to the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The words before the one at the cursor, the program first, without quotes.
    pub before: Vec<String>,
    /// The word at the cursor, as far as it was typed, without quotes; may be empty.
    pub current: String,
    /// So many of its first bytes stay as they are, and are not to be part of an answer.
    kept: usize,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

/// What bash would not take for itself.
const SPECIAL: &str = " \t\"'\\$`&|;<>()*?[]{}!#~";

impl Line {
    /// Out of words that the shell has split and freed of quotes. A word that is not there is empty: some shells drop
    /// empty ones.
    #[must_use]
    pub fn of_words(words: &[String], index: usize) -> Self {
        let before = words.iter().take(index).cloned().collect();
        Self { before, current: words.get(index).cloned().unwrap_or_default(), ..Self::default() }
    }

    /// Out of the text of a line of bash. A completion of bash takes the place of what follows the last of `breaks`
    /// (`$COMP_WORDBREAKS`) in the word, or of its open quote, not of the whole word.
    #[must_use]
    pub fn of_bash(text: &str, breaks: &str) -> Self {
        let mut line = Self::default();
        let mut chars = text.chars().peekable();
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        while chars.peek().is_some() {
            line.read_word(&mut chars, breaks);
            if line.quote.is_none() && chars.next_if(|c| c.is_whitespace()).is_some() {
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                line.before.push(std::mem::take(&mut line.current));
                line.kept = 0;
            }
        }
        line
    }

    /// Reads up to a blank that ends the word, or the end.
    fn read_word(&mut self, chars: &mut Peekable<Chars<'_>>, breaks: &str) {
        while let Some(c) = chars.next_if(|c| self.quote.is_some() || !c.is_whitespace()) {
            match (self.quote, c) {
                (Some(quote), c) if c == quote => self.quote = None,
                (None, '"' | '\'') => {
                    self.quote = Some(c);
                    self.kept = self.current.len();
                }
                (None | Some('"'), '\\') => self.current.extend(chars.next()),
                (None, c) if breaks.contains(c) => {
                    self.current.push(c);
                    self.kept = self.current.len();
                }
                (_, c) => self.current.push(c),
            }
        }
    }

    /// `word`, which begins with the current one, as bash is to write it; `None` when it does not begin so.
    #[must_use]
    pub fn quoted(&self, word: &str) -> Option<String> {
        let rest = word.strip_prefix(self.current.get(..self.kept)?)?;
        let must_escape = |c: char| match self.quote {
            None => SPECIAL.contains(c),
            Some('"') => "\"\\$`".contains(c),
            Some(_) => false,
        };
        // Within single quotes nothing can be escaped.
        if self.quote == Some('\'') && rest.contains('\'') {
            return None;
        }
        let mut out = String::with_capacity(rest.len());
        for c in rest.chars() {
            if must_escape(c) {
                out.push('\\');
            }
            out.push(c);
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `$COMP_WORDBREAKS` as bash has it.
    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn read(text: &str) -> (String, String) {
        let line = Line::of_bash(text, BREAKS);
        (line.before.join("|"), line.current)
    }

    #[test]
    fn a_line_of_bash_is_words_without_quotes() {
        let of = |before: &str, current: &str| (before.to_owned(), current.to_owned());
        assert_eq!(read("batchai job sh"), of("batchai|job", "sh"));
        assert_eq!(read("  batchai   job "), of("batchai|job", ""));
        assert_eq!(read(r#"batchai -n "a b" c\ d"#), of("batchai|-n|a b", "c d"));
        assert_eq!(read("batchai --workspace=w"), of("batchai", "--workspace=w"));
        assert_eq!(read("batchai -f 'a b"), of("batchai|-f", "a b"));
        assert_eq!(read(r#"batchai -f "a\"b $"#), of("batchai|-f", "a\"b $"));
        assert_eq!(read(""), of("", ""));
        assert_eq!(read("batchai \\"), of("batchai", ""));
        assert_eq!(read("batchai '' x"), of("batchai|", "x"));
    }

    #[test]
    fn bash_is_given_what_follows_the_last_break_of_the_word() {
        let quoted = |text: &str, word: &str| Line::of_bash(text, BREAKS).quoted(word);
        assert_eq!(quoted("batchai t", "train").as_deref(), Some("train"));
        assert_eq!(quoted("batchai --workspace=w", "--workspace=ws").as_deref(), Some("ws"));
        assert_eq!(quoted("batchai --image=a:b", "--image=a:bc").as_deref(), Some("bc"));
        assert_eq!(quoted("batchai --image 'a:b", "a:bc").as_deref(), Some("a:bc"));
        assert_eq!(quoted("batchai --a=\"b", "--a=bc").as_deref(), Some("bc"));
        assert_eq!(quoted("batchai --workspace=w", "other"), None);
    }

    #[test]
    fn a_word_with_odd_characters_is_quoted_as_the_line_is() {
        let quoted = |text: &str| Line::of_bash(text, BREAKS).quoted("a $b's.txt");
        assert_eq!(quoted("batchai a").as_deref(), Some(r"a\ \$b\'s.txt"));
        assert_eq!(quoted("batchai \"a").as_deref(), Some(r"a \$b's.txt"));
        assert_eq!(quoted("batchai 'a"), None);
        assert_eq!(Line::of_bash("batchai 'a", BREAKS).quoted("a $b").as_deref(), Some("a $b"));
    }

    #[test]
    fn a_word_that_the_shell_dropped_is_empty() {
        let words = ["batchai", "job"].map(String::from);
        assert_eq!(Line::of_words(&words, 2).current, "");
        assert_eq!(Line::of_words(&words, 1).current, "job");
    }
}
