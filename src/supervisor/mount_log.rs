//! What a program that mounts a volume says: into a file of its run, without secrets, and its last words for messages.
//!
//! Such programs quote addresses with their signatures, so that nothing of theirs reaches a file as it is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// With more than so much, the file is begun anew: programs that stay may complain for days.
const MOST_BYTES: u64 = 1 << 20;

/// A longer line is cut into several.
const LONGEST_LINE: u64 = 16 * 1024;

/// How long what a program has said may be under way when it has ended.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// A program that says nothing for so long has said it.
const QUIET: Duration = Duration::from_millis(300);

/// So much of it goes into a message.
const MOST_SAID: usize = 600;

/// The log of one program.
#[derive(Debug)]
pub struct MountLog {
    path: PathBuf,
    /// Tells of something new, and of the end by being closed.
    heard: Receiver<()>,
}

impl MountLog {
    /// A new log at `path`, and what the program is to write into. Texts of `hidden` do not appear in it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: &Path, hidden: Vec<String>) -> io::Result<(Self, PipeWriter)> {
        let file = File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        let (reader, writer) = io::pipe()?;
        let (tell, heard) = sync_channel(1);
        let hidden = Hidden::new(hidden);
        let work = move || {
            // Nobody can be told of a full disk here; the program must not stop for it.
            let _ = copy(reader, file, &hidden, &tell);
        };
        thread::Builder::new().name("mount log".into()).spawn(work)?;
        Ok((Self { path: path.to_owned(), heard }, writer))
    }

    /// The last words of a program that has ended.
    pub fn finish(&self) -> String {
        // A child of it that still runs may hold the other end of the pipe.
        self.listen(UNDER_WAY);
        self.so_far()
    }

    /// The last words of a program that goes on, about what it has just failed at.
    pub fn settled(&self) -> String {
        self.listen(QUIET);
        self.so_far()
    }

    /// Until there is nothing new for so long, or the end.
    fn listen(&self, quiet: Duration) {
        let until = Instant::now() + UNDER_WAY;
        while Instant::now() < until && self.heard.recv_timeout(quiet).is_ok() {}
    }

    /// The last words so far.
    pub fn so_far(&self) -> String {
        last_words(&String::from_utf8_lossy(&std::fs::read(&self.path).unwrap_or_default()))
    }
}

fn copy(reader: PipeReader, mut file: File, hidden: &Hidden, tell: &SyncSender<()>) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    let mut written = 0;
    while reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        let text = hidden.out_of(&String::from_utf8_lossy(&line));
        if written + text.len() as u64 > MOST_BYTES {
            file.set_len(0)?;
            io::Seek::rewind(&mut file)?;
            written = 0;
        }
        file.write_all(text.as_bytes())?;
        written += text.len() as u64;
        // Whoever has not yet heard of the line before hears of both.
        let _ = tell.try_send(());
        line.clear();
    }
    Ok(())
}

/// What must not be seen.
#[derive(Debug)]
struct Hidden(Vec<String>);

impl Hidden {
    fn new(values: Vec<String>) -> Self {
        Self(values.into_iter().filter(|value| !value.is_empty()).collect())
    }

    /// The text without it, and without any signature of an address.
    fn out_of(&self, text: &str) -> String {
        const SIGNATURE: &str = "sig=";
        let mut shown = self.0.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "***"));
        let mut from = 0;
        while let Some(at) = shown[from..].find(SIGNATURE).map(|at| from + at + SIGNATURE.len()) {
            let is_end = |c: char| c == '&' || c == '"' || c == '\'' || c.is_whitespace();
            let end = shown[at..].find(is_end).map_or(shown.len(), |end| at + end);
            shown.replace_range(at..end, "***");
            from = at;
        }
        shown
    }
}

/// The last words of a program that was listened to, without `hidden`.
#[must_use]
pub fn said(text: &str, hidden: Vec<String>) -> String {
    last_words(&Hidden::new(hidden).out_of(text))
}

/// What of the words of a program tells why it failed: the error of the storage service in them, else the last line that
/// says something.
fn last_words(text: &str) -> String {
    let code = text.rsplit_once("(ServiceCode=").and_then(|(_, rest)| rest.split_once(')')).map(|(code, _)| code);
    let status = text.lines().rev().find_map(|line| line.trim().strip_prefix("RESPONSE Status: "));
    let said = match (code, status) {
        (Some(code), Some(status)) => format!("{code}: {status}"),
        (_, Some(status)) => status.to_owned(),
        (Some(code), None) => code.to_owned(),
        (None, None) => {
            // The last words of mount.cifs only name its manual.
            let says_why = |line: &&str| !line.is_empty() && !line.starts_with("Refer to the ");
            let last = text.lines().rev().map(str::trim).find(says_why);
            last.unwrap_or("it said nothing").to_owned()
        }
    };
    match said.char_indices().nth(MOST_SAID) {
        Some((end, _)) => format!("{} ...", &said[..end]),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_secret_nor_a_signature_reaches_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let (log, mut writer) = MountLog::open(&path, vec!["a+b/c==".into(), String::new()]).expect("a log");
        writer.write_all(b"key a+b/c==!\nGet \"http://h/c?sv=1&sig=xY%3D&sp=r\": refused sig=z\n\n").expect("heard");
        drop(writer);
        assert_eq!(log.finish(), "Get \"http://h/c?sv=1&sig=***&sp=r\": refused sig=***");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "key ***!\nGet \"http://h/c?sv=1&sig=***&sp=r\": refused sig=***\n\n");
    }

    #[test]
    fn a_program_that_goes_on_and_on_fills_no_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let (log, mut writer) = MountLog::open(&path, Vec::new()).expect("a log");
        let line = [b'x'; 40_000];
        for _ in 0..100 {
            writer.write_all(&line).expect("heard");
        }
        writer.write_all(b"\nlast").expect("heard");
        drop(writer);
        assert_eq!(log.finish(), "last");
        assert!(path.metadata().expect("a file").len() <= MOST_BYTES);
    }

    #[test]
    fn the_error_of_the_service_is_found_among_many_words() {
        let text = "2026/11/21 ERROR : : error listing: -> x.go:42\n===== RESPONSE ERROR (ServiceCode=AuthorizationFailure) \
                    =====\nDescription=\n   RESPONSE Status: 403 Server failed to authenticate the request.\n   Server: x\n";
        assert_eq!(last_words(text), "AuthorizationFailure: 403 Server failed to authenticate the request.");
        assert_eq!(
            last_words("mount error(13): Permission denied\nRefer to the manual\n"),
            "mount error(13): Permission denied"
        );
        assert_eq!(last_words(" \n"), "it said nothing");
        assert_eq!(last_words(&"x".repeat(5000)).len(), MOST_SAID + 4);
    }
}
