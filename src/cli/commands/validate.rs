//! `validate`: files that are only looked at. Starts no server and sends nothing.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::output::rows::Row;
use crate::cli::report::{Failure, Report};
use crate::cli::session::{Reach, with_session_of};
use crate::cli::spec::{self, Examined, FileProblem, Options, Severity, Source, SpecError, Subject};
use crate::cli::spec_args::{SetArgs, tell};
use crate::cli::{Global, Outcome};

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Files of jobs, clusters and file servers, YAML or JSON; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What the files describe; without it each file tells by itself.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    #[command(flatten)]
    set: SetArgs,
}

/// What a file can describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A job.
    Job,
    /// A cluster.
    Cluster,
    /// A file server.
    FileServer,
}

impl From<Kind> for Subject {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Job => Self::Job,
            Kind::Cluster => Self::Cluster,
            Kind::FileServer => Self::FileServer,
        }
    }
}

/// Looks at all files. With `--output` or `--query` what was found is a list on standard output, for programs;
/// without them it is told on standard error, for people.
///
/// # Errors
/// When the list cannot be printed. Bad files are no error here, but exit code 2.
pub fn run(args: &ValidateArgs, global: &Global, report: Report) -> Outcome {
    let options = Options { set: args.set.set.clone(), storage: None };
    let looked_at = args.files.iter().map(|file| {
        let examined = Source::from_argument(file)
            .and_then(|source| spec::examine(&source, args.kind.map(Subject::from), &options));
        (file, examined)
    });
    let looked_at: Vec<_> = looked_at.collect();
    let is_good = |result: &Result<Examined, SpecError>| result.as_ref().is_ok_and(|examined| examined.result.is_ok());
    let code = if looked_at.iter().all(|(_, result)| is_good(result)) { ExitCode::Ok } else { ExitCode::Usage };
    if global.output.is_none() && global.query.is_none() {
        looked_at.into_iter().for_each(|(file, result)| say(&report, file, result));
        return Ok(code.value());
    }
    let rows: Vec<Finding> = looked_at.into_iter().flat_map(|(file, result)| findings(file, result)).collect();
    with_session_of(Reach::Local, global, report, |session| async move {
        session.print(&Output::list(&rows))?;
        Ok(code.value())
    })
}

/// Tells people about one file.
fn say(report: &Report, file: &str, result: Result<Examined, SpecError>) {
    match result {
        Ok(Examined { subject, result: Ok(warnings) }) => {
            tell(report, &warnings);
            report.note(&format!("{file}: no problems in this {} file", subject.word()));
        }
        Ok(Examined { result: Err(error), .. }) | Err(error) => {
            if let SpecError::Problems(found) = &error {
                tell(report, &found.warnings);
            }
            report.error(&Failure::from(error));
        }
    }
}

/// Something about a file, for programs.
struct Finding {
    /// The file, or `--set` with the path that it was given.
    file: String,
    kind: Option<String>,
    severity: Severity,
    message: String,
    /// Where in the file; nothing for what is said of the whole, or of a value of the command line.
    place: Option<(usize, usize, usize)>,
    path: String,
}

/// What was found in one file, in the order of the places.
fn findings(file: &str, result: Result<Examined, SpecError>) -> Vec<Finding> {
    let (subject, found) = match result {
        Ok(Examined { subject, result: Ok(warnings) }) => (subject, warnings),
        Ok(Examined { subject, result: Err(SpecError::Syntax(report) | SpecError::Problems(report)) }) => {
            (subject, report.problems.into_iter().chain(report.warnings).collect())
        }
        Ok(Examined { result: Err(error), .. }) | Err(error) => {
            let (file, message) = (file.to_owned(), error.to_string());
            let (kind, place, path) = (None, None, String::new());
            return vec![Finding { file, kind, severity: Severity::Error, message, place, path }];
        }
    };
    let mut found: Vec<FileProblem> = found;
    found.sort_by_key(|problem| (problem.setting.is_some(), problem.line, problem.column));
    let finding = |problem: FileProblem| Finding {
        file: problem.setting.as_ref().map_or(problem.file, |path| format!("--set {path}")),
        kind: Some(subject.word().replace(' ', "-")),
        severity: problem.severity,
        message: problem.message,
        place: problem.setting.is_none().then_some((problem.line, problem.column, problem.end_column)),
        path: problem.path,
    };
    found.into_iter().map(finding).collect()
}

impl Row for Finding {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        Ok(json!({
            "file": self.file,
            "kind": self.kind,
            "line": self.place.map(|(line, ..)| line),
            "column": self.place.map(|(_, column, _)| column),
            "endColumn": self.place.map(|(.., end)| end),
            "severity": self.severity.word(),
            "message": self.message,
            "path": self.path,
        }))
    }

    fn columns(&self) -> &'static [&'static str] {
        &["File", "Line", "Column", "Severity", "Message"]
    }

    fn cells(&self) -> Vec<String> {
        let place = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
        vec![
            self.file.clone(),
            place(self.place.map(|(line, ..)| line)),
            place(self.place.map(|(_, column, _)| column)),
            self.severity.word().to_owned(),
            self.message.clone(),
        ]
    }
}
