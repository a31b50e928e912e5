//! An engine as the coordinator sees it: a process to speak with.

use crate::Result;
use crate::protocol::{Answer, Command};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child as Process, ChildStdin, ChildStdout, Command as Program, Stdio};

#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    process: Process,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Child {
    /// Starts an engine; `python` is the interpreter of the ones that are reached through it.
    pub(crate) fn start(name: &str, data: &Path, python: Option<&Path>) -> Result<Self> {
        let mut program = match python {
            Some(python) => {
                let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
                let mut program = Program::new(python);
                program.arg("-B").arg(peers.join(format!("{name}_engine.py"))).arg(data);
                program
            }
            None => {
                let mut program = Program::new(std::env::current_exe()?);
                program.args(["engine", name]).arg(data);
                program
            }
        };
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = process.stdin.take();
        let from = BufReader::new(process.stdout.take().ok_or("a process without stdout")?);
        Ok(Self { name: name.to_owned(), process, to, from })
    }

    pub(crate) fn tell(&mut self, command: &Command) -> Result<Answer> {
        let to = self.to.as_mut().ok_or("a process without stdin")?;
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        to.write_all(&line)?;
        to.flush()?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        if line.is_empty() {
            return Err(format!("{} ended without an answer", self.name).into());
        }
        let answer: Answer = serde_json::from_str(&line)?;
        match answer.error {
            Some(error) => Err(format!("{}: {error}", self.name).into()),
            None => Ok(answer),
        }
    }

    /// Bytes of memory by a line of `/proc/PID/status`; 0 where there is none.
    pub(crate) fn memory(&self, what: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib * 1_024)
    }

    /// Lets it end, and waits for that.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.to = None;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.to = None;
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
