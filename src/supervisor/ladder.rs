//! How processes are ended: TERM, grace, KILL, and at last giving up. Pure; `family` does it.

use std::time::Duration;

/// A process that forks while it is being killed may leave a child behind; so often is looked for one.
pub const KILL_AGAIN: Duration = Duration::from_millis(50);

/// Killed processes are gone within moments unless the kernel holds them, as on a dead network file system.
pub const GIVE_UP: Duration = Duration::from_secs(30);

/// Where the ending of a family stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Whether any process is left.
    pub is_anyone_left: bool,
    /// Since the ending began.
    pub elapsed: Duration,
    /// Between the polite and the impolite signal.
    pub grace: Duration,
    /// Whether the polite signal was sent.
    pub is_told: bool,
    /// Since the impolite one was sent for the first and for the last time.
    pub killing: Option<Killing>,
}

/// How long ago the impolite signal was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Killing {
    /// For the first time.
    pub first: Duration,
    /// For the last time.
    pub last: Duration,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Nothing: nobody is left.
    Finished,
    /// Send TERM.
    Terminate,
    /// Send KILL.
    Kill,
    /// Wait so long, or until a process ends.
    Wait(Duration),
    /// Leave the rest to the kernel.
    GiveUp,
}

/// The next thing to do. Without grace there is no polite signal.
#[must_use]
pub fn next(situation: &Situation) -> Rung {
    let Situation { is_anyone_left, elapsed, grace, is_told, killing } = *situation;
    match killing {
        _ if !is_anyone_left => Rung::Finished,
        None if elapsed >= grace => Rung::Kill,
        None if !is_told => Rung::Terminate,
        None => Rung::Wait(grace - elapsed),
        Some(killing) if killing.first >= GIVE_UP => Rung::GiveUp,
        Some(killing) if killing.last >= KILL_AGAIN => Rung::Kill,
        Some(killing) => Rung::Wait(KILL_AGAIN - killing.last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn next_after(elapsed: u64, is_told: bool, killing: Option<(u64, u64)>) -> Rung {
        let killing = killing.map(|(first, last)| Killing { first: ms(first), last: ms(last) });
        next(&Situation { is_anyone_left: true, elapsed: ms(elapsed), grace: ms(5000), is_told, killing })
    }

    #[test]
    fn the_whole_ladder() {
        let table = [
            ((0, false, None), Rung::Terminate),
            ((0, true, None), Rung::Wait(ms(5000))),
            ((4999, true, None), Rung::Wait(ms(1))),
            ((5000, true, None), Rung::Kill),
            ((9000, true, None), Rung::Kill),
            ((5000, true, Some((0, 0))), Rung::Wait(ms(50))),
            ((5049, true, Some((49, 49))), Rung::Wait(ms(1))),
            ((5050, true, Some((50, 50))), Rung::Kill),
            ((5080, true, Some((80, 30))), Rung::Wait(ms(20))),
            ((34_999, true, Some((29_999, 50))), Rung::Kill),
            ((35_000, true, Some((30_000, 0))), Rung::GiveUp),
        ];
        for ((elapsed, is_told, killing), expected) in table {
            assert_eq!(next_after(elapsed, is_told, killing), expected, "{elapsed} {is_told} {killing:?}");
        }
    }

    #[test]
    fn without_grace_the_first_signal_is_the_impolite_one() {
        let situation = Situation { is_anyone_left: true, elapsed: ms(0), grace: ms(0), is_told: false, killing: None };
        assert_eq!(next(&situation), Rung::Kill);
    }

    #[test]
    fn when_nobody_is_left_it_is_finished_wherever_it_stands() {
        for killing in [None, Some(Killing { first: GIVE_UP, last: ms(0) })] {
            for is_told in [false, true] {
                let situation =
                    Situation { is_anyone_left: false, elapsed: ms(9000), grace: ms(5000), is_told, killing };
                assert_eq!(next(&situation), Rung::Finished);
            }
        }
    }
}
