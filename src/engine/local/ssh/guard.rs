//! The process that hangs up what a killed server leaves ([`crate::supervisor::login::guard`]): started with the first
//! session, told of each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::supervisor::login::{Role, guard::News};

/// Our end of it.
pub(super) struct Guard {
    executable: PathBuf,
    data: PathBuf,
    /// What it knows, for another one.
    sessions: BTreeMap<i32, String>,
    child: Option<Child>,
}

impl Guard {
    /// For the data directory `data`. None is started before there is a session.
    pub(super) fn new(executable: PathBuf, data: PathBuf) -> Self {
        Self { executable, data, sessions: BTreeMap::new(), child: None }
    }

    /// A session has begun.
    pub(super) fn begun(&mut self, session: i32, marker: &str) {
        self.sessions.insert(session, marker.to_owned());
        if self.child.is_none() || !self.tell(&News::Begun(session, marker)) {
            self.begin();
        }
    }

    /// A session is over.
    pub(super) fn over(&mut self, session: i32) {
        self.sessions.remove(&session);
        if self.child.is_some() && !self.tell(&News::Over(session)) && !self.sessions.is_empty() {
            self.begin();
        }
    }

    fn tell(&mut self, news: &News<'_>) -> bool {
        let stdin = self.child.as_mut().and_then(|child| child.stdin.as_mut());
        stdin.is_some_and(|pipe| pipe.write_all(news.line().as_bytes()).is_ok())
    }

    /// Starts one, also in the place of one that somebody has ended, and tells it what there is.
    fn begin(&mut self) {
        if let Some(mut dead) = self.child.take() {
            let _ = dead.kill().and_then(|()| dead.wait());
        }
        match self.start() {
            Ok(child) => self.child = Some(child),
            // Without it all is well for as long as the server ends in order.
            Err(error) => tracing::warn!(%error, "cannot start what would hang up sessions of SSH if this server died"),
        }
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.executable);
        command.args(Role::Guard(self.data.as_os_str()).words()).env_clear().current_dir("/");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let news: String = self.sessions.iter().map(|(id, marker)| News::Begun(*id, marker).line()).collect();
        match child.stdin.as_mut().map(|pipe| pipe.write_all(news.as_bytes())) {
            Some(Ok(())) => Ok(child),
            Some(Err(error)) => {
                let _ = child.kill().and_then(|()| child.wait());
                Err(error)
            }
            None => Err(io::Error::other("its pipe was not made")),
        }
    }
}
