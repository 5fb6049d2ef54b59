//! What the machine itself costs.

use std::io::Write;
use std::process::Command;

use super::measure::{Bench, Budget, Row};
use super::stage;

const PROCESS: Row = Row::milliseconds("floor: fork + exec + wait of /bin/true", Budget::None);
const SYNC: Row = Row::milliseconds("floor: append 512 bytes + fdatasync, where the data directory is", Budget::None);

pub fn run(bench: &mut Bench) {
    bench.time(PROCESS, 300, || stage::run(&mut Command::new("/bin/true")));
    // Where the homes of all other rows are.
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    bench.time(SYNC, 300, || {
        file.write_all(&[b'x'; 512]).expect("space");
        file.as_file().sync_data().expect("a disk");
    });
}
