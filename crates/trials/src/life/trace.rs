//! What strace wrote down of a process: its calls of the system, each with its beginning and end.

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) thread: u64,
    pub(crate) name: String,
    /// What it was called with, as it was written down.
    pub(crate) arguments: String,
    /// What it gave; `None` if it never returned.
    pub(crate) result: Option<String>,
}

/// The beginning or the end of a call, by its place in [`Trace::calls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Begins(usize),
    Ends(usize),
}

/// A trace: calls, and their beginnings and ends in the order in which they happened.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) calls: Vec<Call>,
    pub(crate) moments: Vec<Moment>,
}

impl Trace {
    /// Reads what `strace -f -y` wrote. Lines that are no calls are left out.
    pub(crate) fn read(text: &str) -> Self {
        let mut trace = Self::default();
        for line in text.lines() {
            trace.take_line(line);
        }
        trace
    }

    fn take_line(&mut self, line: &str) -> Option<()> {
        let (thread, rest) = line.split_once(' ')?;
        let thread = thread.parse().ok()?;
        let rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("<... ") {
            let (name, rest) = rest.split_once(" resumed>")?;
            let begun = self.calls.iter().rposition(|call| {
                call.thread == thread && call.name == name && call.result.is_none()
            })?;
            let (arguments, result) = split(rest)?;
            let call = &mut self.calls[begun];
            call.arguments.push_str(arguments);
            call.result = Some(result.to_owned());
            self.moments.push(Moment::Ends(begun));
            return Some(());
        }
        let (name, rest) = rest.split_once('(')?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(is_name) {
            return None;
        }
        let (arguments, result) = match rest.strip_suffix(" <unfinished ...>") {
            Some(arguments) => (arguments, None),
            None => split(rest).map(|(arguments, result)| (arguments, Some(result.to_owned())))?,
        };
        let at = self.calls.len();
        self.moments.push(Moment::Begins(at));
        if result.is_some() {
            self.moments.push(Moment::Ends(at));
        }
        let (name, arguments) = (name.to_owned(), arguments.to_owned());
        self.calls.push(Call { thread, name, arguments, result });
        Some(())
    }
}

/// Arguments and result, of what stands behind the opening parenthesis.
fn split(rest: &str) -> Option<(&str, &str)> {
    let (arguments, result) = rest.rsplit_once(" = ")?;
    Some((arguments.trim_end().strip_suffix(')')?, result))
}

impl Call {
    /// Whether it did what it was asked to.
    pub(crate) fn succeeded(&self) -> bool {
        self.result.as_ref().is_some_and(|result| !result.starts_with(['-', '?']))
    }

    /// Whether strace made it fail.
    pub(crate) fn was_injected(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.ends_with("(INJECTED)"))
    }

    /// The path of the open file that is its first argument: `7</path>`.
    pub(crate) fn file(&self) -> Option<String> {
        let (number, rest) = self.arguments.split_once('<')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let (path, _) = rest.split_once('>').filter(|_| is_number)?;
        Some(path.trim_end_matches(" (deleted)").to_owned())
    }

    /// The paths among its arguments, whole: `"path"`, or `AT_FDCWD</folder>, "name"`, or
    /// `7</folder>, "name"`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut folder = String::new();
        for argument in self.arguments.split(", ") {
            if let Some(name) = argument.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
                let path = if name.starts_with('/') || folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                paths.push(path);
                folder.clear();
            } else if let Some((_, rest)) = argument.split_once('<') {
                folder = rest.trim_end_matches('>').to_owned();
            }
        }
        paths
    }

    /// The path that it works on: that of its file, or the first that it names.
    pub(crate) fn place(&self) -> Option<String> {
        match self.name.as_str() {
            "openat" | "unlinkat" | "renameat" | "renameat2" | "mkdirat" => {
                self.paths().into_iter().next()
            }
            _ => self.file().or_else(|| self.paths().into_iter().next()),
        }
    }

    /// The text that a `write` to the standard output begins with.
    pub(crate) fn said(&self) -> Option<&str> {
        if self.name != "write" || !self.arguments.starts_with("1<") {
            return None;
        }
        let (_, text) = self.arguments.split_once(">, \"")?;
        Some(text.split("\\n").next().unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
10 openat(AT_FDCWD</home>, \"/a/b\", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 3</a/b>
10 pwrite64(3</a/b>, \"x = (1)\", 7, 0) = 7
11 fdatasync(3</a/b> <unfinished ...>
10 write(1<pipe:[77]>, \"child: done 0 1 write 7\\n\", 24) = 24
11 <... fdatasync resumed>) = 0
10 fdatasync(3</a/b>) = -1 EIO (Input/output error) (INJECTED)
12 unlinkat(4</a>, \"b\", 0) = 0
12 rename(\"/a/c\", \"/a/d\" <unfinished ...>
12 +++ killed by SIGKILL +++
10 --- SIGCHLD {si_signo=SIGCHLD} ---
";

    #[test]
    fn calls_are_read_with_their_beginnings_and_ends() {
        let trace = Trace::read(TEXT);
        let names: Vec<&str> = trace.calls.iter().map(|call| call.name.as_str()).collect();
        let expected =
            ["openat", "pwrite64", "fdatasync", "write", "fdatasync", "unlinkat", "rename"];
        assert_eq!(names, expected);
        // The first sync begins before the line is said, and ends after it.
        use Moment::{Begins, Ends};
        assert_eq!(trace.moments[4..8], [Begins(2), Begins(3), Ends(3), Ends(2)]);
        assert_eq!(trace.calls[2].result.as_deref(), Some("0"));
        assert_eq!(trace.calls[6].result, None);
        assert!(trace.calls[4].was_injected() && !trace.calls[4].succeeded());
        assert!(!trace.calls[2].was_injected() && trace.calls[2].succeeded());
    }

    #[test]
    fn paths_and_words_are_taken_out_of_arguments() {
        let trace = Trace::read(TEXT);
        let place = |nth: usize| trace.calls[nth].place();
        assert_eq!(place(0).as_deref(), Some("/a/b"));
        assert_eq!(place(1).as_deref(), Some("/a/b"));
        assert_eq!(place(5).as_deref(), Some("/a/b"));
        assert_eq!(trace.calls[6].paths(), ["/a/c", "/a/d"]);
        assert_eq!(trace.calls[3].said(), Some("child: done 0 1 write 7"));
        assert_eq!(trace.calls[1].said(), None);
    }
}
