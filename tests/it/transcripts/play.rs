//! Plays a scene against the real program and writes down what it shows.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::script::{Shown, Step, words};
use super::{redact, screen};
use crate::support::{Done, OnTerminal, Running, Sandbox, wait_until};

/// Characters in a line of the terminal.
pub const WIDTH: u16 = 100;

/// What the program's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Three pipes; in the transcript, lines of standard error begin with `2| `.
    Piped,
    /// A terminal of [`WIDTH`]; in the transcript stands its last screen.
    Terminal,
}

impl Stage {
    /// Its word in the name of a transcript.
    pub fn word(self) -> &'static str {
        match self {
            Self::Piped => "piped",
            Self::Terminal => "terminal",
        }
    }
}

/// A scene that is being played.
pub struct Play {
    sandbox: Sandbox,
    stage: Stage,
    kept: Vec<(String, String)>,
    transcript: String,
}

/// Plays all of it; answers the transcript.
pub fn play(steps: &[Step], stage: Stage) -> String {
    let mut play = Play { sandbox: Sandbox::new(), stage, kept: Vec::new(), transcript: String::new() };
    for step in steps {
        play.step(step);
    }
    play.transcript
}

impl Play {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Show(shown) => self.show(shown),
            Step::Prepare(words) => drop(self.quietly(words)),
            Step::Until(words, text) => {
                wait_until(&format!("`{words}` prints {text:?}"), || self.quietly(words).stdout.contains(text));
            }
            Step::Keep { name, pointer, words } => {
                let printed = self.quietly(words).json();
                let value = printed.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {printed}"));
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.kept.push((name.clone(), text));
            }
            Step::File(name, text) => drop(self.sandbox.file(name, &self.filled(text))),
        }
    }

    fn filled(&self, text: &str) -> String {
        self.kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.sandbox.command(words(&self.filled(line)));
        // A wait that comes to something at once must not draw a bar first, nor the machine's folder be told.
        command.env("TERM", "xterm");
        command
    }

    fn quietly(&self, line: &str) -> Done {
        Done::of(&self.command(line).output().expect("the program"))
    }

    fn show(&mut self, shown: &Shown) {
        let (code, lines) = match self.stage {
            Stage::Piped => self.piped(shown),
            Stage::Terminal => self.on_terminal(shown),
        };
        if self.stage == Stage::Terminal {
            fits(&shown.words, &lines);
        }
        let known = self.known();
        let redacted: Vec<(String, bool)> = lines.iter().map(|line| redact::line(line, &known)).collect();
        let mut lines = redact::settled(&redacted);
        if let Some(most) = shown.most.filter(|most| lines.len() > *most) {
            lines.truncate(most);
            lines.push("[...]".into());
        }
        self.transcript.push_str(&format!("$ batchai {}\n", shown.words).replace("batchai \n", "batchai\n"));
        lines.iter().for_each(|line| self.transcript.push_str(&format!("{line}\n")));
        if code != 0 {
            self.transcript.push_str(&format!("[exit code {code}]\n"));
        }
        self.transcript.push('\n');
    }

    /// Texts of this run, longest first.
    fn known(&self) -> Vec<(String, String)> {
        let path = |path: &std::path::Path| path.display().to_string();
        let folder = path(self.sandbox.work().parent().expect("a folder"));
        let mut known = vec![
            (path(&self.sandbox.work()), "/home/me/work".to_owned()),
            (path(self.sandbox.home()), "/home/me/.batchai".to_owned()),
            (folder, "/home/me".to_owned()),
            (env!("CARGO_BIN_EXE_batchai").to_owned(), "/usr/bin/batchai".to_owned()),
            (env!("CARGO_PKG_VERSION").to_owned(), "VERSION".to_owned()),
        ];
        known.extend(self.kept.iter().map(|(name, value)| (value.clone(), format!("{{{name}}}"))));
        known
    }

    fn piped(&self, shown: &Shown) -> (i32, Vec<String>) {
        let mut command = self.command(&shown.words);
        if !shown.typed.is_empty() {
            command.stdin(Stdio::from(self.typed(shown)));
        }
        let running = Running::start(command);
        if let Some(text) = &shown.interrupt {
            wait_until(&format!("{text:?} is shown"), || {
                running.stderr().contains(text) || String::from_utf8_lossy(&running.stdout()).contains(text)
            });
            running.signal(Signal::INT);
        }
        let done = running.ends();
        let said = done.stderr.lines().map(|line| format!("2| {line}").trim_end().to_owned());
        (done.code, done.stdout.lines().map(str::to_owned).chain(said).collect())
    }

    /// What is typed, in a file that is its standard input.
    fn typed(&self, shown: &Shown) -> std::fs::File {
        let text: String = shown.typed.iter().map(|line| self.filled(line) + "\n").collect();
        let path = self.sandbox.home().with_file_name("typed");
        std::fs::write(&path, text).expect("a file");
        std::fs::File::open(path).expect("a file")
    }

    fn on_terminal(&self, shown: &Shown) -> (i32, Vec<String>) {
        let mut terminal = OnTerminal::start_on(&self.command(&shown.words), WIDTH);
        let mut seen = 0;
        for line in &shown.typed {
            wait_until("it asks", || terminal.screen().len() > seen && terminal.screen().ends_with(": "));
            seen = terminal.screen().len();
            terminal.types(&format!("{}\n", self.filled(line)));
        }
        if let Some(text) = &shown.interrupt {
            terminal.shows(text);
            terminal.types("\x03");
        }
        let (code, written) = terminal.ends();
        // The echo of the key comes anywhere between what is shown.
        (code, screen::lines(&written.replace("^C", "")))
    }
}

/// No table is wider than the terminal, and every cell begins below its title.
#[track_caller]
fn fits(command: &str, lines: &[String]) {
    let lines: Vec<Vec<char>> = lines.iter().map(|line| screen::plain(line).chars().collect()).collect();
    let text = |line: &Vec<char>| line.iter().collect::<String>();
    for (at, rule) in lines.iter().enumerate().filter(|(_, line)| redact::is_rule(&text(line))) {
        let begins = |column: &usize| rule[*column] == '-' && (*column == 0 || rule[column - 1] == ' ');
        let columns: Vec<usize> = (0..rule.len()).filter(begins).collect();
        for line in lines[at - 1..].iter().take_while(|line| !line.is_empty()) {
            assert!(line.len() <= usize::from(WIDTH), "`{command}` is wider than the terminal: {}", text(line));
            for column in columns.iter().filter(|column| (1..line.len()).contains(*column)) {
                assert_eq!(line[column - 1], ' ', "`{command}` has a ragged table: {}", text(line));
            }
        }
    }
}
