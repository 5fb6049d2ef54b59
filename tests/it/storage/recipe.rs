//! A recipe of Azure/BatchAI, step by step as its instructions have it, with a program in place of the framework.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Done, Sandbox, is_left_out};

const ACCOUNT: &str = "mystorage";

/// What `cntk` would do: a model out of data. It takes its arguments as `ConvNet_MNIST.py` of the recipe does.
const SCRIPT: &str = "import os, sys\n\
    data, model = sys.argv[1:3]\n\
    names = sorted(os.listdir(data))\n\
    lines = [line for name in names for line in open(os.path.join(data, name))]\n\
    os.makedirs(model, exist_ok=True)\n\
    print('training on %d lines of %s' % (len(lines), ' '.join(names)))\n\
    open(os.path.join(model, 'ConvNet_MNIST.model'), 'w').write(''.join(sorted(lines)))\n";

/// The job file of a recipe, without its container: the framework is not there.
fn job_of(recipe: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipes").join(recipe).join("job.json");
    let mut job: Value = serde_json::from_str(&fs::read_to_string(path).expect("a recipe")).expect("JSON");
    job["properties"].as_object_mut().expect("properties").remove("containerSettings").expect("a container");
    job
}

/// Runs the program with the account in the environment, as the recipes ask for it.
fn run(sandbox: &Sandbox, words: &str) -> Done {
    let mut command: Command = sandbox.command(words.split_whitespace());
    Done::of(&command.env("AZURE_BATCHAI_STORAGE_ACCOUNT", ACCOUNT).output().expect("the program"))
}

#[test]
fn the_recipe_of_cntk_is_followed_from_the_first_share_to_the_model() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("ConvNet_MNIST.py", SCRIPT);
    sandbox.file("mnist_data/Train-28x28_cntk_text.txt", "|labels 1\n|labels 0\n");
    sandbox.file("mnist_data/Test-28x28_cntk_text.txt", "|labels 7\n");
    sandbox.spec("job.json", &job_of("CNTK-GPU-Python"));

    run(&sandbox, "storage share create -n logs").succeeds();
    run(&sandbox, "storage share create --name scripts").succeeds();
    run(&sandbox, "storage container create --name data").succeeds();
    run(&sandbox, "storage upload --source ConvNet_MNIST.py --share-name scripts --path cntk").succeeds();
    run(&sandbox, "storage upload mnist_data --container-name data").succeeds();
    run(&sandbox, "workspace create -l eastus -n recipe_workspace").succeeds();
    run(&sandbox, "cluster create -n nc6 -w recipe_workspace -s Standard_NC6 -t 1 -u me -p Passw0rd!").succeeds();
    run(&sandbox, "experiment create -n cntk_experiment -w recipe_workspace").succeeds();
    let at = "-w recipe_workspace -e cntk_experiment";
    run(&sandbox, &format!("job create -c nc6 -n cntk_python {at} -f job.json")).succeeds();
    let streamed = run(&sandbox, &format!("job file stream -j cntk_python {at} -f stdout.txt")).succeeds();
    assert!(streamed.stdout.starts_with("training on 3 lines of Test-28x28"), "{}", streamed.stdout);
    run(&sandbox, &format!("job wait -n cntk_python {at}")).succeeds();
    let listed = run(&sandbox, &format!("job file list -j cntk_python {at} -d MODEL -o table")).succeeds();
    assert!(listed.stdout.contains("ConvNet_MNIST.model"), "{}", listed.stdout);

    // The model is where the job says, on the share.
    let job = run(&sandbox, &format!("job show -n cntk_python {at}")).succeeds().json();
    let segment = job["jobOutputDirectoryPathSegment"].as_str().expect("a segment");
    run(&sandbox, &format!("storage download -s logs -p {segment}/outputs -d results")).succeeds();
    let model = fs::read_to_string(sandbox.path("results/outputs/ConvNet_MNIST.model")).expect("the model");
    assert_eq!(model, "|labels 0\n|labels 1\n|labels 7\n");
    run(&sandbox, "cluster delete -n nc6 -w recipe_workspace -y").succeeds();
    run(&sandbox, "storage delete -s logs -y").succeeds();
}
