use super::*;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

fn ask(files: &mut Files, kind: u8, fields: impl FnOnce(Packet) -> Packet) -> Vec<u8> {
    let request = fields(Packet::of(kind).number(7)).finish();
    let answer = answer(files, &request[4..]).expect("an answer");
    assert_eq!(answer[5..9], [0, 0, 0, 7], "it is of this request");
    [&answer[4..5], &answer[9..]].concat()
}

fn code(answer: &[u8]) -> u32 {
    assert_eq!(answer[0], STATUS);
    u32::from_be_bytes(answer[1..5].try_into().expect("4 bytes"))
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

#[test]
fn a_file_is_made_written_read_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a file");
    let mut files = Files::default();
    // Write, create, truncate.
    let opened = ask(&mut files, 3, |p| p.bytes(bytes(&path)).number(2 | 8 | 16).number(4).number(0o600));
    assert_eq!(opened[0], HANDLE);
    let handle = opened[5..].to_vec();
    assert_eq!(code(&ask(&mut files, 6, |p| p.bytes(&handle).long(2).bytes(b"cd"))), 0);
    assert_eq!(code(&ask(&mut files, 6, |p| p.bytes(&handle).long(0).bytes(b"ab"))), 0);
    assert_eq!(code(&ask(&mut files, 4, |p| p.bytes(&handle))), 0);
    assert_eq!(code(&ask(&mut files, 4, |p| p.bytes(&handle))), 4, "it is closed");
    assert_eq!(std::fs::read(&path).expect("a file"), b"abcd");
    let handle = ask(&mut files, 3, |p| p.bytes(bytes(&path)).number(1).number(0))[5..].to_vec();
    let read = ask(&mut files, 5, |p| p.bytes(&handle).long(1).number(u32::MAX));
    assert_eq!((read[0], &read[5..]), (DATA, &b"bcd"[..]));
    assert_eq!(code(&ask(&mut files, 5, |p| p.bytes(&handle).long(4).number(1))), 1, "its end");
    assert_eq!(code(&ask(&mut files, 13, |p| p.bytes(bytes(&path)))), 0);
    assert_eq!(code(&ask(&mut files, 17, |p| p.bytes(bytes(&path)))), 2, "it is gone");
}

#[test]
fn renaming_takes_nothing_away_unless_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, "new").expect("a file");
    std::fs::write(&to, "old").expect("a file");
    let mut files = Files::default();
    assert_eq!(code(&ask(&mut files, 18, |p| p.bytes(bytes(&from)).bytes(bytes(&to)))), 4);
    assert_eq!(std::fs::read(&to).expect("a file"), b"old");
    let extended = |p: Packet| p.bytes(b"posix-rename@openssh.com").bytes(bytes(&from)).bytes(bytes(&to));
    assert_eq!(code(&ask(&mut files, 200, extended)), 0);
    assert_eq!(std::fs::read(&to).expect("a file"), b"new");
}

#[test]
fn a_directory_is_listed_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    (0..150).for_each(|n| std::fs::write(folder.path().join(n.to_string()), "").expect("a file"));
    let mut files = Files::default();
    let handle = ask(&mut files, 11, |p| p.bytes(bytes(folder.path())))[5..].to_vec();
    let count = |answer: &[u8]| u32::from_be_bytes(answer[1..5].try_into().expect("4 bytes"));
    let first = ask(&mut files, 12, |p| p.bytes(&handle));
    let second = ask(&mut files, 12, |p| p.bytes(&handle));
    assert_eq!((first[0], count(&first), count(&second)), (NAMES, 100, 50));
    assert_eq!(code(&ask(&mut files, 12, |p| p.bytes(&handle))), 1);
}

#[test]
fn what_is_no_request_is_refused_and_what_is_no_packet_ends_it() {
    let mut files = Files::default();
    assert_eq!(code(&ask(&mut files, 99, |p| p)), 8);
    assert_eq!(code(&ask(&mut files, 200, |p| p.bytes(b"new@example.org"))), 8);
    assert_eq!(code(&ask(&mut files, 5, |p| p.bytes(b"x").long(0).number(1))), 4);
    assert_eq!(code(&ask(&mut files, 3, |p| p.number(1000))), 5);
    assert!(answer(&mut files, &[3, 0]).is_err());
    for input in [&[0, 0, 0, 0][..], &[255, 255, 255, 255, 0], &[0, 0, 0, 9, 1]] {
        assert!(serve(input, Vec::new()).is_err(), "{input:?}");
    }
    let mut output = Vec::new();
    serve(&[0, 0, 0, 5, INIT, 0, 0, 0, 3][..], &mut output).expect("it is a greeting");
    assert_eq!(output[4..9], [VERSION_ANSWER, 0, 0, 0, 3]);
}
