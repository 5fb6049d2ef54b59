//! `--watch`: a list shown again whenever it changes, until Ctrl-C.
//!
//! On a terminal it is painted in place; elsewhere every change is a document of its own. Used by every `list`
//! command. The painting is `output::screen`'s.

use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;

use super::Outcome;
use super::commands::job::interrupt::Signals;
use super::exit_code::ExitCode;
use super::output::rows::Row;
use super::output::screen::{Painter, Screen, can_repaint, is_read};
use super::output::{Format, Output, raw};
use super::report::Failure;
use super::session::Session;

/// `--watch`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Watch {
    /// Show the list again when it has changed, looking every so many seconds (2 if not said), until Ctrl-C,
    /// which is the regular end: exit code 0.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    watch: Option<u32>,
}

/// What a `list` command is about, and `--watch`.
#[derive(Debug, Clone, Default, Args)]
pub struct Watched<S: Args> {
    /// What is listed.
    #[command(flatten)]
    pub scope: S,
    /// Whether it is shown once.
    #[command(flatten)]
    pub watch: Watch,
}

/// Lists a collection, given by its path, once or for as long as the user watches.
///
/// # Errors
/// With what to tell the user; of a watched list only when the first look fails, or standard output.
pub async fn list<T: Row + DeserializeOwned>(session: &Session, collection: &str, watch: Watch) -> Outcome {
    show(session, watch, async || Ok(session.client.list::<T>(collection).await?)).await
}

/// The same for a list that is looked up in another way.
///
/// # Errors
/// As [`list`].
pub async fn show<T: Row>(session: &Session, watch: Watch, look: impl AsyncFn() -> Result<Vec<T>, Failure>) -> Outcome {
    match watch.watch {
        None => session.print(&Output::list(&look().await?)),
        Some(seconds) => repeat(session, Duration::from_secs(seconds.into()), look).await,
    }
}

/// Ends with Ctrl-C, SIGTERM, or when nobody reads.
async fn repeat<T: Row>(
    session: &Session,
    interval: Duration,
    look: impl AsyncFn() -> Result<Vec<T>, Failure>,
) -> Outcome {
    let mut signals = Signals::listen()
        .map_err(|error| Failure::new(ExitCode::Refused, format!("cannot watch: no signals: {error}")))?;
    let first = tokio::select! {
        _ = signals.next() => return Ok(ExitCode::Ok.value()),
        first = look() => first?,
    };
    let mut view = View::open(session, interval)?;
    let mut is_looked_at = view.show(session, &first)?;
    while is_looked_at && is_read() {
        let again = async {
            tokio::time::sleep(interval).await;
            // A local server that was stopped is not started for being watched.
            let is_down = session.client.remote().is_none() && !session.client.local().is_listening();
            if is_down { Err(Failure::new(ExitCode::Unreachable, "the server is not running")) } else { look().await }
        };
        is_looked_at = tokio::select! {
            _ = signals.next() => break,
            found = again => match found {
                Ok(list) => view.show(session, &list)?,
                Err(failure) => view.tell(session, &failure)?,
            },
        };
    }
    view.close()?;
    Ok(ExitCode::Ok.value())
}

/// What is shown now, and where.
struct View {
    painter: Option<Painter>,
    shown: Option<String>,
    told: Option<String>,
    legend: String,
}

impl View {
    fn open(session: &Session, interval: Duration) -> Result<Self, Failure> {
        let is_painted = can_repaint() && session.printer.format != Format::None;
        let painter = if is_painted { Some(Painter::enter()?) } else { None };
        let legend = format!("every {} s, Ctrl-C ends", interval.as_secs());
        Ok(Self { painter, shown: None, told: None, legend })
    }

    /// Answers whether anybody still looks.
    fn show<T: Row>(&mut self, session: &Session, list: &[T]) -> Result<bool, Failure> {
        let text = session.printer.render(&Output::list(list), &Screen::of_stdout())?;
        self.told = None;
        if let Some(painter) = &mut self.painter {
            return Ok(painter.paint(&text.unwrap_or_default(), &self.legend)?);
        }
        let Some(next) = document(self.shown.as_deref(), text.as_deref(), session.printer.format) else {
            return Ok(true);
        };
        self.shown = text;
        Ok(raw(next.as_bytes())?)
    }

    /// The list stays, and why it is not newer is told: on the screen, or once as a warning.
    fn tell(&mut self, session: &Session, failure: &Failure) -> Result<bool, Failure> {
        let message = failure.message.lines().next().unwrap_or_default();
        if let Some(painter) = &self.painter {
            return Ok(painter.say(&format!("{message}; looking again · {}", self.legend))?);
        }
        if self.told.as_deref() != Some(message) {
            session.report.warn(&format!("{message}; looking again every so often"));
            self.told = Some(message.to_owned());
        }
        Ok(true)
    }

    fn close(self) -> Result<(), Failure> {
        Ok(self.painter.map_or(Ok(()), Painter::finish)?)
    }
}

/// What is written of a list that programs read: nothing while it stays the same. YAML needs a line between
/// documents.
fn document(shown: Option<&str>, text: Option<&str>, format: Format) -> Option<String> {
    let text = text.filter(|text| shown != Some(text))?;
    let is_yaml = matches!(format, Format::Yaml | Format::Yamlc);
    let between = if is_yaml && shown.is_some() { "---\n" } else { "" };
    Some(format!("{between}{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_a_new_document() {
        assert_eq!(document(None, Some("a"), Format::Yaml).as_deref(), Some("a\n"));
        assert_eq!(document(Some("a"), Some("a"), Format::Yaml), None);
        assert_eq!(document(Some("a"), Some("b"), Format::Yaml).as_deref(), Some("---\nb\n"));
        assert_eq!(document(Some("a"), Some("b"), Format::Json).as_deref(), Some("b\n"));
        assert_eq!(document(Some("a"), None, Format::Json), None);
    }
}
