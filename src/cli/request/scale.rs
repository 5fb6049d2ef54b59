//! `--target`, `--min` and `--max`: how many nodes.

use clap::Args;

use super::wrong;
use crate::api::cluster::{AutoScale, DeallocationOption, ManualScale, ScaleSettings};
use crate::cli::report::Failure;

/// How many nodes, at the making of a cluster.
#[derive(Debug, Clone, Copy, Default, Args)]
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
}

/// A fixed number of nodes. Jobs on nodes that go run again later, as `az batchai` always asked.
#[must_use]
pub fn manual(target: u32) -> ScaleSettings {
    let node_deallocation_option = Some(DeallocationOption::Requeue);
    let manual = ManualScale { target_node_count: target, node_deallocation_option };
    ScaleSettings { manual: Some(manual), auto_scale: None }
}

/// As many nodes as jobs need, within bounds.
///
/// # Errors
/// When the bounds leave no room.
pub fn auto(min: u32, max: u32, initial: u32) -> Result<ScaleSettings, Failure> {
    if min > max {
        return Err(wrong("Maximum nodes count must be greater or equal to minimum nodes count"));
    }
    let auto_scale = AutoScale { minimum_node_count: min, maximum_node_count: max, initial_node_count: Some(initial) };
    Ok(ScaleSettings { manual: None, auto_scale: Some(auto_scale) })
}

impl ScaleArgs {
    /// What the three come to; `None` when none was given. Numbers are compared as numbers, and 0 is one: where the
    /// original took `--target` for text, and `--min 0 --max 0` for nothing, it did not do what its help said.
    ///
    /// # Errors
    /// When only one bound is given, or they leave no room.
    pub fn settings(self) -> Result<Option<ScaleSettings>, Failure> {
        Ok(match (self.target, self.min, self.max) {
            (None, None, None) => None,
            (_, Some(_), None) | (_, None, Some(_)) => {
                let message = "You need to either provide both min and max node counts or not provide any of them";
                return Err(wrong(message));
            }
            (Some(target), None, None) => Some(manual(target)),
            (None, Some(min), Some(max)) if min == max => Some(manual(min)),
            (Some(target), Some(min), Some(max)) if min == max && target == min => Some(manual(target)),
            (target, Some(min), Some(max)) => Some(auto(min, max, target.unwrap_or(0))?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(target: Option<u32>, min: Option<u32>, max: Option<u32>) -> Result<Option<ScaleSettings>, String> {
        ScaleArgs { target, min, max }.settings().map_err(|failure| failure.message)
    }

    #[test]
    fn every_combination_comes_to_what_the_help_of_az_said() {
        let of_auto = |min, max, initial| auto(min, max, initial).expect("settings");
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
