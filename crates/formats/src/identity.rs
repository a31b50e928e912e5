//! Content hashes: the identity of events whose source gives them none.
//!
//! A hash is made once and compared for ever, by every version of this program. It is the 128-bit
//! XXH3 (seed 0) of the fields one after another, each written so that no two different sequences
//! of fields give the same bytes:
//!
//! | field | bytes |
//! |---|---|
//! | text | its length in bytes as 8 bytes, little-endian; the text |
//! | absent text | 8 bytes of `ff` |
//! | number | 8 bytes, two's complement, little-endian |
//! | pairs | their number as a number; then key and value of each as texts, sorted by key |

use eventscope_model::{Draft, Labels, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

/// Gathers the fields of one event.
#[derive(Default)]
pub(crate) struct ContentHash {
    bytes: Vec<u8>,
}

impl ContentHash {
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.bytes.extend((text.len() as u64).to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self
    }

    pub(crate) fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => self.number(-1),
        }
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.bytes.extend(number.to_le_bytes());
        self
    }

    pub(crate) fn pairs(self, labels: &Labels) -> Self {
        let counted = self.number(i64::try_from(labels.len()).unwrap_or(i64::MAX));
        labels.iter().fold(counted, |hash, (key, value)| hash.text(key).text(value))
    }

    /// What a draft says, but for its acknowledgement and its details.
    pub(crate) fn draft(self, draft: &Draft) -> Self {
        let nanos = |time: Option<Timestamp>| time.map_or(-1, Timestamp::nanos);
        self.number(nanos(draft.time))
            .text(draft.event_type.name())
            .number(i64::from(draft.severity))
            .text(&draft.source)
            .text(&draft.name)
            .text(&draft.description)
            .pairs(&draft.labels)
            .pairs(&draft.tags)
            .text(draft.state.name())
            .number(nanos(draft.end_time))
            .number(i64::try_from(draft.count).unwrap_or(i64::MAX))
    }

    /// The identity: the prefix, a colon, 32 hexadecimal digits.
    pub(crate) fn finish(&self, prefix: &str) -> String {
        format!("{prefix}:{:032x}", xxh3_128(&self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::ContentHash;

    /// These values are part of the uids in every store: they must never change.
    #[test]
    fn hashes_are_pinned() {
        let hash = ContentHash::default;
        let mixed = hash().text("kill").optional(None).number(1).pairs(&[("a", "b")].into());
        assert_eq!(hash().finish("t"), "t:99aa06d3014798d86001c324468d497f");
        assert_eq!(mixed.finish("t"), "t:69e469763bdbcadf756a0d080aca64c3");
        assert_ne!(hash().text("ab").finish("t"), hash().text("a").text("b").finish("t"));
        assert_ne!(hash().text("").finish("t"), hash().optional(None).finish("t"));
    }
}
