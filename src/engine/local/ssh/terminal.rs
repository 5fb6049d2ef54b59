//! Pseudo terminals: made as a client describes its own (RFC 4254, 6.2 and 8).

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use russh::Pty;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, Winsize, tcgetattr,
    tcgetpgrp, tcsetattr, tcsetwinsize,
};
use tokio::net::unix::pipe;

/// More than the kernel holds of a terminal that nobody reads.
const MOST_OF_REST: usize = 1 << 20;

/// How large a terminal is: columns, rows, and both in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size(pub [u32; 4]);

/// A terminal that no program has yet.
pub(super) struct Terminal {
    master: File,
    /// For the program.
    pub slave: OwnedFd,
    /// Its path, such as `/dev/pts/4`.
    pub path: String,
}

/// Our end of a terminal, without its bytes. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Master(Arc<File>);

/// The bytes of a terminal: to its program and from it. Not pipes, but read and written like them.
pub(super) struct Bytes {
    pub input: pipe::Sender,
    pub output: pipe::Receiver,
}

impl Terminal {
    /// A new one.
    ///
    /// # Errors
    /// When this machine gives none.
    pub(super) fn open(size: Size, modes: &[(Pty, u32)]) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(path.as_str(), flags, rustix::fs::Mode::empty())?;
        let mut termios = tcgetattr(&slave)?;
        modes.iter().for_each(|(mode, value)| set(&mut termios, *mode, *value));
        tcsetattr(&slave, OptionalActions::Now, &termios)?;
        tcsetwinsize(&slave, size.winsize())?;
        Ok(Self { master: File::from(master), slave, path })
    }

    /// Our end, once a program has the other one.
    pub(super) fn into_master(self) -> io::Result<(Master, Bytes)> {
        let flags = fcntl_getfl(&self.master)?;
        fcntl_setfl(&self.master, flags | OFlags::NONBLOCK)?;
        let input = pipe::Sender::from_owned_fd_unchecked(self.master.try_clone()?.into())?;
        let output = pipe::Receiver::from_owned_fd_unchecked(self.master.try_clone()?.into())?;
        Ok((Master(Arc::new(self.master)), Bytes { input, output }))
    }
}

impl Size {
    fn winsize(self) -> Winsize {
        let [columns, rows, width, height] = self.0.map(|number| u16::try_from(number).unwrap_or(u16::MAX));
        Winsize { ws_row: rows, ws_col: columns, ws_xpixel: width, ws_ypixel: height }
    }
}

impl Master {
    /// Gives it another size; the kernel tells the program.
    pub(super) fn resize(&self, size: Size) {
        // A terminal without a program has nobody to tell.
        let _ = tcsetwinsize(&*self.0, size.winsize());
    }

    /// The process group that signals of the user are for.
    pub(super) fn foreground(&self) -> Option<rustix::process::Pid> {
        tcgetpgrp(&*self.0).ok()
    }

    /// What the program has written, and nobody has read. Somebody may have opened the terminal again by its path, and
    /// write for ever.
    pub(super) fn rest(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        let mut file = &*self.0;
        while all.len() < MOST_OF_REST
            && let Ok(count @ 1..) = file.read(&mut buffer)
        {
            all.extend_from_slice(&buffer[..count]);
        }
        all
    }
}

fn set(termios: &mut Termios, mode: Pty, value: u32) {
    if let Some(code) = special_code(mode) {
        // 255 means none; to the kernel that is 0.
        termios.special_codes[code] = u8::try_from(value).ok().filter(|code| *code != 255).unwrap_or(0);
    } else if let Some(flag) = input_mode(mode) {
        termios.input_modes.set(flag, value != 0);
    } else if let Some(flag) = local_mode(mode) {
        termios.local_modes.set(flag, value != 0);
    } else if let Some(flag) = output_mode(mode) {
        termios.output_modes.set(flag, value != 0);
    } else if let Pty::PARENB | Pty::PARODD = mode {
        let flag = if mode == Pty::PARENB { ControlModes::PARENB } else { ControlModes::PARODD };
        termios.control_modes.set(flag, value != 0);
    }
}

fn special_code(mode: Pty) -> Option<SpecialCodeIndex> {
    Some(match mode {
        Pty::VINTR => SpecialCodeIndex::VINTR,
        Pty::VQUIT => SpecialCodeIndex::VQUIT,
        Pty::VERASE => SpecialCodeIndex::VERASE,
        Pty::VKILL => SpecialCodeIndex::VKILL,
        Pty::VEOF => SpecialCodeIndex::VEOF,
        Pty::VEOL => SpecialCodeIndex::VEOL,
        Pty::VEOL2 => SpecialCodeIndex::VEOL2,
        Pty::VSTART => SpecialCodeIndex::VSTART,
        Pty::VSTOP => SpecialCodeIndex::VSTOP,
        Pty::VSUSP => SpecialCodeIndex::VSUSP,
        Pty::VREPRINT => SpecialCodeIndex::VREPRINT,
        Pty::VWERASE => SpecialCodeIndex::VWERASE,
        Pty::VLNEXT => SpecialCodeIndex::VLNEXT,
        Pty::VDISCARD => SpecialCodeIndex::VDISCARD,
        _ => return None,
    })
}

fn input_mode(mode: Pty) -> Option<InputModes> {
    Some(match mode {
        Pty::IGNPAR => InputModes::IGNPAR,
        Pty::PARMRK => InputModes::PARMRK,
        Pty::INPCK => InputModes::INPCK,
        Pty::ISTRIP => InputModes::ISTRIP,
        Pty::INLCR => InputModes::INLCR,
        Pty::IGNCR => InputModes::IGNCR,
        Pty::ICRNL => InputModes::ICRNL,
        Pty::IUCLC => InputModes::IUCLC,
        Pty::IXON => InputModes::IXON,
        Pty::IXANY => InputModes::IXANY,
        Pty::IXOFF => InputModes::IXOFF,
        Pty::IMAXBEL => InputModes::IMAXBEL,
        Pty::IUTF8 => InputModes::IUTF8,
        _ => return None,
    })
}

fn local_mode(mode: Pty) -> Option<LocalModes> {
    Some(match mode {
        Pty::ISIG => LocalModes::ISIG,
        Pty::ICANON => LocalModes::ICANON,
        Pty::ECHO => LocalModes::ECHO,
        Pty::ECHOE => LocalModes::ECHOE,
        Pty::ECHOK => LocalModes::ECHOK,
        Pty::ECHONL => LocalModes::ECHONL,
        Pty::NOFLSH => LocalModes::NOFLSH,
        Pty::TOSTOP => LocalModes::TOSTOP,
        Pty::IEXTEN => LocalModes::IEXTEN,
        Pty::ECHOCTL => LocalModes::ECHOCTL,
        Pty::ECHOKE => LocalModes::ECHOKE,
        _ => return None,
    })
}

fn output_mode(mode: Pty) -> Option<OutputModes> {
    Some(match mode {
        Pty::OPOST => OutputModes::OPOST,
        Pty::OLCUC => OutputModes::OLCUC,
        Pty::ONLCR => OutputModes::ONLCR,
        Pty::OCRNL => OutputModes::OCRNL,
        Pty::ONOCR => OutputModes::ONOCR,
        Pty::ONLRET => OutputModes::ONLRET,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_as_its_user_has_it() {
        let modes =
            [(Pty::ECHO, 0), (Pty::ISIG, 1), (Pty::VINTR, 7), (Pty::VEOL2, 255), (Pty::ONLCR, 0), (Pty::IUTF8, 1)];
        let terminal = Terminal::open(Size([132, 43, 0, 70_000]), &modes).expect("a terminal");
        let termios = tcgetattr(&terminal.slave).expect("its modes");
        assert!(!termios.local_modes.contains(LocalModes::ECHO) && termios.local_modes.contains(LocalModes::ISIG));
        assert!(!termios.output_modes.contains(OutputModes::ONLCR) && termios.input_modes.contains(InputModes::IUTF8));
        assert_eq!(termios.special_codes[SpecialCodeIndex::VINTR], 7);
        assert_eq!(termios.special_codes[SpecialCodeIndex::VEOL2], 0);
        let size = rustix::termios::tcgetwinsize(&terminal.slave).expect("its size");
        assert_eq!((size.ws_col, size.ws_row, size.ws_xpixel, size.ws_ypixel), (132, 43, 0, u16::MAX));
        assert!(terminal.path.starts_with("/dev/pts/"), "{}", terminal.path);
    }
}
