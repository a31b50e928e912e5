//! The files behind what was named on a command line: files as they are, folders walked.
//!
//! Folders are walked recursively in the order of their paths, so that a run over the same folder
//! is the same run. Links to folders inside a folder are not followed, since they may lead in
//! circles; a store inside one is left out, and so is what is neither file nor folder (sockets,
//! pipes). `-` is passed through
//! for standard input.

use crate::limits;
use std::{
    error::Error,
    ffi::OsStr,
    fmt, fs, io,
    path::{Path, PathBuf},
    vec,
};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// How it came to be read.
    pub origin: Origin,
}

/// Whether a file was asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was: that it holds no record is an error.
    Named,
    /// It lies in a folder that was: it may be anything.
    InFolder,
}

/// Why a path cannot be read. The walk goes on with the next.
#[derive(Debug)]
pub struct WalkError {
    /// The path.
    pub path: PathBuf,
    source: io::Error,
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}", self.path.display())
    }
}

impl Error for WalkError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// The files behind some paths, in the order of the paths.
///
/// # Limits
/// Folders nested deeper than [`limits::FOLDER_DEPTH_MAX`] are an error of their path.
pub fn files(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Files {
    let named: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
    Files { named: named.into_iter(), folders: Vec::new() }
}

/// The iterator of [`files`].
#[derive(Debug)]
pub struct Files {
    named: vec::IntoIter<PathBuf>,
    /// The folders that are open, the innermost last, each with what is left of its entries.
    folders: Vec<vec::IntoIter<PathBuf>>,
}

impl Iterator for Files {
    type Item = Result<Found, WalkError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(folder) = self.folders.last_mut() else {
                let path = self.named.next()?;
                match self.visit(path, Origin::Named) {
                    Some(found) => return Some(found),
                    None => continue,
                }
            };
            match folder.next() {
                None => drop(self.folders.pop()),
                Some(path) => {
                    if let Some(found) = self.visit(path, Origin::InFolder) {
                        return Some(found);
                    }
                }
            }
        }
    }
}

impl Files {
    /// Gives a file, or opens a folder; `None` if there is nothing to give yet.
    fn visit(&mut self, path: PathBuf, origin: Origin) -> Option<Result<Found, WalkError>> {
        if origin == Origin::Named && path.as_os_str() == OsStr::new("-") {
            return Some(Ok(Found { path, origin }));
        }
        let kind = match origin {
            Origin::Named => fs::metadata(&path),
            Origin::InFolder => fs::symlink_metadata(&path).and_then(|kind| linked(&path, kind)),
        };
        match kind {
            Err(source) => Some(Err(WalkError { path, source })),
            // Its events are those of dumps that were read already.
            Ok(kind) if kind.is_dir() && origin == Origin::InFolder && is_store(&path) => None,
            Ok(kind) if kind.is_dir() => self.enter(path).err().map(Err),
            Ok(kind) if kind.is_file() || origin == Origin::Named => {
                Some(Ok(Found { path, origin }))
            }
            Ok(_) => None,
        }
    }

    fn enter(&mut self, path: PathBuf) -> Result<(), WalkError> {
        if self.folders.len() == limits::FOLDER_DEPTH_MAX {
            let source = io::Error::other("folders are nested too deep");
            return Err(WalkError { path, source });
        }
        match sorted_entries(&path) {
            Ok(entries) => {
                self.folders.push(entries.into_iter());
                Ok(())
            }
            Err(source) => Err(WalkError { path, source }),
        }
    }
}

/// What an entry of a folder is: a link to a file is that file, a link to a folder is left out.
fn linked(path: &Path, kind: fs::Metadata) -> io::Result<fs::Metadata> {
    if !kind.is_symlink() {
        return Ok(kind);
    }
    let target = fs::metadata(path)?;
    Ok(if target.is_dir() { kind } else { target })
}

/// Whether a folder holds the files of a store.
fn is_store(folder: &Path) -> bool {
    ["log.redb", "segments.redb"].iter().all(|name| folder.join(name).is_file())
}

fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests;
