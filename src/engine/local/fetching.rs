//! Secrets that come over a network: fetched on a thread of their own, while their run is starting.
//!
//! Called by [`super::runs`]. A run whose secrets are on their way is a running one; when they have come, or cannot
//! come, it is one that has not begun, and whoever launches it again gets them. Nothing of this is on disk: a server
//! that ends meanwhile leaves a run that has not begun.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::failed;
use crate::domain::name::RunId;
use crate::engine::secrets::Safe;
use crate::engine::{EngineError, Waker};
use crate::supervisor::secrets::Secrets;

/// What becomes of the secrets of a run.
#[derive(Debug)]
enum Asked {
    /// They are on their way.
    Waiting,
    /// They have come, or never will.
    Answered(Result<Secrets, EngineError>),
}

type All = Arc<Mutex<HashMap<RunId, Asked>>>;

/// Opens what a run needs.
pub(super) trait Open: FnOnce(&Safe) -> Result<Secrets, EngineError> + Send + 'static {}
impl<F: FnOnce(&Safe) -> Result<Secrets, EngineError> + Send + 'static> Open for F {}

/// Fetches secrets.
pub(super) struct Fetching {
    safe: Safe,
    asked: All,
    waker: Waker,
}

impl Fetching {
    /// `waker` is called when secrets have come, from a thread of its own.
    pub(super) fn new(safe: Safe, waker: Waker) -> Self {
        Self { safe, asked: All::default(), waker }
    }

    /// The secrets of a run, as `open` opens them: at once where they are near, and `None` while they are fetched.
    /// `is_far`: whether one of them is.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when one of them cannot be had.
    pub(super) fn secrets(&self, run: &RunId, is_far: bool, open: impl Open) -> Result<Option<Secrets>, EngineError> {
        match lock(&self.asked).get(run) {
            Some(Asked::Waiting) => return Ok(None),
            Some(Asked::Answered(_)) | None => {}
        }
        if let Some(Asked::Answered(answer)) = lock(&self.asked).remove(run) {
            return answer.map(Some);
        }
        if !is_far {
            return open(&self.safe).map(Some);
        }
        self.fetch(run, open).map(|()| None)
    }

    fn fetch(&self, run: &RunId, open: impl Open) -> Result<(), EngineError> {
        lock(&self.asked).insert(run.clone(), Asked::Waiting);
        let (safe, asked, waker) = (self.safe.clone(), Arc::clone(&self.asked), Arc::clone(&self.waker));
        let of = run.clone();
        let work = move || {
            // Else the run would wait for ever.
            let answer = catch_unwind(AssertUnwindSafe(|| open(&safe))).unwrap_or_else(|_| Err(broken()));
            // A run that was stopped meanwhile is waited for by nobody.
            if let Some(waiting) = lock(&asked).get_mut(&of) {
                *waiting = Asked::Answered(answer);
            }
            waker();
        };
        let started = thread::Builder::new().name("key vaults".into()).spawn(work);
        started.map(drop).map_err(|error| {
            self.forget(run);
            failed(|| format!("ask for the secrets of run {run}"))(error)
        })
    }

    /// Whether the secrets of a run are on their way.
    pub(super) fn is_going_on(&self, run: &RunId) -> bool {
        matches!(lock(&self.asked).get(run), Some(Asked::Waiting))
    }

    /// Nobody wants the secrets of this run any more. Whether somebody had.
    pub(super) fn forget(&self, run: &RunId) -> bool {
        lock(&self.asked).remove(run).is_some()
    }

    /// The same for a run that is to end; whoever waits for its end hears of it.
    pub(super) fn cancel(&self, run: &RunId) -> bool {
        let was_there = self.forget(run);
        if was_there {
            (self.waker)();
        }
        was_there
    }
}

fn broken() -> EngineError {
    EngineError::NotStarted("its secrets cannot be read, by a mistake of batchai: the log of the server tells".into())
}

fn lock(asked: &All) -> MutexGuard<'_, HashMap<RunId, Asked>> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::*;
    use crate::domain::secret::{MasterKey, Seal, SecretValue, SecretVariable};
    use crate::engine::secrets::Vaults;

    /// Answers when it is told to, with what it is told.
    #[derive(Debug)]
    struct Slow(Mutex<Receiver<Result<String, String>>>);

    impl Vaults for Slow {
        fn is_far(&self, _: &str) -> bool {
            true
        }

        fn read(&self, _: &str) -> Result<String, String> {
            self.0.lock().expect("one reader").recv().map_err(|error| error.to_string())?
        }
    }

    struct Stage {
        fetching: Fetching,
        answers: Sender<Result<String, String>>,
        woken: Receiver<()>,
    }

    impl Stage {
        fn new() -> Self {
            let (answers, asked) = channel();
            let (wake, woken) = channel();
            let seal = Arc::new(Seal::new(&MasterKey::new([1; 32])));
            let safe = Safe::new(seal).with_vaults(Arc::new(Slow(Mutex::new(asked))));
            let wake = Mutex::new(wake);
            let waker: Waker = Arc::new(move || wake.lock().expect("a waker").send(()).unwrap_or_default());
            Self { fetching: Fetching::new(safe, waker), answers, woken }
        }

        fn ask(&self) -> Result<Option<Secrets>, EngineError> {
            let value = SecretValue::KeyVault { vault: "/v".into(), url: "https://v/secrets/t".into() };
            let wanted = [SecretVariable { name: "TOKEN".into(), value }];
            self.fetching.secrets(&run(), true, move |safe| safe.variables(&wanted))
        }

        fn answer(&self, answer: Result<&str, &str>) {
            self.answers.send(answer.map(str::to_owned).map_err(str::to_owned)).expect("somebody asks");
            self.woken.recv_timeout(Duration::from_secs(60)).expect("the waker is called");
        }
    }

    fn run() -> RunId {
        RunId("r".into())
    }

    #[test]
    fn nobody_waits_for_what_is_far_and_whoever_asks_again_gets_it_once() {
        let stage = Stage::new();
        for _ in 0..3 {
            assert!(stage.ask().expect("no error").is_none());
            assert!(stage.fetching.is_going_on(&run()));
        }
        stage.answer(Ok("hunter2"));
        assert!(!stage.fetching.is_going_on(&run()));
        let secrets = stage.ask().expect("no error").expect("the secrets");
        assert!(secrets == std::iter::once(("TOKEN".to_owned(), "hunter2".to_owned())).collect());
        assert!(stage.ask().expect("no error").is_none(), "a second launch asks again");
    }

    #[test]
    fn what_cannot_be_had_is_told_to_whoever_asks_again() {
        let stage = Stage::new();
        assert!(stage.ask().expect("no error").is_none());
        stage.answer(Err("there is no such secret"));
        assert!(!stage.fetching.is_going_on(&run()));
        let Err(EngineError::NotStarted(why)) = stage.ask() else { panic!("an error that is final") };
        assert!(why.contains("`TOKEN`") && why.ends_with("there is no such secret"), "{why}");
    }

    #[test]
    fn nobody_waits_for_what_broke() {
        let stage = Stage::new();
        let breaks = |_: &Safe| -> Result<Secrets, EngineError> { panic!("on purpose") };
        assert!(stage.fetching.secrets(&run(), true, breaks).expect("no error").is_none());
        stage.woken.recv_timeout(Duration::from_secs(60)).expect("the waker is called");
        assert!(matches!(stage.ask(), Err(EngineError::NotStarted(_))));
    }

    #[test]
    fn a_run_that_is_cancelled_waits_for_nothing_and_an_answer_that_comes_late_is_dropped() {
        let stage = Stage::new();
        assert!(!stage.fetching.cancel(&run()), "nothing was asked for");
        assert!(stage.ask().expect("no error").is_none());
        assert!(stage.fetching.cancel(&run()));
        stage.woken.recv_timeout(Duration::from_secs(60)).expect("the waker is called");
        assert!(!stage.fetching.is_going_on(&run()));
        stage.answer(Ok("hunter2"));
        assert!(lock(&stage.fetching.asked).is_empty());
    }
}
