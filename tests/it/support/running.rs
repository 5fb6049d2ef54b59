//! A program that runs while its test goes on.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::process::Signal;

use super::sandbox::Done;
use super::wait::{wait_for, wait_until};
use super::{Sandbox, process};

/// A program with everything it has printed so far. Dropping it ends it.
pub struct Running {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    stdout: Printed,
    stderr: Printed,
}

type Printed = Arc<Mutex<Vec<u8>>>;

impl Running {
    /// Starts it; what it prints is read all the time.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let (stdout, stderr) = (Printed::default(), Printed::default());
        let readers = vec![
            collect(child.stdout.take().expect("its output"), &stdout),
            collect(child.stderr.take().expect("its errors"), &stderr),
        ];
        Self { child, readers, stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// Its standard output so far.
    pub fn stdout(&self) -> Vec<u8> {
        self.stdout.lock().expect("what it printed").clone()
    }

    /// Its standard error so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().expect("what it printed")).into_owned()
    }

    /// Waits until its standard output holds `text`.
    #[track_caller]
    pub fn prints(&self, text: &str) {
        let text = text.as_bytes();
        wait_until(&format!("{:?} is printed", String::from_utf8_lossy(text)), || {
            self.stdout().windows(text.len()).any(|window| window == text)
        });
    }

    /// Waits until its standard error holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) {
        wait_until(&format!("{text:?} is said"), || self.stderr().contains(text));
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        process::signal(self.id(), signal);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ends(self) -> Done {
        Done::of(&self.output())
    }

    /// Waits for its end; its output is not made text.
    #[track_caller]
    pub fn output(mut self) -> Output {
        let status = wait_for("the program has ended", || self.child.try_wait().expect("a child"));
        let readers = std::mem::take(&mut self.readers);
        wait_until("nobody holds its output any more", || readers.iter().all(JoinHandle::is_finished));
        Output { status, stdout: self.stdout(), stderr: self.stderr().into_bytes() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// Starts the program, words split at blanks, and goes on.
    pub fn start(&self, words: &str) -> Running {
        Running::start(self.command(words.split_whitespace()))
    }
}

fn collect(mut source: impl Read + Send + 'static, printed: &Printed) -> JoinHandle<()> {
    let printed = Arc::clone(printed);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read) = source.read(&mut buffer) {
            if read == 0 {
                return;
            }
            printed.lock().expect("what it printed").extend_from_slice(&buffer[..read]);
        }
    })
}
