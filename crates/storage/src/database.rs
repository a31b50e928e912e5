//! The two redb files and everything between them and the disk: how values become records, how
//! files are made, locked, checked, copied and cached.
//!
//! Nothing here knows events; rooms above put records into tables and take them out.

pub(crate) mod cache;
pub(crate) mod codec;
pub(crate) mod files;
pub(crate) mod guard;
pub(crate) mod holder;
pub(crate) mod new_file;
pub(crate) mod pair;
pub(crate) mod stream;
pub(crate) mod tables;
pub(crate) mod vacuum;
