//! `$filter`: a part of OData that is enough for lists.
//!
//! ```text
//! filter     = and ("or" and)*                  and        = unary ("and" unary)*
//! unary      = "not" unary | "(" filter ")" | comparison
//! comparison = path ("eq" | "ne") literal       path       = word (("/" | ".") word)*
//! literal    = 'text, '' inside' | number | true | false | null
//! ```
//! Pure; called by `lists` with elements in the words of the old version. The service never published its grammar:
//! Swagger says "OData $filter" only. Words are compared without regard to case, as states are written both ways.

use serde_json::Value;

/// The deepest nesting: a filter is short, and its parser must not run out of stack.
const DEEPEST: usize = 32;

/// A condition on an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// At least one.
    Or(Box<Self>, Box<Self>),
    /// The contrary.
    Not(Box<Self>),
    /// The property of this path equals the value; `Value::Null`: is absent.
    Equals(Vec<String>, Value),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// A sentence with the position, counted in characters from 1, and what is supported.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let filter = parser.alternatives()?;
        parser.blanks();
        match parser.rest().is_empty() {
            true => Ok(filter),
            false => Err(parser.error("`and`, `or` or the end")),
        }
    }

    /// Whether it holds for an element.
    #[must_use]
    pub fn matches(&self, element: &Value) -> bool {
        match self {
            Self::And(a, b) => a.matches(element) && b.matches(element),
            Self::Or(a, b) => a.matches(element) || b.matches(element),
            Self::Not(inner) => !inner.matches(element),
            Self::Equals(path, value) => equals(at(element, path), value),
        }
    }
}

fn at<'v>(element: &'v Value, path: &[String]) -> &'v Value {
    path.iter().fold(element, |value, key| {
        let found = value.as_object().and_then(|map| map.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)));
        found.map_or(&Value::Null, |(_, value)| value)
    })
}

fn equals(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => found.to_lowercase() == wanted.to_lowercase(),
        (Value::Number(found), Value::Number(wanted)) => found == wanted || found.as_f64() == wanted.as_f64(),
        (found, wanted) => found == wanted,
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn alternatives(&mut self) -> Result<Filter, String> {
        let mut left = self.conjunction()?;
        while self.keyword("or") {
            left = Filter::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Filter, String> {
        let mut left = self.unary()?;
        while self.keyword("and") {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(&format!("at most {DEEPEST} levels of parentheses and `not`")));
        }
        let filter = if self.keyword("not") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.symbol('(') {
            let inner = self.alternatives()?;
            if !self.symbol(')') {
                return Err(self.error("`)`"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let path = self.path()?;
        let is_equal = match (self.keyword("eq"), self.keyword("ne")) {
            (true, _) => true,
            (false, true) => false,
            (false, false) => return Err(self.error("`eq` or `ne`")),
        };
        let equals = Filter::Equals(path, self.literal()?);
        Ok(if is_equal { equals } else { Filter::Not(Box::new(equals)) })
    }

    fn path(&mut self) -> Result<Vec<String>, String> {
        let mut path = Vec::new();
        self.blanks();
        loop {
            let word = self.word();
            if word.is_empty() {
                return Err(self.error("a property such as name or properties/executionState"));
            }
            path.push(word.to_owned());
            match self.rest().strip_prefix(['/', '.']) {
                Some(_) => self.at += 1,
                None => return Ok(path),
            }
        }
    }

    fn literal(&mut self) -> Result<Value, String> {
        const WANTED: &str = "a value: 'text', a number, true, false or null";
        self.blanks();
        if self.rest().starts_with('\'') {
            return self.quoted().map(Value::String);
        }
        let end = self.rest().find(|c: char| c.is_whitespace() || c == ')').unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        let value = match word.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number => match serde_json::from_str(number) {
                Ok(Value::Number(number)) => Value::Number(number),
                Ok(_) | Err(_) => return Err(self.error(WANTED)),
            },
        };
        self.at += end;
        Ok(value)
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character != '\'' {
                text.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                self.at += at + 1;
                return Ok(text);
            }
        }
        Err(self.error("a text that ends in `'`"))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Letters, digits, `_`, `-` and `@`: what names of properties and tags are made of.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"_-@".contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn keyword(&mut self, wanted: &str) -> bool {
        self.blanks();
        let before = self.at;
        let is_there = self.word().eq_ignore_ascii_case(wanted);
        if !is_there {
            self.at = before;
        }
        is_there
    }

    fn symbol(&mut self, wanted: char) -> bool {
        self.blanks();
        let is_there = self.rest().starts_with(wanted);
        self.at += if is_there { wanted.len_utf8() } else { 0 };
        is_there
    }

    fn error(&self, wanted: &str) -> String {
        let position = self.text[..self.at].chars().count() + 1;
        format!(
            "the filter cannot be read at character {position}: {wanted} is expected there. Supported are comparisons \
             of a property with a value by eq and ne, joined by and, or, not and parentheses, such as \
             properties/executionState eq 'running' and name ne 'test'"
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn holds(filter: &str) -> bool {
        let element = json!({
            "name": "it's", "location": "eastus", "tags": { "team-a": "x" },
            "properties": { "executionState": "Running", "nodeCount": 2, "isDone": false },
        });
        Filter::parse(filter).expect(filter).matches(&element)
    }

    #[test]
    fn documented_properties_are_compared() {
        for filter in [
            "properties/executionState eq 'running'",
            "properties.executionState EQ 'RUNNING'",
            "name eq 'it''s'",
            "properties/nodeCount eq 2.0 and location ne 'westus'",
            "properties/isDone eq false",
            "tags/team-a eq 'x'",
            "properties/absent eq null",
            "not (name eq 'a' or name eq 'b')",
        ] {
            assert!(holds(filter), "{filter}");
        }
        for filter in ["name eq 'it'", "properties/nodeCount eq '2'", "name/x eq 'it''s'", "name eq null"] {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(holds("location eq 'eastus' or name eq 'a' and name eq 'b'"));
        assert!(!holds("(location eq 'eastus' or name eq 'a') and name eq 'b'"));
    }

    #[test]
    fn what_is_not_supported_is_told_with_its_place() {
        for (filter, at) in [
            ("", 1),
            ("name", 5),
            ("name gt 1", 6),
            ("name eq", 8),
            ("name eq 'x", 9),
            ("name eq x", 9),
            ("(name eq 1", 11),
            ("name eq 1 name", 11),
            ("ü eq 'ß' !", 10),
            ("startswith(name,'x')", 11),
        ] {
            let error = Filter::parse(filter).expect_err(filter);
            assert!(error.contains(&format!("at character {at}:")), "{filter}: {error}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "[ ()'/.a-zäeqnorandt0-9-]{0,40}") {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn any_text_is_found_by_its_quoted_form(text in ".{0,20}") {
            let filter = format!("name eq '{}'", text.replace('\'', "''"));
            let element = json!({ "name": text });
            prop_assert!(Filter::parse(&filter).expect("a filter").matches(&element));
        }

        #[test]
        fn ne_is_the_contrary_of_eq(found in "[ab]{1,2}", wanted in "[ab]{1,2}") {
            let element = json!({ "name": found });
            let is = |word: &str| Filter::parse(&format!("name {word} '{wanted}'")).expect("a filter").matches(&element);
            prop_assert_ne!(is("eq"), is("ne"));
        }
    }
}
