//! What is being waited for, on a terminal only: a line that is drawn again and again, and gone when it is over.
//!
//! Off a terminal nothing is drawn: whoever waits there says what is worth a line through `report`.

use std::io::IsTerminal;
use std::sync::Arc;
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
pub struct Bytes {
    bar: ProgressBar,
    report: Report,
}

impl Bytes {
    /// Of so many bytes in all.
    #[must_use]
    pub fn new(report: Report, what: &str, total: u64) -> Self {
        let bytes = Self::hidden(report, what, total);
        bytes.show();
        bytes
    }

    /// One that is not seen before [`Bytes::show`].
    #[must_use]
    pub fn hidden(report: Report, what: &str, total: u64) -> Self {
        let template = "{msg}  {bar:30} {bytes:>10} of {total_bytes}  {bytes_per_sec}";
        let style = ProgressStyle::with_template(template).expect("a template that is a constant");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        Self { bar: bar.with_style(style).with_message(what.to_owned()), report }
    }

    /// Draws it from now on, where somebody sees it.
    pub fn show(&self) {
        if is_shown(self.report) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.tick();
        }
    }

    /// So many more are done.
    pub fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// For somebody on another thread: says how many are done in all.
    #[must_use]
    pub fn counter(&self) -> Arc<dyn Fn(u64) + Send + Sync> {
        let bar = self.bar.clone();
        Arc::new(move |bytes| bar.set_position(bytes))
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
