//! `-L`: which port of this machine leads where.
//!
//! Pure. Only this machine may use a forwarded port: whoever reaches it is on the node.

use std::net::IpAddr;

use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;

/// A forwarded port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    bind: String,
    local: u16,
    host: String,
    port: u16,
}

impl Forward {
    /// What `LOCAL:HOST:PORT` or `BIND:LOCAL:HOST:PORT` says; addresses with colons stand in brackets, as in ssh(1).
    ///
    /// # Errors
    /// When it is none of these, or others than this machine could use the port.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            let message = format!("`{text}`, given with -L, cannot be forwarded: {why}");
            Failure::new(ExitCode::Usage, message).hint("for example `-L 8080:localhost:80`")
        };
        let parts = parts(text).ok_or_else(|| wrong("a bracket is not closed"))?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (bind, local, host, port) = match parts[..] {
            [local, host, port] => ("127.0.0.1", local, host, port),
            [bind, local, host, port] => (bind, local, host, port),
            _ => return Err(wrong("it must be LOCAL:HOST:PORT")),
        };
        if bind != "localhost" && !bind.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
            return Err(wrong(&format!(
                "other machines could use the port at `{bind}`; it may be at this machine's own addresses only, such as \
                 127.0.0.1"
            )));
        }
        let is_name = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control());
        if !is_name || host.starts_with('-') {
            return Err(wrong("HOST must be a name or an address"));
        }
        let number = |name: &str, text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| wrong(&format!("{name} must be a number from 1 to 65535, and is `{text}`")))
        };
        Ok(Self {
            bind: bind.to_owned(),
            local: number("LOCAL", local)?,
            host: host.to_owned(),
            port: number("PORT", port)?,
        })
    }

    /// For `ssh -L`.
    #[must_use]
    pub fn word(&self) -> String {
        let bracketed = |text: &str| if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
        format!("{}:{}:{}:{}", bracketed(&self.bind), self.local, bracketed(&self.host), self.port)
    }
}

/// The parts between colons, without the brackets of those that have colons themselves.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut is_inside = false;
    for c in text.chars() {
        match c {
            '[' if !is_inside => is_inside = true,
            ']' if is_inside => is_inside = false,
            ':' if !is_inside => parts.push(String::new()),
            c => parts.last_mut()?.push(c),
        }
    }
    (!is_inside).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_bound_to_this_machine_only() {
        let word = |text: &str| Forward::parse(text).map(|forward| forward.word()).map_err(|failure| failure.message);
        assert_eq!(word("8080:localhost:80"), Ok("127.0.0.1:8080:localhost:80".into()));
        assert_eq!(word("127.0.0.2:8080:h:80"), Ok("127.0.0.2:8080:h:80".into()));
        assert_eq!(word("localhost:1:h:2"), Ok("localhost:1:h:2".into()));
        assert_eq!(word("[::1]:1:[fe80::1]:2"), Ok("[::1]:1:[fe80::1]:2".into()));
        for text in ["0.0.0.0:1:h:2", "*:1:h:2", ":1:h:2", "10.0.0.1:1:h:2"] {
            assert!(word(text).is_err_and(|why| why.contains("other machines could use")), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let why = |text: &str| Forward::parse(text).expect_err(text).message;
        assert_eq!(why("80"), "`80`, given with -L, cannot be forwarded: it must be LOCAL:HOST:PORT");
        assert!(why("1:2:3:4:5").contains("LOCAL:HOST:PORT"));
        assert!(why("x:h:80").contains("LOCAL must be a number") && why("1:h:0").contains("PORT must be a number"));
        assert!(why("1::2").contains("HOST must be") && why("1:-oProxyCommand=x:2").contains("HOST must be"));
        assert!(why("1:[::1:2").contains("bracket"));
    }
}
