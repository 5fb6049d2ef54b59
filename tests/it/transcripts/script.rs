//! Scripts: what is typed in a scene, line by line.
//!
//! ```text
//! $ workspace list -o table     run it, and show it in the transcript; `| head 3` shows three lines only
//! > n                           an answer to its question, or its standard input
//! ^ text                        interrupt it when it has shown this
//! % cluster create -n c         run it, and say nothing
//! ? cluster list => text        run it again until it prints this, and say nothing
//! = URL /addresses/0 server status    keep a value that it prints as JSON; `{URL}` stands for it from then on
//! + job.yaml text\nmore         write a file of the working folder
//! # remark
//! ```

/// One step of a scene.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Run and show.
    Show(Shown),
    /// Run, and say nothing.
    Prepare(String),
    /// Run until it prints this.
    Until(String, String),
    /// Keep the value at a JSON pointer of what is printed.
    Keep {
        /// Its name.
        name: String,
        /// Where it is.
        pointer: String,
        /// What prints it.
        words: String,
    },
    /// Write a file.
    File(String, String),
}

/// A command that is in the transcript.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The command line without the program.
    pub words: String,
    /// At most so many lines of it are shown.
    pub most: Option<usize>,
    /// What is typed.
    pub typed: Vec<String>,
    /// What it must have shown before it is interrupted.
    pub interrupt: Option<String>,
}

/// Reads a script.
pub fn steps(script: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match (sign, steps.last_mut()) {
            ("$", _) => {
                let (words, most) = match rest.split_once(" | head ") {
                    Some((words, most)) => (words, Some(most.parse().expect("a count"))),
                    None => (rest, None),
                };
                steps.push(Step::Show(Shown { words: words.into(), most, ..Shown::default() }));
            }
            (">", Some(Step::Show(shown))) => shown.typed.push(rest.into()),
            ("^", Some(Step::Show(shown))) => shown.interrupt = Some(rest.into()),
            ("%", _) => steps.push(Step::Prepare(rest.into())),
            ("?", _) => {
                let (words, text) = rest.split_once(" => ").expect("what to wait for");
                steps.push(Step::Until(words.into(), text.into()));
            }
            ("=", _) => {
                let (pointer, words) = second.split_once(' ').expect("a pointer and a command");
                steps.push(Step::Keep { name: first.into(), pointer: pointer.into(), words: words.into() });
            }
            ("+", _) => steps.push(Step::File(first.into(), format!("{}\n", second.replace("\\n", "\n")))),
            _ => panic!("a script has no such line: {line}"),
        }
    }
    steps
}

/// Words as a shell splits them: at blanks, but not between single quotes.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut is_quoted, mut is_word) = (String::new(), false, false);
    for sign in line.chars() {
        match sign {
            '\'' => (is_quoted, is_word) = (!is_quoted, true),
            ' ' if !is_quoted => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            sign => {
                word.push(sign);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

#[test]
fn a_script_is_read_line_by_line() {
    let read = steps("# remark\n$ job list | head 2\n> y\n+ a.yaml b: 1\\nc: 2\n? job list => x\n");
    let shown = Shown { words: "job list".into(), most: Some(2), typed: vec!["y".into()], interrupt: None };
    let file = Step::File("a.yaml".into(), "b: 1\nc: 2\n".into());
    assert_eq!(read, [Step::Show(shown), file, Step::Until("job list".into(), "x".into())]);
    assert_eq!(words("a 'b c' '' d"), ["a", "b c", "", "d"]);
}
