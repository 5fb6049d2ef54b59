//! Group commit: what changes share, and what they do not.

use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;

use super::*;

type Answers = Receiver<(String, Result<i64, StoreError>)>;

/// Changes that are in one transaction for certain, because the writer is kept busy until all are queued.
struct Batch<'h> {
    home: &'h Home,
    release: Sender<()>,
    sender: Sender<(String, Result<i64, StoreError>)>,
    answers: Answers,
}

impl<'h> Batch<'h> {
    fn new(home: &'h Home) -> Self {
        let (release, released) = channel::<()>();
        let (sender, answers) = channel();
        let held = move |_: &Tx<'_>| {
            let _released = released.recv();
            Ok::<(), StoreError>(())
        };
        home.store.shared.writer.queue(held, drop);
        Self { home, release, sender, answers }
    }

    /// Adds a change; its answer comes under this name.
    fn add(&self, text: &str, change: impl FnOnce(&Tx<'_>) -> Result<i64, StoreError> + Send + 'static) {
        let (sender, text) = (self.sender.clone(), text.to_owned());
        self.home.store.shared.writer.queue(change, move |result| {
            sender.send((text, result)).expect("somebody listens");
        });
    }

    /// Adds a change that adds a workspace.
    fn add_workspace(&self, text: &str) {
        let value = workspace(text);
        self.add(text, move |tx| tx.insert_workspace(&value));
    }

    /// Lets the writer go; each answer as `name: ok` or `name: error`.
    fn run(self) -> Vec<String> {
        drop((self.release, self.sender));
        let line = |(text, result): (String, Result<i64, StoreError>)| match result {
            Ok(_) => format!("{text}: ok"),
            Err(error) => format!("{text}: {error}"),
        };
        self.answers.iter().map(line).collect()
    }
}

fn names(home: &Home) -> Vec<String> {
    let found = home.do_read(|view| view.workspaces("s", None, ALL));
    found.iter().map(|w| w.value.key.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_change_is_visible_to_a_new_connection() {
    let home = Home::new();
    let file = home.file();
    let tasks: Vec<_> = (0..64)
        .map(|index| {
            let (store, file) = (home.store.clone(), file.clone());
            tokio::spawn(async move {
                let value = workspace(&format!("w{index}"));
                let number = store.write(move |tx| tx.insert_workspace(&value)).await.expect("a change");
                let connection = Connection::open(file).expect("another connection");
                let sql = "SELECT count(*) FROM workspaces WHERE number = ?1";
                connection.query_row(sql, [number], |row| row.get::<_, i64>(0)).expect("a count")
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("a task that ends"), 1);
    }
    assert_eq!(names(&home).len(), 64);
}

#[test]
fn changes_that_wait_together_share_one_commit() {
    let home = Home::new();
    let batch = Batch::new(&home);
    for index in 0..100 {
        batch.add_workspace(&format!("w{index}"));
    }
    let answers = batch.run();
    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|answer| answer.ends_with(": ok")), "{answers:?}");
    assert_eq!((home.commits(), names(&home).len()), (1, 100));
}

#[test]
fn a_change_is_queued_when_called_and_made_even_if_nobody_waits() {
    let home = Home::new();
    let value = workspace("unpolled");
    drop(home.store.write(move |tx| tx.insert_workspace(&value)));
    home.do_write(|tx| tx.insert_workspace(&workspace("next")));
    assert_eq!(names(&home), ["unpolled", "next"]);
}

#[test]
fn a_failing_change_is_undone_and_does_not_disturb_its_neighbours() {
    let home = Home::new();
    let batch = Batch::new(&home);
    batch.add_workspace("before");
    batch.add("failing", |tx| {
        tx.insert_workspace(&workspace("half"))?;
        Err(StoreError::Missing { action: "go on".into(), record: "way".into() })
    });
    batch.add_workspace("after");
    assert_eq!(batch.run(), ["before: ok", "failing: cannot go on: there is no way", "after: ok"]);
    assert_eq!((names(&home), home.commits()), (vec!["before".into(), "after".into()], 1));
}

#[test]
fn a_panicking_change_is_undone_and_does_not_disturb_its_neighbours() {
    let home = Home::new();
    let batch = Batch::new(&home);
    batch.add_workspace("before");
    batch.add("panicking", |tx| {
        tx.insert_workspace(&workspace("half"))?;
        panic!("on purpose");
    });
    batch.add_workspace("after");
    let answers = batch.run();
    assert_eq!(
        answers,
        ["before: ok", "panicking: a change of the database panicked and was undone: on purpose", "after: ok"]
    );
    assert_eq!(names(&home), ["before", "after"]);
}

#[test]
fn a_failed_commit_is_everybodys_error_and_the_writer_goes_on() {
    let home = Home::new();
    home.do_write(|tx| {
        tx.insert_workspace(&workspace("w"))?;
        tx.insert_experiment(&experiment("e"))
    });
    let batch = Batch::new(&home);
    batch.add_workspace("neighbour");
    batch.add("breaking", |tx| {
        // The violation is then found by COMMIT, and not by the statement.
        tx.connection.pragma_update(None, "defer_foreign_keys", true).expect("a pragma");
        tx.delete_workspace(1).map(|()| 1)
    });
    let why = "cannot save changes: something still belongs to it, or what it belongs to is not there";
    assert_eq!(batch.run(), [format!("neighbour: {why}"), format!("breaking: {why}")]);
    assert_eq!((names(&home), home.commits()), (vec!["w".into()], 1));
    home.do_write(|tx| tx.insert_workspace(&workspace("later")));
    assert_eq!((names(&home), home.commits()), (vec!["w".into(), "later".into()], 2));
}

#[test]
fn a_transaction_lost_half_way_fails_those_before_it_and_not_those_after() {
    let home = Home::new();
    let batch = Batch::new(&home);
    batch.add_workspace("before");
    batch.add("losing", |tx| {
        tx.connection.execute_batch("ROLLBACK").expect("a transaction to lose");
        Ok(1)
    });
    batch.add_workspace("after");
    let why = format!("a transaction on {} was undone before it could be saved", home.file().display());
    assert_eq!(batch.run(), [format!("before: {why}"), format!("losing: {why}"), "after: ok".into()]);
    assert_eq!(names(&home), ["after"]);
}

#[test]
fn a_full_disk_is_said_clearly_and_nothing_acknowledged_is_lost() {
    let home = Home::new();
    home.do_write(|tx| tx.insert_workspace(&workspace("kept")));
    let limit = |pages: i64| {
        home.do_write(move |tx| {
            tx.connection.pragma_update(None, "max_page_count", pages).expect("a pragma");
            Ok(())
        });
    };
    limit(1);
    let mut large = workspace("large");
    large.location = "x".repeat(100_000);
    let again = large.clone();
    let refused = home.store.write_blocking(move |tx| tx.insert_workspace(&large)).expect_err("no room");
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        format!(
            "cannot add `large` to table workspaces: the disk that holds {} is full; nothing of it was saved",
            home.file().display()
        )
    );
    assert_eq!(names(&home), ["kept"]);
    limit(1_000_000);
    home.do_write(move |tx| tx.insert_workspace(&again));
    assert_eq!(names(&home), ["kept", "large"]);
}

#[test]
fn only_a_commit_that_changes_something_is_announced() {
    let home = Home::new();
    home.do_write(|tx| tx.workspace(&workspace_key("w")));
    let failed: Result<(), StoreError> = home.store.write_blocking(|tx| {
        tx.insert_workspace(&workspace("w"))?;
        Err(StoreError::Closed)
    });
    assert!(failed.is_err());
    assert_eq!(home.commits(), 0);
    let mut changes = home.store.changes();
    home.do_write(|tx| tx.insert_workspace(&workspace("w")));
    assert_eq!((changes.has_changed().expect("an open store"), *changes.borrow_and_update()), (true, 1));
    assert_eq!(home.commits(), 1);
}

#[test]
fn a_panicking_hook_does_not_stop_the_writer() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("store.db");
    let store = Store::open(&file, Arc::new(|| panic!("on purpose"))).expect("a store");
    for text in ["a", "b"] {
        store.write_blocking(move |tx| tx.insert_workspace(&workspace(text))).expect("a change");
    }
    assert_eq!(*store.changes().borrow(), 2);
}

#[test]
fn the_last_handle_may_be_dropped_by_a_change() {
    let Home { directory, store, .. } = Home::new();
    let (sender, answer) = channel();
    let inner = store.clone();
    let (release, released) = channel::<()>();
    store.shared.writer.queue(
        move |_: &Tx<'_>| {
            let _released = released.recv();
            drop(inner);
            Ok::<(), StoreError>(())
        },
        move |result| sender.send(result.is_ok()).expect("somebody listens"),
    );
    drop(store);
    drop(release);
    assert_eq!(answer.recv(), Ok(true));
    drop(directory);
}

#[test]
fn a_reader_sees_one_moment_while_the_writer_goes_on() {
    let home = Home::new();
    home.do_write(|tx| tx.insert_workspace(&workspace("a")));
    home.do_read(|view| {
        assert_eq!(view.workspaces("s", None, ALL)?.len(), 1);
        home.do_write(|tx| tx.insert_workspace(&workspace("b")));
        assert_eq!(view.workspaces("s", None, ALL)?.len(), 1);
        Ok(())
    });
    assert_eq!(names(&home), ["a", "b"]);
}
