//! Files and folders, and the operations that change them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

/// The number of a file or folder: its identity, whatever its name.
pub(super) type Node = u64;

/// The folder that everything is in.
pub(super) const ROOT: Node = 0;

/// One change to files and folders, or one sync of it.
#[derive(Clone, Debug)]
pub enum Op {
    /// A new file or folder gets a name in a folder.
    Link {
        /// The folder.
        folder: u64,
        /// Its name.
        name: OsString,
        /// What is there now.
        node: u64,
        /// Whether that is a folder.
        is_folder: bool,
    },
    /// A name goes.
    Unlink {
        /// The folder.
        folder: u64,
        /// The name.
        name: OsString,
        /// What was there.
        node: u64,
    },
    /// Another name in the same folder, in the place of what bore it.
    Rename {
        /// The folder.
        folder: u64,
        /// The name before.
        from: OsString,
        /// The name after.
        to: OsString,
        /// What is called so.
        node: u64,
    },
    /// Bytes are written to a file.
    Write {
        /// The file.
        node: u64,
        /// From where on.
        offset: u64,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// A file is cut, or made longer by zeros.
    SetLen {
        /// The file.
        node: u64,
        /// Its bytes after.
        len: u64,
    },
    /// All that was done to the file or folder before is durable.
    Sync {
        /// Which.
        node: u64,
    },
    /// A word of the workload to itself.
    Mark(u64),
}

impl Op {
    /// The file or folder that a sync makes this durable in.
    pub(super) fn place(&self) -> Option<Node> {
        match self {
            Self::Link { folder, .. }
            | Self::Unlink { folder, .. }
            | Self::Rename { folder, .. } => Some(*folder),
            Self::Write { node, .. } | Self::SetLen { node, .. } | Self::Sync { node } => {
                Some(*node)
            }
            Self::Mark(_) => None,
        }
    }
}

/// Files and folders. A copy shares the contents of files until they are written to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<Node, Arc<Vec<u8>>>,
    folders: BTreeMap<Node, BTreeMap<OsString, Node>>,
}

impl Tree {
    /// One with a root and nothing in it.
    pub(super) fn new() -> Self {
        Self { files: BTreeMap::new(), folders: BTreeMap::from([(ROOT, BTreeMap::new())]) }
    }

    /// A number that nothing has had.
    pub(super) fn next(&self) -> Node {
        let last = |keys: Option<&Node>| keys.copied().unwrap_or(ROOT);
        1 + last(self.files.keys().next_back()).max(last(self.folders.keys().next_back()))
    }

    /// Lets a node be known, which bears no name yet.
    fn make(&mut self, node: Node, is_folder: bool) {
        if is_folder {
            self.folders.entry(node).or_default();
        } else {
            self.files.entry(node).or_default();
        }
    }

    pub(super) fn is_folder(&self, node: Node) -> bool {
        self.folders.contains_key(&node)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, node: Node) -> &[u8] {
        self.files.get(&node).map_or(&[], |bytes| bytes)
    }

    /// The names in a folder.
    pub(super) fn entries(&self, folder: Node) -> impl Iterator<Item = (&OsString, Node)> {
        self.folders.get(&folder).into_iter().flatten().map(|(name, node)| (name, *node))
    }

    /// What is at a path.
    pub(super) fn find(&self, path: &Path) -> io::Result<Node> {
        let mut node = ROOT;
        for component in path.components() {
            let Component::Normal(name) = component else { continue };
            let entries = self.folders.get(&node).ok_or(io::ErrorKind::NotADirectory)?;
            node = *entries.get(name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(node)
    }

    /// The folder that a path is in, and the name that it has there.
    pub(super) fn place(&self, path: &Path) -> io::Result<(Node, OsString)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = self.find(path.parent().unwrap_or(Path::new("")))?;
        if !self.is_folder(folder) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok((folder, name.to_owned()))
    }

    /// Does what an operation says.
    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Link { folder, name, node, is_folder } => {
                self.make(*node, *is_folder);
                self.folders.entry(*folder).or_default().insert(name.clone(), *node);
            }
            Op::Unlink { folder, name, node } => self.unlink(*folder, name, *node),
            Op::Rename { folder, from, to, node } => {
                self.unlink(*folder, from, *node);
                self.folders.entry(*folder).or_default().insert(to.clone(), *node);
            }
            Op::Write { node, offset, bytes } => {
                let file = Arc::make_mut(self.files.entry(*node).or_default());
                let (start, end) = (*offset as usize, *offset as usize + bytes.len());
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[start..end].copy_from_slice(bytes);
            }
            Op::SetLen { node, len } => {
                Arc::make_mut(self.files.entry(*node).or_default()).resize(*len as usize, 0);
            }
            Op::Sync { .. } | Op::Mark(_) => {}
        }
    }

    /// A name goes only if it is still that of the node.
    fn unlink(&mut self, folder: Node, name: &OsString, node: Node) {
        let entries = self.folders.entry(folder).or_default();
        if entries.get(name) == Some(&node) {
            entries.remove(name);
        }
    }
}
