//! Who has a store open: the file `holder`, which is locked as long as they have.
//!
//! Whoever holds the lock may make a store in the folder, and may remove what an attempt before has
//! left there. The lock ends with its process, however that ends. What the file says is only for
//! the message to whoever comes next:
//!
//! ```text
//! eventscope holder
//! process 4711
//! started 8245142
//! namespace pid:[4026531836]
//! host web-1
//! command eventscope
//! ```
//!
//! A file of this name that somebody else has put there is neither locked nor written to; then only
//! the locks of the two databases keep others out.

use crate::database::files::LOG;
use crate::error::{Error, Result};
use crate::limits::{HOLDER_BYTES_MAX, MAKING_LOOK_MILLIS, MAKING_WAIT_MILLIS};
use crate::vfs::{Lock, VfsPath};
use std::io;
use std::time::{Duration, Instant};

/// The name of the file.
pub(crate) const HOLDER: &str = "holder";
/// How it begins.
const TITLE: &str = "eventscope holder\n";

/// The lock of a folder.
#[derive(Debug)]
pub(crate) struct Holder {
    /// Held until it is dropped; none of a file that is not ours.
    lock: Option<Box<dyn Lock>>,
}

impl Holder {
    /// Locks the folder of a store.
    ///
    /// # Errors
    /// [`Error::Locked`] if somebody else has it open; [`Error::NoWriteAccess`].
    pub(crate) fn take(dir: &VfsPath) -> Result<Self> {
        let holder = Self::try_take(dir)?.ok_or_else(|| locked(dir))?;
        holder.sign();
        Ok(holder)
    }

    /// Locks the folder in which a store is made, and changes no byte of a file that is there.
    /// Whoever makes it at the same time is waited for a moment.
    ///
    /// # Errors
    /// As [`Holder::take`].
    pub(crate) fn wait(dir: &VfsPath) -> Result<Self> {
        let start = Instant::now();
        loop {
            if let Some(holder) = Self::try_take(dir)? {
                return Ok(holder);
            }
            if start.elapsed() > Duration::from_millis(MAKING_WAIT_MILLIS) {
                return Err(locked(dir));
            }
            std::thread::sleep(Duration::from_millis(MAKING_LOOK_MILLIS));
        }
    }

    fn try_take(dir: &VfsPath) -> Result<Option<Self>> {
        #[cfg(feature = "plants")]
        if crate::fault_injection::is(crate::fault_injection::Plant::MakeWithoutLock) {
            return Ok(Some(Self { lock: None }));
        }
        let rights = dir.join(LOG).rights()?;
        let file = dir.join(HOLDER);
        let lock = match file.lock(rights) {
            Ok(None) => return Ok(None),
            Ok(lock) => lock,
            // A link or a folder of somebody else.
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => None,
            Err(source) => return Err(no_access(&file, source)),
        };
        let said = lock.as_ref().map(|lock| lock.read(HOLDER_BYTES_MAX)).transpose();
        let said = said.map_err(|source| file.error("read", source))?;
        Ok(Some(Self { lock: lock.filter(|_| said.is_some_and(|said| is_ours(&said))) }))
    }

    /// Says whose lock it is. That is a courtesy: not to be able to write it is no error.
    pub(crate) fn sign(&self) {
        if let Some(lock) = &self.lock {
            let _ = lock.write(Process::this().write().as_bytes());
        }
    }
}

/// Whether a folder has the file, which whoever makes a store there makes first.
pub(crate) fn is_there(dir: &VfsPath) -> Result<bool> {
    let file = dir.join(HOLDER);
    Ok(file.symlink_metadata()?.is_some() && is_own(&file)?)
}

/// Whether a file of that name is one that this library has written, or an empty one.
pub(crate) fn is_own(file: &VfsPath) -> Result<bool> {
    match file.symlink_metadata()? {
        Some(_) => Ok(file.head(HOLDER_BYTES_MAX)?.is_some_and(|said| is_ours(&said))),
        None => Ok(true),
    }
}

/// Earlier versions wrote nothing but the number of the process. What a power loss has torn has
/// zeros in the place of what is lost.
fn is_ours(said: &[u8]) -> bool {
    /// The longest number of a process.
    const DIGITS_MAX: usize = 10;
    let is_number = said.len() <= DIGITS_MAX && said.iter().all(u8::is_ascii_digit);
    let title = said.iter().zip(TITLE.bytes());
    is_number || title.into_iter().all(|(byte, own)| *byte == own || *byte == 0)
}

/// The error of opening a store that somebody has open.
pub(crate) fn locked(dir: &VfsPath) -> Error {
    Error::Locked { path: dir.path().to_owned(), holder: describe(dir) }
}

/// What it means that a file in the folder of a store cannot be opened or made.
pub(crate) fn no_access(file: &VfsPath, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::NoWriteAccess { path: file.path().to_owned(), source }
        }
        _ => file.error("open", source),
    }
}

/// Who has a store open, if that can be proved.
fn describe(dir: &VfsPath) -> String {
    const UNKNOWN: &str = "another process";
    let file = dir.join(HOLDER);
    let read = || {
        let said = file.head(HOLDER_BYTES_MAX).ok()??;
        Process::read(&String::from_utf8_lossy(&said))
    };
    let (Some(other), this) = (read(), Process::this()) else { return UNKNOWN.to_owned() };
    if other.namespace.is_empty()
        || (&other.host, &other.namespace) != (&this.host, &this.namespace)
    {
        return UNKNOWN.to_owned();
    }
    if (other.number, &other.started) == (this.number, &this.started) {
        return "this process".to_owned();
    }
    match started(&other.number.to_string()) {
        Some(started) if started == other.started => {
            format!("process {} ({})", other.number, other.command)
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// A process, so that it can be told from every other one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Process {
    number: u32,
    /// When it was started, in ticks since the system was.
    started: String,
    /// The numbers of processes count within this.
    namespace: String,
    host: String,
    command: String,
}

impl Process {
    fn this() -> Self {
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let name = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            number: std::process::id(),
            started: started("self").unwrap_or_default(),
            namespace: namespace.to_string_lossy().into_owned(),
            host: host.trim().to_owned(),
            command: name.trim().chars().filter(|c| !c.is_control()).take(64).collect(),
        }
    }

    fn write(&self) -> String {
        let Self { number, started, namespace, host, command } = self;
        format!(
            "{TITLE}process {number}\nstarted {started}\nnamespace {namespace}\nhost {host}\n\
             command {command}\n"
        )
    }

    fn read(said: &str) -> Option<Self> {
        let lines: Vec<(&str, &str)> =
            said.strip_prefix(TITLE)?.lines().filter_map(|line| line.split_once(' ')).collect();
        let get = |wanted: &str| {
            let found = lines.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        Some(Self {
            number: get("process")?.parse().ok()?,
            started: get("started").unwrap_or_default(),
            namespace: get("namespace").unwrap_or_default(),
            host: get("host").unwrap_or_default(),
            command: get("command").unwrap_or_default(),
        })
    }
}

/// When a process was started, where the system tells.
fn started(process: &str) -> Option<String> {
    /// Fields of `/proc/PID/stat` behind the name of the program, which is in brackets.
    const BEFORE: usize = 19;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(BEFORE).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Process, is_ours, started};

    #[test]
    fn a_process_is_read_as_it_was_written() {
        let this = Process::this();
        assert_eq!(Process::read(&this.write()), Some(this));
        assert_eq!(Process::read("4711"), None);
        assert_eq!(Process::read("eventscope holder\nprocess x\n"), None);
    }

    #[test]
    fn only_what_was_written_here_is_ours() {
        let torn = "\0\0\0ntscope\0holder\n";
        let pi = "31415926535897932384";
        for (said, ours) in
            [("", true), ("4711", true), (torn, true), (pi, false), ("4711\n", false)]
        {
            assert_eq!(is_ours(said.as_bytes()), ours, "{said:?}");
        }
        assert!(is_ours(Process::this().write().as_bytes()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_start_of_a_process_is_a_number() {
        let own = started(&std::process::id().to_string()).unwrap();
        assert!(own.parse::<u64>().is_ok_and(|ticks| ticks > 0), "{own}");
    }
}
