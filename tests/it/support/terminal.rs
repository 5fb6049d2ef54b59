//! A program on a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::wait::{wait_for, wait_until};

/// A program whose keyboard and screen are in the hands of a test. Dropping it ends it.
pub struct OnTerminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl OnTerminal {
    /// Starts a program as the only one on a new terminal, which is its controlling terminal: Ctrl-C reaches it.
    pub fn start(program: &Command) -> Self {
        Self::start_on(program, 0)
    }

    /// The same on a terminal with so many characters in a line; 0 for one that does not know.
    pub fn start_on(program: &Command, width: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("a terminal");
        unlockpt(&master).expect("a terminal");
        let size = Winsize { ws_col: width, ws_row: if width == 0 { 0 } else { 40 }, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("a terminal of that size");
        let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("its name");
        let open = || {
            let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
            Stdio::from(rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).expect("the other end"))
        };
        // A new session whose terminal is standard input; of util-linux, which is on every Debian.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program.get_program()).args(program.get_args()).env_clear();
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(program.get_current_dir().expect("a working folder"));
        let child = command.stdin(open()).stdout(open()).stderr(open()).spawn().expect("setsid");
        let keyboard = File::from(master);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut shown, seen) = (keyboard.try_clone().expect("the terminal"), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 12];
            // The end of the last program on it is an error.
            while let Ok(read) = shown.read(&mut buffer) {
                seen.lock().expect("the screen").extend_from_slice(&buffer[..read]);
            }
        });
        Self { child, keyboard, screen, reader }
    }

    /// Types; a control character acts as the key does.
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("a terminal");
    }

    /// Makes its lines so long, as whoever pulls at the corner of a window does.
    pub fn resize(&self, width: u16) {
        let size = Winsize { ws_col: width, ws_row: 40, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.keyboard, size).expect("a terminal of that size");
    }

    /// Everything shown so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("the screen")).into_owned()
    }

    /// Waits until `text` was shown.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.shows_times(text, 1);
    }

    /// Waits until `text` was shown so often.
    #[track_caller]
    pub fn shows_times(&self, text: &str, times: usize) {
        wait_until(&format!("{text:?} is shown {times} times"), || self.screen().matches(text).count() >= times);
    }

    /// Waits for its end; answers the exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> i32 {
        wait_for("the program on the terminal has ended", || self.child.try_wait().expect("a child"))
            .code()
            .expect("an exit code")
    }

    /// Waits for its end; answers the exit code and all that was ever shown.
    #[track_caller]
    pub fn ends(mut self) -> (i32, String) {
        let code = self.exit_code();
        wait_until("nobody holds the terminal any more", || self.reader.is_finished());
        (code, self.screen())
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // Both fail when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
