//! A server of the SSH File Transfer Protocol, version 3, over standard input and output: what `sftp`, and `scp` since
//! OpenSSH 9, speak to.
//!
//! One request after the other, as the user that the process belongs to: the kernel says what may be done. The extensions
//! are those of OpenSSH (its file PROTOCOL, section 4) that its own clients ask for.

mod attributes;
mod files;
mod packet;

use std::io::{self, Read, Write};

use files::{Answer, Files, Refusal};
use packet::{Fields, Packet, TooShort};

/// The version that is spoken.
const VERSION: u32 = 3;

/// The longest packet that is taken, and the most bytes that are read or written at once (OpenSSH's own).
const MOST_OF_PACKET: u32 = 256 * 1024;
const MOST_AT_ONCE: u32 = MOST_OF_PACKET - 1024;

const EXTENSIONS: [(&str, &str); 5] = [
    ("posix-rename@openssh.com", "1"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("limits@openssh.com", "1"),
    ("expand-path@openssh.com", "1"),
];

const INIT: u8 = 1;
const VERSION_ANSWER: u8 = 2;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
const NAMES: u8 = 104;
const ATTRIBUTES: u8 = 105;
const EXTENDED_ANSWER: u8 = 201;

/// Serves until the client closes.
///
/// # Errors
/// When the client says what is no packet, or goes in the middle of one.
pub(super) fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut files = Files::default();
    while let Some(packet) = receive(&mut input)? {
        output.write_all(&answer(&mut files, &packet)?)?;
        output.flush()?;
    }
    Ok(())
}

/// The next packet, without its length; `None`: there are no more.
fn receive(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length);
    if length == 0 || length > MOST_OF_PACKET {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a packet of {length} bytes came")));
    }
    let mut packet = Vec::new();
    input.take(length.into()).read_to_end(&mut packet)?;
    match u32::try_from(packet.len()) {
        Ok(read) if read == length => Ok(Some(packet)),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn answer(files: &mut Files, packet: &[u8]) -> io::Result<Vec<u8>> {
    let broken = |_: TooShort| io::Error::new(io::ErrorKind::InvalidData, "a packet came that ends too early");
    let mut fields = Fields(packet);
    let kind = fields.byte().map_err(broken)?;
    if kind == INIT {
        let answer = Packet::of(VERSION_ANSWER).number(VERSION);
        let answer = EXTENSIONS.iter().fold(answer, |p, (name, data)| p.bytes(name.as_bytes()).bytes(data.as_bytes()));
        return Ok(answer.finish());
    }
    let id = fields.number().map_err(broken)?;
    Ok(packet_of(id, files.request(kind, &mut fields)).finish())
}

fn packet_of(id: u32, answer: Result<Answer, Refusal>) -> Packet {
    match answer {
        Ok(Answer::Done) => status(id, 0, "done"),
        Ok(Answer::Handle(handle)) => Packet::answer(HANDLE, id).bytes(&handle.to_be_bytes()),
        Ok(Answer::Data(data)) => Packet::answer(DATA, id).bytes(&data),
        Ok(Answer::Attributes(of)) => attributes::put(Packet::answer(ATTRIBUTES, id), &of),
        Ok(Answer::Name(name)) => attributes::put_none(Packet::answer(NAMES, id).number(1).bytes(&name).bytes(&name)),
        Ok(Answer::Entries(entries)) => {
            let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            entries.iter().fold(Packet::answer(NAMES, id).number(count), |packet, entry| {
                attributes::put(packet.bytes(&entry.name).bytes(&entry.line), &entry.metadata)
            })
        }
        Ok(Answer::Limits) => {
            let (packet, at_once) = (u64::from(MOST_OF_PACKET), u64::from(MOST_AT_ONCE));
            // No bound on open handles but that of the machine.
            Packet::answer(EXTENDED_ANSWER, id).long(packet).long(at_once).long(at_once).long(0)
        }
        Err(Refusal { code, message }) => status(id, code, &message),
    }
}

fn status(id: u32, code: u32, message: &str) -> Packet {
    Packet::answer(STATUS, id).number(code).bytes(message.as_bytes()).bytes(b"en")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
