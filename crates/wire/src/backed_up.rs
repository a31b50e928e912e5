//! `backup`: `{path, events, segments, copied_segments, copied_bytes}`.

use eventscope::Backup;
use serde::{Deserialize, Serialize};

/// A backup that was made or brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The folder that it is in.
    pub path: String,
    /// Events in it, deleted ones not counted.
    pub events: u64,
    /// Sealed segments in it.
    pub segments: u64,
    /// Segments that were not in the folder yet.
    pub copied_segments: u64,
    /// Bytes of everything that was copied.
    pub copied_bytes: u64,
}

impl BackedUp {
    /// The document of a backup in a folder.
    pub fn new(path: impl Into<String>, backup: &Backup) -> Self {
        Self {
            path: path.into(),
            events: backup.events,
            segments: backup.segments,
            copied_segments: backup.copied_segments,
            copied_bytes: backup.copied_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BackedUp;
    use crate::testing::round_trip;

    #[test]
    fn it_is_read_as_it_was_written() {
        let path = "a/b".to_owned();
        let (events, segments, copied_segments, copied_bytes) = (1, 2, 3, 4);
        let backup = BackedUp { path, events, segments, copied_segments, copied_bytes };
        let copied = r#""copied_segments":3,"copied_bytes":4"#;
        round_trip(&backup, &format!(r#"{{"path":"a/b","events":1,"segments":2,{copied}}}"#));
    }
}
