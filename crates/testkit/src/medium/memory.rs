//! A file system in memory.

use super::faults::{Fault, Kind};
use super::tree::{Node, Op, ROOT, Tree};
use eventscope_storage::{Access, Lock, Metadata, ReadAt, Rights, StorageBackend, Vfs};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file system in memory, which can record every operation, and fail any. All clones are one.
///
/// ```
/// use eventscope_model::Draft;
/// use eventscope_storage::{Options, Storage};
/// use eventscope_testkit::medium::{Loss, Memory, Replay};
/// use std::sync::Arc;
///
/// let memory = Memory::recording();
/// let open = |memory: &Memory| {
///     Storage::open_on(Arc::new(memory.clone()), "/events.db", &Options::default())
/// };
/// open(&memory)?.append(vec![Draft::custom("It is durable")])?;
///
/// // The power goes off.
/// let mut replay = Replay::of(&Memory::default());
/// memory.take_ops().iter().for_each(|op| replay.push(op));
/// let image = replay.image(&Loss::Everything);
/// assert_eq!(open(&image)?.snapshot().end().0, 2);
/// # Ok::<(), eventscope_storage::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    tree: Tree,
    /// What was done, if it is recorded.
    ops: Option<Vec<Op>>,
    /// How many operations were asked for.
    steps: u64,
    fault: Option<Fault>,
    /// Whether the fault has struck.
    struck: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(Tree::new())
    }
}

impl Memory {
    /// An empty one that records.
    #[must_use]
    pub fn recording() -> Self {
        let memory = Self::default();
        memory.record();
        memory
    }

    pub(super) fn of(tree: Tree) -> Self {
        let state = State { tree, ops: None, steps: 0, fault: None, struck: false };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn tree(&self) -> Tree {
        self.lock().tree.clone()
    }

    /// Another one with the same files.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::of(self.tree())
    }

    /// Begins to record.
    pub fn record(&self) {
        self.lock().ops = Some(Vec::new());
    }

    /// What was recorded, and no more after.
    #[must_use]
    pub fn take_ops(&self) -> Vec<Op> {
        self.lock().ops.take().unwrap_or_default()
    }

    /// Has a word of the workload recorded between its operations.
    pub fn mark(&self, word: u64) {
        let mut state = self.lock();
        state.ops.iter_mut().for_each(|ops| ops.push(Op::Mark(word)));
    }

    /// How many operations were asked for, those that only look included.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Lets operations fail from now on, or none any more.
    pub fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        (state.fault, state.struck) = (fault, false);
    }

    /// Whether an operation has failed by the fault that was set.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        self.lock().struck
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Where none is.
    pub fn bytes(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        let state = self.lock();
        let node = state.tree.find(path.as_ref())?;
        Ok(state.tree.bytes(node).to_vec())
    }

    /// Writes a whole file, in the place of one that is there: what somebody does who is no store.
    ///
    /// # Errors
    /// Where the folder is not there.
    pub fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let node = match state.tree.find(path.as_ref()) {
            Ok(node) => {
                state.change(Op::SetLen { node, len: 0 })?;
                node
            }
            Err(_) => state.make(path.as_ref(), false)?,
        };
        state.write(node, 0, bytes)?;
        state.sync(node)
    }

    /// The paths of all files.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let state = self.lock();
        let (mut folders, mut files) = (vec![(PathBuf::from("/"), ROOT)], Vec::new());
        while let Some((path, folder)) = folders.pop() {
            for (name, node) in state.tree.entries(folder) {
                let to = if state.tree.is_folder(node) { &mut folders } else { &mut files };
                to.push((path.join(name), node));
            }
        }
        let mut paths: Vec<_> = files.into_iter().map(|(path, _)| path).collect();
        paths.sort_unstable();
        paths
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it did not leave half of an operation.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operation is to a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Read,
    Change,
    Sync,
}

impl State {
    /// Counts an operation; fails if it is to.
    fn step(&mut self, does: Does) -> io::Result<()> {
        let number = self.steps;
        self.steps += 1;
        let Some(fault) = self.fault.filter(|fault| fault.at <= number) else { return Ok(()) };
        match fault.kind.error(does == Does::Read, does == Does::Sync) {
            Some(error) => {
                self.struck = true;
                self.fault = self.fault.filter(|fault| fault.for_ever);
                Err(error)
            }
            None => Ok(()),
        }
    }

    fn apply(&mut self, op: Op) {
        self.tree.apply(&op);
        if let Some(ops) = &mut self.ops {
            ops.push(op);
        }
    }

    fn change(&mut self, op: Op) -> io::Result<()> {
        self.step(Does::Change)?;
        self.apply(op);
        Ok(())
    }

    fn sync(&mut self, node: Node) -> io::Result<()> {
        self.step(Does::Sync)?;
        self.apply(Op::Sync { node });
        Ok(())
    }

    fn write(&mut self, node: Node, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let full = self.fault.is_some_and(|fault| fault.kind == Kind::Full);
        let step = self.step(Does::Change);
        if step.is_err() && full {
            let half = bytes[..bytes.len() / 2].into();
            self.apply(Op::Write { node, offset, bytes: half });
        }
        step?;
        self.apply(Op::Write { node, offset, bytes: bytes.into() });
        Ok(())
    }

    fn read(&mut self, node: Node, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.step(Does::Read)?;
        let bytes = self.tree.bytes(node).get(offset as usize..);
        let bytes = bytes.and_then(|bytes| bytes.get(..out.len()));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// Gives a new file or folder a name.
    fn make(&mut self, path: &Path, is_folder: bool) -> io::Result<Node> {
        let (folder, name) = self.tree.place(path)?;
        let node = self.tree.next();
        self.change(Op::Link { folder, name, node, is_folder })?;
        Ok(node)
    }

    fn unlink(&mut self, folder: Node, name: &Path, node: Node) -> io::Result<()> {
        self.change(Op::Unlink { folder, name: name.as_os_str().to_owned(), node })
    }

    fn facts(&self, node: Node) -> Metadata {
        let len = self.tree.bytes(node).len() as u64;
        let is_folder = self.tree.is_folder(node);
        let rights = Rights::default();
        Metadata { len, allocated: len, identity: node, is_folder, is_file: !is_folder, rights }
    }
}

impl Vfs for Memory {
    fn open(&self, path: &Path, access: Access) -> io::Result<(Box<dyn StorageBackend>, Metadata)> {
        let mut state = self.lock();
        state.step(Does::Read)?;
        let is_new = matches!(access, Access::New(_));
        let node = match state.tree.find(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound && is_new => state.make(path, false)?,
            Ok(_) if is_new => return Err(io::ErrorKind::AlreadyExists.into()),
            other => other?,
        };
        let facts = state.facts(node);
        Ok((Box::new(OpenFile { memory: self.clone(), node }), facts))
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let mut state = self.lock();
        state.step(Does::Read)?;
        let node = state.tree.find(path)?;
        Ok(state.facts(node))
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.metadata(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut state = self.lock();
        state.step(Does::Read)?;
        let node = state.tree.find(folder)?;
        if !state.tree.is_folder(node) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(state.tree.entries(node).map(|(name, _)| folder.join(name)).collect())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let mut state = self.lock();
        state.step(Does::Read)?;
        state.tree.find(path)?;
        Ok(Path::new("/").join(path))
    }

    fn create_dir(&self, path: &Path, _: Rights) -> io::Result<()> {
        let mut state = self.lock();
        if state.tree.find(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.make(path, true).map(drop)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let node = state.tree.find(path)?;
        state.sync(node)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let node = state.tree.find(from)?;
        let ((folder, from), (other, to)) = (state.tree.place(from)?, state.tree.place(to)?);
        if folder == other {
            return state.change(Op::Rename { folder, from, to, node });
        }
        // Damaged files are put aside like this, and nothing durable depends on when.
        let is_folder = state.tree.is_folder(node);
        state.change(Op::Link { folder: other, name: to, node, is_folder })?;
        state.unlink(folder, Path::new(&from), node)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let node = state.tree.find(path)?;
        if state.tree.is_folder(node) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (folder, name) = state.tree.place(path)?;
        state.unlink(folder, Path::new(&name), node)
    }

    fn read_at(&self, path: &Path, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.lock();
        let node = state.tree.find(path)?;
        state.read(node, offset, out)
    }

    fn open_to_read(&self, path: &Path) -> io::Result<Option<Box<dyn ReadAt>>> {
        let mut state = self.lock();
        state.step(Does::Read)?;
        let node = state.tree.find(path)?;
        Ok(Some(Box::new(OpenFile { memory: self.clone(), node })))
    }

    fn write_new(&self, path: &Path, bytes: &[u8], _: Rights) -> io::Result<()> {
        let mut state = self.lock();
        if state.tree.find(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = state.make(path, false)?;
        state.write(node, 0, bytes)?;
        state.sync(node)
    }

    /// Nobody else can reach it, so it is always free.
    fn lock(&self, path: &Path, _: Rights) -> io::Result<Option<Box<dyn Lock>>> {
        let mut state = self.lock();
        let node = match state.tree.find(path) {
            Ok(node) if state.tree.is_folder(node) => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            Ok(node) => node,
            Err(_) => state.make(path, false)?,
        };
        Ok(Some(Box::new(OpenFile { memory: self.clone(), node })))
    }
}

/// A file that is open: whatever becomes of its name.
#[derive(Debug)]
struct OpenFile {
    memory: Memory,
    node: Node,
}

impl StorageBackend for OpenFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.memory.lock();
        state.step(Does::Read)?;
        Ok(state.tree.bytes(self.node).len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.lock().read(self.node, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.memory.lock().change(Op::SetLen { node: self.node, len })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.memory.lock().sync(self.node)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.memory.lock().write(self.node, offset, data)
    }
}

impl ReadAt for OpenFile {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.lock().read(self.node, offset, out)
    }
}

impl Lock for OpenFile {
    fn read(&self, max: usize) -> io::Result<Vec<u8>> {
        let mut state = self.memory.lock();
        let mut bytes = vec![0; state.tree.bytes(self.node).len().min(max)];
        state.read(self.node, 0, &mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.memory.lock();
        state.change(Op::SetLen { node: self.node, len: 0 })?;
        state.write(self.node, 0, bytes)
    }
}
