//! `examples/storage`: what the comment of its job file says is done as it stands there.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, is_left_out};

#[test]
fn the_commands_of_the_example_bring_the_model_home() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = Sandbox::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/storage");
    for name in ["job.yaml", "train.py", "data/monday.csv", "data/tuesday.csv"] {
        let text = fs::read_to_string(folder.join(name)).expect("a file");
        sandbox.file(&format!("examples/storage/{name}"), &text);
    }
    let text = fs::read_to_string(folder.join("job.yaml")).expect("a job file");
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#   batchai ")).collect();
    assert_eq!(commands.len(), 6, "{commands:?}");
    let printed: Vec<String> = commands.iter().map(|words| sandbox.run(words).succeeds().stdout).collect();
    assert_eq!(printed[3], "5 points: y = 2.0 x + 1.0\n");
    assert!(printed[4].contains("linear/line.json"), "{}", printed[4]);
    let model = fs::read_to_string(sandbox.path("results/linear/line.json")).expect("the model");
    assert_eq!(model, "{\"slope\": 2.0, \"intercept\": 1.0}\n");
}
