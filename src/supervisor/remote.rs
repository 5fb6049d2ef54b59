//! Commands that one node of a run starts on another, as ssh does between machines: what launchers of MPI ask for.
//!
//! A launcher calls the agent, a script of the run directory. The agent makes a directory for its call and writes the
//! name of it into the FIFO `requests`; the supervisor starts the command on the node that is meant, straight into the
//! agent's pipes, and tells the agent its code. No network, no keys: whoever may write into the run directory may ask.
//! Called by [`super::steps`], which starts the commands. The job's processes may write anything here: no file is
//! opened that could keep the supervisor waiting, and what is torn concerns its caller alone.
//!
//! ```text
//! calls/<call>/   host, command    files: what is asked for
//!                 stdout, stderr   FIFOs: from the command to the agent
//!                 course           FIFO: `started`, then its code, one line each
//! ```

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_getfl, fcntl_setfl, mknodat};

use super::family::End;
use super::quote::quoted_path;
use super::run_dir::{LaunchNode, RunDir};
use super::shims;

/// The agent; `@CALLS@` stands for the directory of calls.
const AGENT: &str = include_str!("agent.sh");

/// What an agent answers when it was not its command that failed; that of ssh.
const NOT_STARTED: i32 = 255;

/// Longer than the name of any call; what is longer was not written by an agent.
const MOST_NAME: usize = 64;

/// The kernel takes no longer word than this.
const MOST_COMMAND: u64 = 128 * 1024;

/// Taken in at once, so that whoever writes without end does not keep the supervisor from everything else.
const MOST_AT_ONCE: usize = 64 * 1024;

/// What an agent asks for.
pub struct Request {
    /// Who asks.
    pub call: Call,
    /// The address of the node that is meant, as the launcher wrote it.
    pub host: String,
    /// Shell text.
    pub command: String,
}

/// An agent that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    directory: PathBuf,
}

/// A command that was started for an agent.
struct Running {
    call: Call,
    name: String,
    node: usize,
}

/// The open end of the calls of a run.
pub struct Remote {
    requests: File,
    calls: PathBuf,
    past: PathBuf,
    torn: Vec<u8>,
    running: BTreeMap<i32, Running>,
    count: usize,
}

impl Remote {
    /// From now on commands can be asked for.
    ///
    /// # Errors
    /// When the agent, the programs for people or the FIFO cannot be made.
    pub fn open(dir: &RunDir, nodes: &[LaunchNode]) -> io::Result<Self> {
        let (calls, past) = (dir.calls(), dir.past_calls());
        DirBuilder::new().recursive(true).mode(0o700).create(&calls)?;
        shims::write_program(&dir.agent(), &AGENT.replace("@CALLS@", &quoted_path(&calls)))?;
        shims::write_all(dir, nodes)?;
        let fifo = requests(&calls);
        match mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0) {
            Err(rustix::io::Errno::EXIST) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        // Ours to write to as well, so that it does not end whenever no agent has it open.
        let requests = waitless().read(true).write(true).open(fifo)?;
        Ok(Self { requests, calls, past, torn: Vec::new(), running: BTreeMap::new(), count: 0 })
    }

    /// Ready to read when something is asked for.
    ///
    /// # Errors
    /// When there are too many open files.
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        Ok(self.requests.try_clone()?.into())
    }

    /// What is asked for now. Never waits; agents whose request is torn are answered.
    pub fn requests(&mut self) -> Vec<Request> {
        let mut text = std::mem::take(&mut self.torn);
        let before = text.len();
        let mut buffer = [0; 4096];
        while text.len() < before + MOST_AT_ONCE
            && let Ok(length @ 1..) = (&self.requests).read(&mut buffer)
        {
            text.extend_from_slice(&buffer[..length]);
        }
        let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        self.torn = text.split_off(end);
        if self.torn.len() > MOST_NAME {
            self.torn.clear();
        }
        let names = text.split(|&byte| byte == b'\n').filter_map(name);
        names.filter_map(|name| Call { directory: self.calls.join(name) }.read()).collect()
    }

    /// What the next command is called in logs.
    pub fn next_name(&mut self) -> String {
        self.count += 1;
        format!("remote command {}", self.count)
    }

    /// A command runs as this process; its agent hears of it.
    pub fn started(&mut self, pid: i32, name: String, node: usize, call: Call) {
        call.write("course", "started\n");
        self.running.insert(pid, Running { call, name, node });
    }

    /// A process has ended. Its name and the place of its node when an agent waits for it, which hears of it.
    pub fn ended(&mut self, pid: i32, end: End) -> Option<(String, usize)> {
        let Running { call, name, node } = self.running.remove(&pid)?;
        call.write("course", &format!("{}\n", end.code()));
        Some((name, node))
    }

    /// No more can be asked for; who has asked already is told.
    pub fn close(mut self) {
        // Whoever comes later finds no directory, whoever has the FIFO open no reader.
        let _ = fs::rename(&self.calls, &self.past);
        self.calls.clone_from(&self.past);
        self.requests().iter().for_each(|request| request.refuse("the job is ending"));
    }
}

impl Request {
    /// Tells the agent why its command was not started.
    pub fn refuse(&self, why: &str) {
        self.call.refuse(&format!("cannot start a command on {}: {why}", self.host));
    }
}

impl Call {
    /// Where the command's standard output goes, and its standard error: open pipes that wait for their reader, with
    /// their paths.
    ///
    /// # Errors
    /// When the agent is gone.
    pub fn outputs(&self) -> io::Result<[(PathBuf, File); 2]> {
        let open = |name: &str| {
            let path = self.directory.join(name);
            let pipe = pipe_into(&path)?;
            fcntl_setfl(&pipe, fcntl_getfl(&pipe)? - OFlags::NONBLOCK)?;
            io::Result::Ok((path, pipe))
        };
        Ok([open("stdout")?, open("stderr")?])
    }

    /// What it asks for; `None` when it is torn, of which the agent hears.
    fn read(self) -> Option<Request> {
        let part = |name: &str| words(&self.directory.join(name), name);
        match part("host").and_then(|host| Ok((host, part("command")?))) {
            Ok((host, command)) => Some(Request { call: self, host, command }),
            Err(why) => {
                self.refuse(&format!("cannot start a command on another node: {why}"));
                None
            }
        }
    }

    fn refuse(&self, sentence: &str) {
        self.write("stderr", &format!("batchai: {sentence}\n"));
        self.write("course", &format!("started\n{NOT_STARTED}\n"));
    }

    /// An agent that is gone hears nothing. Our lines fit into a pipe; one that is full is not the agent's doing.
    fn write(&self, name: &str, text: &str) {
        if let Ok(mut pipe) = pipe_into(&self.directory.join(name)) {
            let _ = pipe.write_all(text.as_bytes());
        }
    }
}

/// The place of the node that `host` means: its address or its id.
///
/// # Errors
/// A sentence that says which nodes there are.
pub fn find(nodes: &[LaunchNode], host: &str) -> Result<usize, String> {
    nodes.iter().position(|node| node.address == host || node.id == host).ok_or_else(|| {
        let addresses: Vec<&str> = nodes.iter().map(|node| node.address.as_str()).collect();
        format!("the job has no such node; its nodes are {}", addresses.join(", "))
    })
}

fn requests(calls: &Path) -> PathBuf {
    calls.join("requests")
}

/// A line as the name of a call; `None` when no agent wrote it.
fn name(line: &[u8]) -> Option<&str> {
    let is_name = !line.is_empty() && line.len() <= MOST_NAME && line.iter().all(u8::is_ascii_alphanumeric);
    is_name.then(|| std::str::from_utf8(line).ok()).flatten()
}

/// Opens without waiting for anybody, and without following a link.
fn waitless() -> fs::OpenOptions {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let mut options = File::options();
    options.custom_flags(i32::try_from(flags.bits()).expect("low bits"));
    options
}

/// The writing end of a FIFO that somebody reads; writing never waits.
fn pipe_into(path: &Path) -> io::Result<File> {
    let file = waitless().write(true).open(path)?;
    if file.metadata()?.file_type().is_fifo() { Ok(file) } else { Err(io::Error::other("it is no pipe")) }
}

fn words(path: &Path, what: &str) -> Result<String, String> {
    let failed = |why: &dyn std::fmt::Display| format!("its {what} cannot be read: {why}");
    let file = waitless().read(true).open(path).map_err(|error| failed(&error))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(failed(&"it is no file"));
    }
    let mut text = String::new();
    file.take(MOST_COMMAND).read_to_string(&mut text).map_err(|error| failed(&error))?;
    if text.len() as u64 == MOST_COMMAND {
        return Err(format!("its {what} is longer than {} KiB", MOST_COMMAND / 1024));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_agent_writes_is_the_name_of_a_call() {
        assert_eq!(name(b"aZ09bcde"), Some("aZ09bcde"));
        let long = [b'a'; MOST_NAME + 1];
        for line in [&b""[..], b".", b"..", b"../x", b"a/b", b"a b", b"a\0", "ä".as_bytes(), &long] {
            assert_eq!(name(line), None, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_node_is_meant_by_its_address_or_its_id_and_others_are_listed() {
        let node = |place: usize| LaunchNode {
            id: format!("tvm-{place}"),
            address: format!("127.70.0.{}", place + 1),
            code: None,
            working_directory: PathBuf::new(),
            mounts: Vec::new(),
            environment: BTreeMap::new(),
            execution_log: PathBuf::new(),
        };
        let nodes = [node(0), node(1)];
        assert_eq!([find(&nodes, "127.70.0.2"), find(&nodes, "tvm-0")], [Ok(1), Ok(0)]);
        let expected = "the job has no such node; its nodes are 127.70.0.1, 127.70.0.2";
        assert_eq!(find(&nodes, "localhost"), Err(expected.to_owned()));
    }
}
