//! Rows, their samples, and the table they are printed as.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is measured and printed.
pub struct Bench {
    /// Whether the large sizes were asked for.
    pub is_full: bool,
    words: Vec<String>,
    interrupted: Arc<AtomicBool>,
    over: Vec<&'static str>,
    is_headed: bool,
}

/// What a row was promised to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// Nothing was promised.
    None,
    /// At most so much.
    Most(f64),
    /// At least so much.
    Least(f64),
}

/// What the numbers of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// 10^9 bytes per second.
    Gigabytes,
    /// 10^6 bytes.
    Megabytes,
    /// How often.
    Count,
    /// Times something else.
    Times,
    /// How often in a second.
    PerSecond,
}

/// A row before it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is measured.
    pub name: &'static str,
    /// What its numbers are.
    pub unit: Unit,
    /// What was promised.
    pub budget: Budget,
}

impl Row {
    /// A row of milliseconds.
    pub const fn milliseconds(name: &'static str, budget: Budget) -> Self {
        Self { name, unit: Unit::Milliseconds, budget }
    }
}

impl Bench {
    /// One that measures the rows whose names hold one of `words`; all, when there are none.
    pub fn new(is_full: bool, words: Vec<String>) -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        // Ctrl-C ends the measuring as a failure does: servers are stopped and folders removed.
        signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted.clone()).expect("a signal handler");
        Self { is_full, words, interrupted, over: Vec::new(), is_headed: false }
    }

    /// Whether any of these rows is to be measured.
    pub fn wants(&self, rows: &[Row]) -> bool {
        let is_wanted = |row: &Row| self.words.iter().any(|word| row.name.contains(word.as_str()));
        self.words.is_empty() || rows.iter().any(is_wanted)
    }

    /// Runs `once` once, then `runs` times, and prints what it said, as a row.
    pub fn sample(&mut self, row: Row, runs: usize, mut once: impl FnMut() -> f64) {
        if !self.wants(&[row]) {
            return;
        }
        once();
        let samples = (0..runs).map(|_| {
            self.check();
            once()
        });
        let samples = samples.collect();
        self.print(row, samples);
    }

    /// The same for the time that `once` takes.
    pub fn time(&mut self, row: Row, runs: usize, mut once: impl FnMut()) {
        self.sample(row, runs, || row.unit.of(elapsed(&mut once)));
    }

    /// Prints samples as a row, when it is wanted.
    pub fn print(&mut self, row: Row, mut samples: Vec<f64>) {
        if !self.wants(&[row]) {
            return;
        }
        samples.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (samples.first(), samples.last()) else { return };
        let middle = samples[samples.len() / 2];
        let (budget, is_over) = match row.budget {
            Budget::None => ("-".into(), false),
            Budget::Most(limit) => (row.unit.text(limit), middle > limit),
            Budget::Least(limit) => (row.unit.text(limit), middle < limit),
        };
        if is_over {
            self.over.push(row.name);
        }
        if !self.is_headed {
            self.is_headed = true;
            say(&line("what", ["median", "min", "max", "runs", "budget"].map(String::from), ""));
            say(&line("---", ["---:"; 5].map(String::from), "---"));
        }
        let numbers = [middle, *least, *most].map(|number| row.unit.text(number));
        let [middle, least, most] = numbers;
        let mark = if is_over { "OVER" } else { "" };
        say(&line(row.name, [middle, least, most, samples.len().to_string(), budget], mark));
    }

    /// Stops when Ctrl-C was pressed.
    pub fn check(&self) {
        assert!(!self.interrupted.load(Ordering::Relaxed), "interrupted");
    }

    /// Says which rows are over their budget.
    pub fn finish(self) {
        let verdict = match (self.is_headed, self.over.as_slice()) {
            (false, _) => "No row has such a name.".into(),
            (true, []) => "Every row is within its budget.".into(),
            (true, over) => format!("Over budget: {}.", over.join("; ")),
        };
        say(&format!("\n{verdict}"));
    }
}

/// The time that something takes.
pub fn elapsed(once: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    once();
    begun.elapsed()
}

/// Milliseconds, as samples are given.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The middle one.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

impl Unit {
    fn of(self, time: Duration) -> f64 {
        if self == Self::Seconds { time.as_secs_f64() } else { milliseconds(time) }
    }

    fn text(self, number: f64) -> String {
        match self {
            Self::Milliseconds => format!("{number:.2} ms"),
            Self::Seconds => format!("{number:.2} s"),
            Self::Gigabytes => format!("{number:.2} GB/s"),
            Self::Megabytes => format!("{number:.1} MB"),
            Self::Count => format!("{number:.0}"),
            Self::Times => format!("{number:.2} x"),
            Self::PerSecond => format!("{number:.0} /s"),
        }
    }
}

/// A row of a Markdown table that is a table to the eye too.
fn line(what: &str, [middle, least, most, runs, budget]: [String; 5], mark: &str) -> String {
    format!("| {what:<68} | {middle:>10} | {least:>10} | {most:>10} | {runs:>5} | {budget:>10} | {mark:<4} |")
}

fn say(text: &str) {
    // Whoever reads this may have read enough.
    let _ = writeln!(std::io::stdout(), "{text}");
}
