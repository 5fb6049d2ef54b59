//! Values of flags that nobody else should see.

use std::convert::Infallible;
use std::str::FromStr;

/// A password or a key. Whoever prints it by accident prints nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Hidden(String);

impl Hidden {
    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hidden {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_not_in_debug_output() {
        let hidden: Hidden = "hunter2".parse().expect("any text");
        assert_eq!(format!("{hidden:?}"), "<secret>");
        assert_eq!(hidden.reveal(), "hunter2");
    }
}
