//! `batchai`: the program.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(batchai::cli::run(std::env::args_os()))
}
