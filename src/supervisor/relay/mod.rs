//! Output on its way from processes into files: through pipes, which one thread empties.
//!
//! So a file has a bound, a full disk costs output and nothing else, and a file system that hangs delays neither the end
//! of a run nor a signal. What is dropped is said where it is missing. Called by [`super::shell`] and [`super::steps`].

mod file;

use std::io::{self, PipeReader, PipeWriter, Read};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use file::Bounded;

/// How much is taken from a pipe at once: as much as a pipe holds.
const PIECE: usize = 64 * 1024;

/// Logs, locks and the like.
const OTHER_FILES: u64 = 256;

/// How long a file system may take for what was still in the pipes when the last process had gone.
const LAST_WRITES: Duration = Duration::from_secs(10);

/// A pipe and the file behind it.
struct Stream {
    pipe: PipeReader,
    file: Bounded,
}

/// The pipes of a run. The thread ends when this is dropped.
pub struct Relay {
    most: Option<u64>,
    keeps: bool,
    streams: Sender<Stream>,
    /// A byte tells of a new stream; its end, that no process is left.
    wake: PipeWriter,
    ended: Receiver<Vec<String>>,
}

impl Relay {
    /// Begins to wait for output. No file takes more than `most` bytes.
    ///
    /// # Errors
    /// When the kernel gives no pipe or no thread.
    pub fn start(most: Option<u64>) -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        let (streams, news) = mpsc::channel();
        let (report, ended) = mpsc::channel();
        let work = move || {
            // Nobody hears it when the run has ended without asking.
            let _ = report.send(serve(woken, &news));
        };
        thread::Builder::new().name("output".into()).stack_size(128 * 1024).spawn(work)?;
        Ok(Self { most, keeps: false, streams, wake, ended })
    }

    /// Whether files keep what is in them, instead of being made empty.
    #[must_use]
    pub fn keeping(self, keeps: bool) -> Self {
        Self { keeps, ..self }
    }

    /// Lets this process have so many streams open at once. What it cannot have shows when a stream is opened.
    pub fn expect(&self, streams: usize) {
        let needed = 2 * streams as u64 + OTHER_FILES;
        let limits = getrlimit(Resource::Nofile);
        if limits.current.is_some_and(|current| current < needed) {
            let current = limits.maximum.map_or(needed, |most| most.min(needed));
            // Refused to nobody who stays below the maximum.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limits.maximum });
        }
    }

    /// Makes `path` empty unless files keep what is in them; what is written into the pipe goes there.
    ///
    /// # Errors
    /// When the file cannot be made, or there are too many open files.
    pub fn pipe_to(&self, path: &Path) -> io::Result<PipeWriter> {
        let file = Bounded::make(path, self.most, self.keeps).map_err(with_advice)?;
        let (pipe, writer) = io::pipe().map_err(with_advice)?;
        ioctl_fionbio(&pipe, true)?;
        // The thread lives as long as we do; without it a process would find a pipe without a reader.
        self.streams.send(Stream { pipe, file }).map_err(|_| io::Error::other("its reader is gone"))?;
        io::Write::write_all(&mut &self.wake, &[0])?;
        Ok(writer)
    }

    /// Writes what is still in the pipes; no process is left that could add to it. Returns what is to be said of files
    /// that do not hold everything.
    pub fn finish(self) -> Vec<String> {
        let Self { most: _, keeps: _, streams, wake, ended } = self;
        drop((streams, wake));
        match ended.recv_timeout(LAST_WRITES) {
            Ok(said) => said,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let seconds = LAST_WRITES.as_secs();
                vec![format!("the last output could not be written within {seconds} s: its files may end early")]
            }
        }
    }
}

/// What to do about an error, where that is not in its own words.
fn with_advice(error: io::Error) -> io::Error {
    if error.raw_os_error() != Some(Errno::MFILE.raw_os_error()) {
        return error;
    }
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    io::Error::other(format!(
        "{error}: the server may have {most}; start fewer processes, or start the server where `ulimit -Hn` is larger"
    ))
}

/// Carries everything over until the other end of `woken` is closed, and then what is left.
fn serve(mut woken: PipeReader, news: &Receiver<Stream>) -> Vec<String> {
    let mut streams: Vec<Stream> = Vec::new();
    let mut said = Vec::new();
    let mut buffer = vec![0; PIECE];
    loop {
        let mut waits = vec![PollFd::new(&woken, PollFlags::IN)];
        waits.extend(streams.iter().map(|stream| PollFd::new(&stream.pipe, PollFlags::IN)));
        // Interrupted: nothing is ready, and it is asked again.
        let _ = poll(&mut waits, None);
        let is_ready: Vec<bool> = waits.iter().map(|wait| !wait.revents().is_empty()).collect();
        if is_ready[0] && matches!(woken.read(&mut buffer), Ok(0)) {
            streams.extend(news.try_iter());
            said.extend(streams.into_iter().filter_map(|stream| stream.finish(&mut buffer)));
            return said;
        }
        let mut place = 0;
        streams.retain_mut(|stream| {
            place += 1;
            let goes_on = !is_ready[place] || stream.carry(&mut buffer);
            if !goes_on {
                said.extend(stream.file.finish());
            }
            goes_on
        });
        streams.extend(news.try_iter());
    }
}

impl Stream {
    /// Carries one piece; `false` when nothing will come any more.
    fn carry(&mut self, buffer: &mut [u8]) -> bool {
        match self.pipe.read(buffer) {
            Ok(length) => {
                self.file.take(&buffer[..length]);
                length > 0
            }
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }

    /// Carries what is there now.
    fn finish(mut self, buffer: &mut [u8]) -> Option<String> {
        while let Ok(length @ 1..) = self.pipe.read(buffer) {
            self.file.take(&buffer[..length]);
        }
        self.file.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn what_processes_write_is_in_the_files_at_the_end_and_two_may_share_one_pipe() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name);
        let relay = Relay::start(None).expect("a relay");
        let mut first = relay.pipe_to(&path("a")).expect("a pipe");
        let mut second = first.try_clone().expect("the same pipe");
        let silent = relay.pipe_to(&path("b")).expect("a pipe");
        let long = vec![b'x'; 3 * PIECE];
        first.write_all(&long).expect("somebody reads");
        second.write_all(b"end").expect("somebody reads");
        drop((first, second));
        assert_eq!(relay.finish(), Vec::<String>::new(), "also while somebody still could write");
        drop(silent);
        assert_eq!(fs::read(path("a")).expect("readable"), [long.as_slice(), b"end"].concat());
        assert_eq!(fs::read(path("b")).expect("readable"), b"");
    }

    #[test]
    fn a_file_ends_at_its_bound_with_a_note_and_the_process_goes_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stdout.txt");
        let relay = Relay::start(Some(100)).expect("a relay");
        let mut pipe = relay.pipe_to(&path).expect("a pipe");
        for _ in 0..1000 {
            pipe.write_all(&[b'y'; 1000]).expect("somebody reads, whatever becomes of it");
        }
        drop(pipe);
        assert_eq!(relay.finish(), ["stdout.txt holds its first 100 bytes; 999900 more were dropped"]);
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with(&"y".repeat(100)), "{text}");
        assert_eq!(
            &text[100..],
            "\n[batchai] this file has reached 100 bytes, the most that the server allows (maxOutputFileSize in \
             server.yaml): the rest is dropped\n"
        );
    }

    #[test]
    fn a_file_that_cannot_be_made_is_an_error_and_a_full_disk_is_none() {
        let relay = Relay::start(None).expect("a relay");
        let error = relay.pipe_to(Path::new("/nonexistent/x")).expect_err("no directory");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let error = with_advice(Errno::MFILE.into()).to_string();
        assert!(error.starts_with("Too many open files") && error.contains("ulimit -Hn"), "{error}");
        let mut pipe = relay.pipe_to(Path::new("/dev/full")).expect("a pipe");
        pipe.write_all(b"lost").expect("somebody reads");
        drop(pipe);
        let said = relay.finish();
        assert_eq!(said, ["4 bytes of full were dropped: No space left on device (os error 28)"]);
    }
}
