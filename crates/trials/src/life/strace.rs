//! Runs a child under strace, which writes down its calls of the system, or interferes with them.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Stdio};

/// The calls that change files or say something.
pub(crate) const TRACED: &str = "openat,write,pwrite64,fsync,fdatasync,rename,unlink,unlinkat,\
                                 mkdir,rmdir,ftruncate,fallocate";

/// The strace of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strace;

/// What stands before the program on a command line.
#[derive(Debug)]
pub(crate) struct Before(Vec<OsString>);

impl Strace {
    /// It, if it is there and may trace. Other processors have other names for some calls.
    pub(crate) fn find() -> Option<Self> {
        if !cfg!(target_arch = "x86_64") {
            return None;
        }
        let mut command = Command::new("strace");
        command.args(["-f", "-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(Self)
    }

    /// Writes the calls of some names into a file.
    pub(crate) fn writing_to(self, log: &Path, calls: &str) -> Before {
        let mut words: Vec<OsString> =
            ["strace", "-f", "-y", "-s", "64", "-o"].map(Into::into).into();
        words.push(log.into());
        words.extend(["-e".into(), format!("trace={calls}").into()]);
        Before(words)
    }
}

impl Before {
    /// Interferes with calls: what strace takes behind `inject=`.
    pub(crate) fn injecting(mut self, what: &str) -> Self {
        self.0.extend(["-e".into(), format!("inject={what}").into()]);
        self
    }

    pub(crate) fn words(&self) -> Vec<&OsStr> {
        self.0.iter().map(OsString::as_os_str).collect()
    }
}
