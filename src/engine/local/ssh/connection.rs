//! One client at one node: logging in, and what it asks for after that.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Error, MethodKind, Pty, Sig};
use tokio::task::AbortHandle;

use super::forwarding;
use super::guard::Guard;
use super::inflow::{self, Inflow, Outlet, Source};
use super::process::Work;
use super::server::{Node, Welcome};
use super::session::{Plan, Session, Writer};
use super::terminal::{Size, Terminal};

/// More channels than any client has open at once.
const MOST_CHANNELS: usize = 200;

/// More variables than any client sends, and longer.
const MOST_VARIABLES: usize = 100;
const MOST_OF_VARIABLE: usize = 4096;

/// What the library holds of a client.
pub(super) struct Connection {
    node: Arc<Node>,
    guard: Arc<Mutex<Guard>>,
    welcome: Arc<Welcome>,
    /// `SSH_CONNECTION` and `SSH_CLIENT`, so that shells know what they are.
    variables: BTreeMap<String, String>,
    inflow: Arc<Inflow>,
    channels: HashMap<ChannelId, Opened>,
    /// Ports of the node that the client listens at, by what it calls them.
    listening: HashMap<(String, u32), AbortHandle>,
}

/// A channel that is open.
struct Opened {
    source: Source,
    what: What,
}

enum What {
    /// A session that has not begun.
    Waiting {
        writer: Writer,
        outlet: Outlet,
        terminal: Option<Terminal>,
        variables: BTreeMap<String, String>,
    },
    Running(Session),
    /// A connection that is forwarded.
    Forwarding(AbortHandle),
    Over,
}

impl Connection {
    pub(super) fn new(
        node: Arc<Node>,
        guard: Arc<Mutex<Guard>>,
        welcome: Arc<Welcome>,
        peer: std::net::SocketAddr,
    ) -> Self {
        let (ip, port) = (peer.ip(), peer.port());
        let (address, ours) = (&node.address, node.port);
        let variables = BTreeMap::from([
            ("SSH_CONNECTION".to_owned(), format!("{ip} {port} {address} {ours}")),
            ("SSH_CLIENT".to_owned(), format!("{ip} {port} {ours}")),
        ]);
        let inflow = Arc::default();
        Self { node, guard, welcome, variables, inflow, channels: HashMap::new(), listening: HashMap::new() }
    }

    /// Begins what a channel is for; `false`: it cannot.
    fn begin(&mut self, id: ChannelId, work: Work, session: &russh::server::Session) -> bool {
        let Some(opened) = self.channels.get_mut(&id) else { return false };
        let What::Waiting { .. } = opened.what else { return false };
        let What::Waiting { writer, outlet, terminal, mut variables } = std::mem::replace(&mut opened.what, What::Over)
        else {
            return false;
        };
        if self.node.is_closed.load(Ordering::Acquire) {
            return false;
        }
        variables.extend(self.variables.clone());
        let plan = Plan {
            setting: Arc::clone(&self.node.setting),
            // Files are served over pipes: a terminal would change them.
            terminal: terminal.filter(|_| work != Work::Files),
            work,
            variables,
            outlet,
            writer,
            handle: session.handle(),
            guard: Arc::clone(&self.guard),
        };
        match Session::start(plan) {
            Ok(running) => {
                opened.what = What::Running(running);
                true
            }
            Err(error) => {
                tracing::warn!(node = %self.node.id, %error, "cannot start a session of SSH");
                false
            }
        }
    }

    fn answer(&self, user: &str, is_welcome: bool) -> Auth {
        if is_welcome {
            return Auth::Accept;
        }
        tracing::debug!(node = %self.node.id, user, "a login by SSH was refused");
        // The next key, or the next try at a password, may be right.
        Auth::Reject { proceed_with_methods: Some(self.node.account.methods()), partial_success: false }
    }

    /// Whether the client may open another channel. One that was refused is never closed, so it is forgotten here.
    fn has_room(&mut self) -> bool {
        let is_over = |opened: &mut Opened| matches!(&opened.what, What::Forwarding(task) if task.is_finished());
        self.channels.extract_if(|_, opened| is_over(opened)).for_each(drop);
        self.channels.len() < MOST_CHANNELS
    }

    fn running(&self, id: ChannelId) -> Option<&Session> {
        match &self.channels.get(&id)?.what {
            What::Running(session) => Some(session),
            What::Waiting { .. } | What::Forwarding(_) | What::Over => None,
        }
    }
}

/// Whether a client may set this variable (as sshd_config of Debian has it: `AcceptEnv LANG LC_*`).
fn may_be_set(name: &str, value: &str) -> bool {
    (name == "LANG" || name.starts_with("LC_"))
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && value.len() <= MOST_OF_VARIABLE
        && !value.contains('\0')
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.listening.values().for_each(AbortHandle::abort);
        for opened in self.channels.values() {
            if let What::Forwarding(task) = &opened.what {
                task.abort();
            }
        }
    }
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        Ok(self.answer(user, self.node.account.has_key(user, offer.public_key, offer.algorithm)))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(self.answer(user, self.node.account.has_key(user, key.public_key, key.algorithm)))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Error> {
        Ok(self.answer(user, self.node.account.has_password(user, password)))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Error> {
        if !self.node.account.methods().contains(&MethodKind::KeyboardInteractive) {
            return Ok(Auth::reject());
        }
        let Some(mut response) = response else {
            let prompts = Cow::Borrowed(&[(Cow::Borrowed("Password: "), false)][..]);
            return Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts });
        };
        let said = response.next().unwrap_or_default();
        let is_welcome = std::str::from_utf8(&said).is_ok_and(|said| self.node.account.has_password(user, said));
        Ok(self.answer(user, is_welcome))
    }

    async fn auth_succeeded(&mut self, _: &mut russh::server::Session) -> Result<(), Error> {
        self.welcome.notify_one();
        let from = self.variables.get("SSH_CLIENT").map(String::as_str).unwrap_or_default();
        tracing::info!(node = %self.node.id, from, "logged in by SSH");
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if !self.has_room() {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        // What comes goes the way of `data`: a reader that nobody reads would hold up the whole connection.
        let (_, writer) = channel.split();
        let (source, outlet) = inflow::channel(&self.inflow);
        let what = What::Waiting { writer: Arc::new(writer), outlet, terminal: None, variables: BTreeMap::new() };
        if let What::Waiting { writer, .. } = &what {
            let id = writer.id();
            self.channels.insert(id, Opened { source, what });
        }
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if !self.has_room() {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let (_, writer) = channel.split();
        let (id, (source, outlet)) = (writer.id(), inflow::channel(&self.inflow));
        let (host, node) = (host.to_owned(), self.node.address.clone());
        let task = tokio::spawn(async move {
            match forwarding::connect(&host, port, &node).await {
                Ok(stream) => {
                    reply.accept().await;
                    forwarding::join(stream, outlet, Arc::new(writer)).await;
                }
                Err(why) => reply.reject(why).await,
            }
        });
        self.channels.insert(id, Opened { source, what: What::Forwarding(task.abort_handle()) });
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _: &mut russh::server::Session) -> Result<(), Error> {
        if let Some(opened) = self.channels.get(&id) {
            opened.source.put(data);
            self.inflow.pause().await;
        }
        Ok(())
    }

    fn adjust_window(&mut self, _: ChannelId, _: u32) -> u32 {
        self.inflow.window()
    }

    async fn channel_eof(&mut self, id: ChannelId, _: &mut russh::server::Session) -> Result<(), Error> {
        if let Some(opened) = self.channels.get_mut(&id) {
            opened.source.end();
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut russh::server::Session) -> Result<(), Error> {
        if let Some(Opened { what: What::Forwarding(task), .. }) = self.channels.remove(&id) {
            task.abort();
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        modes: &[(Pty, u32)],
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if let Some(Opened { what: What::Waiting { terminal, variables, .. }, .. }) = self.channels.get_mut(&id) {
            match Terminal::open(Size([columns, rows, width, height]), modes) {
                Ok(opened) => {
                    *terminal = Some(opened);
                    if !term.is_empty() && term.len() <= MOST_OF_VARIABLE && !term.contains('\0') {
                        variables.insert("TERM".into(), term.into());
                    }
                    return session.channel_success(id);
                }
                Err(error) => tracing::warn!(node = %self.node.id, %error, "cannot make a terminal"),
            }
        }
        session.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if let Some(Opened { what: What::Waiting { variables, .. }, .. }) = self.channels.get_mut(&id)
            && may_be_set(name, value)
            && variables.len() < MOST_VARIABLES
        {
            variables.insert(name.into(), value.into());
            return session.channel_success(id);
        }
        session.channel_failure(id)
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut russh::server::Session) -> Result<(), Error> {
        let begun = self.begin(id, Work::Shell, session);
        confirm(id, begun, session)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        let begun = !command.contains(&0) && self.begin(id, Work::Command(command.to_owned()), session);
        confirm(id, begun, session)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        let begun = name == "sftp" && self.begin(id, Work::Files, session);
        confirm(id, begun, session)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if let Some(running) = self.running(id) {
            running.resize(Size([columns, rows, width, height]));
        }
        Ok(())
    }

    async fn signal(&mut self, id: ChannelId, name: Sig, _: &mut russh::server::Session) -> Result<(), Error> {
        if let Some(running) = self.running(id) {
            running.signal(&name);
        }
        Ok(())
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        session: &mut russh::server::Session,
    ) -> Result<bool, Error> {
        if self.listening.len() >= MOST_CHANNELS {
            return Ok(false);
        }
        let listener = match forwarding::listen(address, *port, &self.node.address).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::debug!(node = %self.node.id, %error, "cannot listen for a client of SSH");
                return Ok(false);
            }
        };
        if let Ok(local) = listener.local_addr() {
            *port = local.port().into();
        }
        let take = forwarding::take(listener, address.to_owned(), *port, session.handle());
        self.listening.insert((address.to_owned(), *port), tokio::spawn(take).abort_handle());
        Ok(true)
    }

    async fn cancel_tcpip_forward(
        &mut self,
        address: &str,
        port: u32,
        _: &mut russh::server::Session,
    ) -> Result<bool, Error> {
        let task = self.listening.remove(&(address.to_owned(), port));
        Ok(task.inspect(AbortHandle::abort).is_some())
    }
}

fn confirm(id: ChannelId, begun: bool, session: &mut russh::server::Session) -> Result<(), Error> {
    if begun { session.channel_success(id) } else { session.channel_failure(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_language_of_a_client_is_taken_over() {
        for (name, value) in [("LANG", "de_DE.UTF-8"), ("LC_ALL", ""), ("LC_TIME", "C")] {
            assert!(may_be_set(name, value), "{name}");
        }
        let long = "x".repeat(MOST_OF_VARIABLE + 1);
        for (name, value) in [("PATH", "/x"), ("LD_PRELOAD", "x"), ("LC_A=B", "x"), ("LANG", "a\0b"), ("LANG", &long)] {
            assert!(!may_be_set(name, value), "{name}");
        }
    }
}
