//! `--target`, `--min` and `--max`: how many nodes; and for how long those stay that no job needs.

use clap::{Args, ValueEnum};
use jiff::fmt::temporal::SpanParser;

use super::wrong;
use crate::api::cluster::{AutoScale, DeallocationOption, ManualScale, ScaleSettings};
use crate::cli::report::Failure;

/// How many nodes, at the making of a cluster.
#[derive(Debug, Clone, Default, Args)]
pub struct ScaleArgs {
    /// A fixed number of nodes; with --min and --max, how many there are at first.
    #[arg(long, short = 't', value_name = "NODES", help_heading = "Nodes")]
    pub target: Option<u32>,
    /// Auto-scale: at least so many nodes.
    #[arg(long, value_name = "NODES", help_heading = "Nodes")]
    pub min: Option<u32>,
    /// Auto-scale: at most so many nodes.
    #[arg(long, value_name = "NODES", help_heading = "Nodes")]
    pub max: Option<u32>,
    #[command(flatten)]
    pub idle: IdleArgs,
}

/// For how long auto-scale leaves nodes idle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct IdleArgs {
    /// Auto-scale: how long a node that no job needs stays, in seconds or as PT5M; a minute when not given.
    #[arg(long, value_name = "SECONDS", help_heading = "Nodes", value_parser = idle_time)]
    pub idle_time_before_scale_down: Option<String>,
}

/// A number of seconds, or a duration of ISO 8601, as the wire has it.
fn idle_time(text: &str) -> Result<String, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(format!("PT{seconds}S"));
    }
    let text = text.to_uppercase();
    let span = SpanParser::new().parse_span(&text).ok().filter(|_| text.starts_with('P'));
    let has_length = span.is_some_and(|span| span.get_years() == 0 && span.get_months() == 0);
    if has_length { Ok(text) } else { Err("write a number of seconds, or a duration such as `PT5M`".into()) }
}

/// What happens to jobs on nodes that go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Deallocation {
    /// Stopped, and run again later.
    #[default]
    Requeue,
    /// Stopped for good.
    Terminate,
    /// Allowed to finish.
    #[value(name = "waitforjobcompletion")]
    WaitForJobCompletion,
}

/// A fixed number of nodes. Jobs on nodes that go run again later, as `az batchai` always asked.
#[must_use]
pub fn manual(target: u32) -> ScaleSettings {
    manual_with(target, Deallocation::Requeue)
}

/// A fixed number of nodes, and what happens to jobs on nodes that go.
#[must_use]
pub fn manual_with(target: u32, deallocation: Deallocation) -> ScaleSettings {
    let node_deallocation_option = Some(match deallocation {
        Deallocation::Requeue => DeallocationOption::Requeue,
        Deallocation::Terminate => DeallocationOption::Terminate,
        Deallocation::WaitForJobCompletion => DeallocationOption::WaitForJobCompletion,
    });
    let manual = ManualScale { target_node_count: target, node_deallocation_option };
    ScaleSettings { manual: Some(manual), auto_scale: None }
}

/// As many nodes as jobs need, within bounds.
///
/// # Errors
/// When the bounds leave no room.
pub fn auto(min: u32, max: u32, initial: u32, idle: &IdleArgs) -> Result<ScaleSettings, Failure> {
    if min > max {
        return Err(wrong("Maximum nodes count must be greater or equal to minimum nodes count"));
    }
    let auto_scale = AutoScale {
        minimum_node_count: min,
        maximum_node_count: max,
        initial_node_count: Some(initial),
        idle_time_before_scale_down: idle.idle_time_before_scale_down.clone(),
    };
    Ok(ScaleSettings { manual: None, auto_scale: Some(auto_scale) })
}

impl ScaleArgs {
    /// What the three come to; `None` when none was given. Numbers are compared as numbers, and 0 is one: where the
    /// original took `--target` for text, and `--min 0 --max 0` for nothing, it did not do what its help said.
    ///
    /// # Errors
    /// When only one bound is given, they leave no room, or there is an idle time without auto-scale.
    pub fn settings(&self) -> Result<Option<ScaleSettings>, Failure> {
        let settings = self.numbers()?;
        let is_auto = settings.as_ref().is_some_and(|settings| settings.auto_scale.is_some());
        if self.idle.idle_time_before_scale_down.is_some() && !is_auto {
            return Err(wrong("--idle-time-before-scale-down is about auto-scale: give --min, and a larger --max"));
        }
        Ok(settings)
    }

    fn numbers(&self) -> Result<Option<ScaleSettings>, Failure> {
        Ok(match (self.target, self.min, self.max) {
            (None, None, None) => None,
            (_, Some(_), None) | (_, None, Some(_)) => {
                let message = "You need to either provide both min and max node counts or not provide any of them";
                return Err(wrong(message));
            }
            (Some(target), None, None) => Some(manual(target)),
            (None, Some(min), Some(max)) if min == max => Some(manual(min)),
            (Some(target), Some(min), Some(max)) if min == max && target == min => Some(manual(target)),
            (target, Some(min), Some(max)) => Some(auto(min, max, target.unwrap_or(0), &self.idle)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(target: Option<u32>, min: Option<u32>, max: Option<u32>) -> Result<Option<ScaleSettings>, String> {
        let idle = IdleArgs::default();
        ScaleArgs { target, min, max, idle }.settings().map_err(|failure| failure.message)
    }

    #[test]
    fn idle_times_are_seconds_or_durations_and_for_auto_scale_only() {
        assert_eq!(idle_time("0"), Ok("PT0S".into()));
        assert_eq!(idle_time("pt5m"), Ok("PT5M".into()));
        for wrong in ["-1", "5m", "P1M", "soon", "-PT1S"] {
            assert!(idle_time(wrong).is_err(), "{wrong}");
        }
        let idle = || IdleArgs { idle_time_before_scale_down: Some("PT0S".into()) };
        let scaled = |target, min, max| ScaleArgs { target, min, max, idle: idle() }.settings();
        let settings = scaled(None, Some(0), Some(2)).ok().flatten().and_then(|settings| settings.auto_scale);
        assert_eq!(settings.and_then(|auto| auto.idle_time_before_scale_down), Some("PT0S".into()));
        assert!(scaled(Some(1), None, None).is_err_and(|failure| failure.message.contains("auto-scale")));
        assert!(scaled(None, Some(2), Some(2)).is_err());
    }

    #[test]
    fn every_combination_comes_to_what_the_help_of_az_said() {
        let of_auto = |min, max, initial| auto(min, max, initial, &IdleArgs::default()).expect("settings");
        for (flags, expected) in [
            ((None, None, None), None),
            ((Some(0), None, None), Some(manual(0))),
            ((Some(3), None, None), Some(manual(3))),
            ((None, Some(1), Some(1)), Some(manual(1))),
            ((None, Some(0), Some(0)), Some(manual(0))),
            ((Some(2), Some(2), Some(2)), Some(manual(2))),
            ((Some(1), Some(2), Some(2)), Some(of_auto(2, 2, 1))),
            ((None, Some(0), Some(4)), Some(of_auto(0, 4, 0))),
            ((Some(2), Some(0), Some(4)), Some(of_auto(0, 4, 2))),
        ] {
            assert_eq!(settings(flags.0, flags.1, flags.2), Ok(expected), "{flags:?}");
        }
        let both = "You need to either provide both min and max node counts or not provide any of them".to_owned();
        assert_eq!(settings(None, Some(1), None), Err(both.clone()));
        assert_eq!(settings(Some(1), None, Some(1)), Err(both));
        let room = "Maximum nodes count must be greater or equal to minimum nodes count".to_owned();
        assert_eq!(settings(None, Some(2), Some(1)), Err(room));
    }
}
