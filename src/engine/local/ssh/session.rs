//! One session of a connection: a program, its streams, and telling the client how it ended.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use russh::ChannelWriteHalf;
use russh::server::{Handle, Msg};
use rustix::process::{Pid, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

use super::guard::Guard;
use super::inflow::Outlet;
use super::process::{self, End, Leader, Setting, Streams, Work, signal_of};
use super::terminal::{Master, Size, Terminal};

/// The channel of a session, to the client.
pub(super) type Writer = Arc<ChannelWriteHalf<Msg>>;

/// So much is read at once; the most that one packet takes.
const AT_ONCE: usize = 32 * 1024;

/// The number of the stream of errors (RFC 4254, 5.2).
const ERRORS: u32 = 1;

/// A session that runs, as its connection holds it. Whoever drops it hangs up.
pub(super) struct Session {
    leader: Arc<Mutex<Option<Pid>>>,
    master: Option<Master>,
    _open: watch::Sender<()>,
}

/// All that a session is made of.
pub(super) struct Plan {
    pub setting: Arc<Setting>,
    pub work: Work,
    pub terminal: Option<Terminal>,
    /// Variables of its own.
    pub variables: BTreeMap<String, String>,
    pub outlet: Outlet,
    pub writer: Writer,
    pub handle: Handle,
    pub guard: Arc<Mutex<Guard>>,
}

impl Session {
    /// Starts its program, on the thread of all programs.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(plan: Plan) -> io::Result<Self> {
        let (leader, streams) = process::start(&plan.setting, &plan.work, plan.terminal, &plan.variables)?;
        let pid = leader.pid();
        lock(&plan.guard).begun(pid.as_raw_pid(), &plan.setting.marker);
        let (open, gone) = watch::channel(());
        let master = match &streams {
            Streams::Terminal(master, _) => Some(master.clone()),
            Streams::Pipes(..) => None,
        };
        let known = Arc::new(Mutex::new(Some(pid)));
        let end = Ending { leader, known: Arc::clone(&known), guard: plan.guard };
        tokio::spawn(follow(end, streams, plan.outlet, plan.writer, plan.handle, gone));
        Ok(Self { leader: known, master, _open: open })
    }

    /// Gives its terminal another size.
    pub(super) fn resize(&self, size: Size) {
        if let Some(master) = &self.master {
            master.resize(size);
        }
    }

    /// Sends a signal to those whom its user sees.
    pub(super) fn signal(&self, name: &russh::Sig) {
        let Some(signal) = signal_of(name) else { return };
        let leader = lock(&self.leader);
        let group = self.master.as_ref().and_then(Master::foreground).or(*leader);
        if let (Some(group), true) = (group, leader.is_some()) {
            // Who has just ended needs none.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// The end of a session.
struct Ending {
    leader: Leader,
    known: Arc<Mutex<Option<Pid>>>,
    guard: Arc<Mutex<Guard>>,
}

impl Ending {
    async fn wait(&mut self) -> End {
        let ended = self.leader.ended().await;
        *lock(&self.known) = None;
        ended.map_or(End::Code(255), End::of)
    }
}

/// Moves bytes until the program has ended and said all, or the client is gone.
async fn follow(
    mut end: Ending,
    streams: Streams,
    outlet: Outlet,
    writer: Writer,
    handle: Handle,
    mut gone: watch::Receiver<()>,
) {
    let session = end.leader.pid().as_raw_pid();
    let is_over = tokio::select! {
        code = whole(&mut end, streams, outlet, &writer) => {
            tell(&code, &writer, &handle).await;
            true
        }
        // Never sent, only dropped.
        _ = gone.changed() => false,
    };
    if !is_over {
        end.leader.hang_up();
        // Who does not care goes on; its end is waited for all the same.
        if lock(&end.known).is_some() {
            end.wait().await;
        }
    }
    lock(&end.guard).over(session);
}

async fn whole(end: &mut Ending, streams: Streams, outlet: Outlet, writer: &Writer) -> End {
    match streams {
        Streams::Pipes(stdin, stdout, stderr) => {
            let input = tokio::spawn(outlet.pour(stdin));
            let out = copy(stdout, writer, None);
            let errors = copy(stderr, writer, Some(ERRORS));
            let (code, (), ()) = tokio::join!(end.wait(), out, errors);
            input.abort();
            code
        }
        Streams::Terminal(master, bytes) => {
            let input = tokio::spawn(outlet.pour(bytes.input));
            let output = copy(bytes.output, writer, None);
            tokio::pin!(output);
            let code = tokio::select! {
                code = end.wait() => code,
                // Nobody has the terminal any more; the program may go on without.
                () = &mut output => end.wait().await,
            };
            input.abort();
            // Programs in the background may hold the terminal; nobody waits for what they will say.
            let _ = writer.data_bytes(master.rest()).await;
            code
        }
    }
}

/// Sends what is read, as fast as the client takes it.
async fn copy(mut from: impl AsyncRead + Unpin, writer: &Writer, stream: Option<u32>) {
    loop {
        let mut buffer = Vec::with_capacity(AT_ONCE);
        match from.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let sent = match stream {
            None => writer.data_bytes(buffer).await,
            Some(stream) => writer.extended_data_bytes(stream, buffer).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn tell(end: &End, writer: &Writer, handle: &Handle) {
    // A client that is gone needs no word of it.
    let _ = writer.eof().await;
    match end {
        End::Code(code) => drop(writer.exit_status(*code).await),
        End::Signal(name, dumped) => {
            let name = signal_named(name);
            let _ = handle.exit_signal_request(writer.id(), name, *dumped, String::new(), String::new()).await;
        }
    }
    let _ = writer.close().await;
}

fn signal_named(name: &str) -> russh::Sig {
    let known = [
        ("ABRT", russh::Sig::ABRT),
        ("ALRM", russh::Sig::ALRM),
        ("FPE", russh::Sig::FPE),
        ("HUP", russh::Sig::HUP),
        ("ILL", russh::Sig::ILL),
        ("INT", russh::Sig::INT),
        ("KILL", russh::Sig::KILL),
        ("PIPE", russh::Sig::PIPE),
        ("QUIT", russh::Sig::QUIT),
        ("SEGV", russh::Sig::SEGV),
        ("TERM", russh::Sig::TERM),
        ("USR1", russh::Sig::USR1),
    ];
    known.into_iter().find(|(text, _)| *text == name).map_or_else(|| russh::Sig::Custom(name.into()), |(_, sig)| sig)
}

/// A thread that panicked while it held the lock has left nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::Signal;

    use super::*;

    #[test]
    fn every_signal_that_has_a_name_is_told_by_it() {
        for signal in [Signal::HUP, Signal::KILL, Signal::TERM, Signal::SEGV] {
            let End::Signal(name, _) = End::of(std::process::ExitStatus::from_raw(signal.as_raw())) else {
                panic!("it was ended by a signal")
            };
            assert_eq!(signal_of(&signal_named(name)), Some(signal));
        }
    }
}
