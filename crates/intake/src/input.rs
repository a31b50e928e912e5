//! What is read: a name, and a way to open it.

use crate::cancel::Cancel;
use crate::stream::Stream;
use eventscope::Timestamp;
use eventscope_formats::{Found, Origin};
use std::fmt;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What opens an input. It is called once, by a strict import twice.
type Open<'a> = Box<dyn FnMut(&Cancel) -> io::Result<Opened<'a>> + Send + 'a>;

/// A dump that is to be read.
///
/// It is opened by the thread that reads, when its turn has come. A strict import opens it twice:
/// it looks for the first fault before anything is stored.
pub struct Input<'a> {
    name: String,
    origin: Origin,
    is_endless: bool,
    open: Open<'a>,
}

impl<'a> Input<'a> {
    /// What a reader gives, which is read once: a strict import does not take it.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'a) -> Self {
        let mut reader = Some(reader);
        Self::opened(name, move |cancel| match reader.take() {
            Some(reader) => Ok(Opened::new(cancel.watch(reader))),
            None => Err(io::Error::new(io::ErrorKind::NotSeekable, "it can be read only once")),
        })
    }

    /// What a reader gives from its beginning, as often as it is needed.
    ///
    /// ```
    /// use eventscope::{Options, Store};
    /// use eventscope_intake::{Import, Input, Problem};
    ///
    /// let dump = "{\"type\":\"custom\",\"name\":\"Deployed\",\"time\":1795424940}\n{}";
    /// let store = Store::in_memory(Options::default())?;
    /// let inputs = vec![Input::seekable("events.ndjson", std::io::Cursor::new(dump))];
    /// let report = Import::default().strict().run(&store, inputs, |_| {})?;
    /// assert!(matches!(report.problems[..], [Problem::Faulty { line: 2, .. }]));
    /// assert_eq!(store.stats()?.events, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seekable(name: impl Into<String>, reader: impl Read + Seek + Send + 'a) -> Self {
        let reader = Arc::new(Mutex::new(reader));
        Self::opened(name, move |cancel| {
            reader.lock().unwrap_or_else(PoisonError::into_inner).rewind()?;
            Ok(Opened::new(cancel.watch(Shared(Arc::clone(&reader)))))
        })
    }

    /// The file at a path. A thread of its own opens and reads it, so that the import can be
    /// cancelled while a pipe or a file system keeps it waiting, see [`Stream`].
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::opened(path.display().to_string(), move |cancel| {
            let stream = Stream::file(&path, cancel)?;
            let written = stream.written();
            Ok(Opened::new(stream).written(written))
        })
    }

    /// A file that [`eventscope_formats::files`] found.
    #[must_use]
    pub fn found(found: &Found) -> Self {
        Self::file(&found.path).origin(found.origin)
    }

    /// What is opened with custom code, which gets the flag that cancels the import.
    pub fn opened(
        name: impl Into<String>,
        open: impl FnMut(&Cancel) -> io::Result<Opened<'a>> + Send + 'a,
    ) -> Self {
        let open: Open<'a> = Box::new(open);
        Self { name: name.into(), origin: Origin::Named, is_endless: false, open }
    }

    /// Says how it came to be read: of what was named it is a problem if it holds no record.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Says that it may have no end, so that to be cancelled is an end like any other.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.is_endless = true;
        self
    }

    /// What it is called in the report.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_named(&self) -> bool {
        self.origin == Origin::Named
    }

    pub(crate) fn is_endless(&self) -> bool {
        self.is_endless
    }

    pub(crate) fn open(&mut self, cancel: &Cancel) -> io::Result<Opened<'a>> {
        (self.open)(cancel)
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A reader that is read from its beginning more than once, one time after the other.
struct Shared<R>(Arc<Mutex<R>>);

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

/// An input that is open.
pub struct Opened<'a> {
    pub(crate) reader: Box<dyn Read + 'a>,
    pub(crate) written: Written,
}

impl<'a> Opened<'a> {
    /// An input that arrives while it is read.
    pub fn new(reader: impl Read + 'a) -> Self {
        Self { reader: Box::new(reader), written: Written::Arriving }
    }

    /// Says when it was written.
    #[must_use]
    pub fn written(mut self, written: Written) -> Self {
        self.written = written;
        self
    }
}

impl fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("written", &self.written).finish_non_exhaustive()
    }
}

/// When an input was written: the time of its records that say none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nobody knows; records without a time are rejected.
    Unknown,
    /// At this time.
    At(Timestamp),
    /// While it is read. The option [`now`](eventscope_formats::ImportOptions::now) stands for the
    /// clock, if it is there.
    Arriving,
}
