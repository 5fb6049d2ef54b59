//! Operations that outlive their requests, and the things they are about.

use super::*;
use crate::domain::long_operation::{LongOperation, Subject, Work};
use crate::store::Reader;

fn operation(id: &str, subject: Subject, number: i64) -> LongOperation {
    LongOperation {
        id: id.into(),
        work: Work::Deletion,
        subject,
        number,
        subscription: "s".into(),
        region: "eastus".into(),
        resource: "s$g$w".into(),
        started: AT,
        ended: None,
    }
}

#[test]
fn all_that_goes_on_with_a_thing_ends_with_it_and_can_still_be_asked_for() {
    let home = Home::new();
    let all = [("a", Subject::Job, 1), ("b", Subject::Job, 1), ("c", Subject::Job, 2), ("d", Subject::Cluster, 1)]
        .map(|(id, subject, number)| operation(id, subject, number));
    let given = all.clone();
    home.do_write(move |tx| given.iter().try_for_each(|one| tx.insert_long_operation(one)));
    assert_eq!(home.do_read(|view| view.long_operation("d")), Some(all[3].clone()));
    home.do_write(|tx| tx.end_long_operations(Subject::Job, 1, AT));
    let ended = |view: &Reader<'_>| -> Result<Vec<String>, StoreError> {
        let all = view.long_operations()?;
        Ok(all.into_iter().filter(|one| one.ended == Some(AT)).map(|one| one.id).collect())
    };
    assert_eq!(home.do_read(ended), ["a", "b"]);
    // What has ended keeps its end.
    home.do_write(|tx| tx.end_long_operations(Subject::Job, 1, AT + jiff::SignedDuration::from_secs(1)));
    assert_eq!(home.do_read(ended), ["a", "b"]);
    home.do_write(|tx| tx.delete_long_operation("a"));
    assert_eq!(home.do_read(|view| view.long_operation("a")), None);
    assert_eq!(home.do_read(|view| view.long_operation("none")), None);
}
