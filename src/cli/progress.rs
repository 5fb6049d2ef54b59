//! What is being waited for, on a terminal only: a line that is drawn again and again, and gone when it is over.
//!
//! Off a terminal nothing is drawn: whoever waits there says what is worth a line through `report`.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report::Report;

/// How often the line is drawn again.
const TICK: Duration = Duration::from_millis(120);

/// How long something may take before it is worth a word.
pub const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// Whether somebody sees what is drawn.
#[must_use]
pub fn is_shown(report: Report) -> bool {
    !report.only_errors && std::io::stderr().is_terminal()
}

/// A line with a turning wheel; gone when it is dropped.
pub struct Spinner(ProgressBar);

impl Spinner {
    /// One that says nothing yet, and is not seen before it does.
    #[must_use]
    pub fn new(report: Report) -> Self {
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        if !is_shown(report) {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bar)
    }

    /// Says what is waited for.
    pub fn say(&self, message: String) {
        self.0.set_message(message);
        // A hidden one is drawn by this, so not before there is something to say.
        if self.0.is_finished() {
            self.0.reset();
        }
        self.0.enable_steady_tick(TICK);
    }

    /// Takes the line away, until something is said again.
    pub fn hide(&self) {
        self.0.disable_steady_tick();
        self.0.finish_and_clear();
    }

    /// Runs something that writes lines where the wheel turns.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar of bytes; gone when it is dropped.
pub struct Bytes(ProgressBar);

impl Bytes {
    /// Of so many bytes in all.
    #[must_use]
    pub fn new(report: Report, what: &str, total: u64) -> Self {
        let template = "{msg}  {bar:30} {bytes:>10} of {total_bytes}  {bytes_per_sec}";
        let style = ProgressStyle::with_template(template).expect("a template that is a constant");
        let bar = ProgressBar::new(total).with_style(style).with_message(what.to_owned());
        if !is_shown(report) {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bar)
    }

    /// So many more are done.
    pub fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
