//! Only drives the supervisor; the command line takes its place.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, dir] = arguments.as_slice() else { return ExitCode::from(2) };
    if command != "__supervise" {
        return ExitCode::from(2);
    }
    match batchai::supervisor::run(Path::new(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{:#}", anyhow::Error::new(error));
            ExitCode::FAILURE
        }
    }
}
