//! What a store keeps in memory of its files: one cache with a budget of bytes.
//!
//! Sections of segments and everything of the text index share it, so whatever is asked for again
//! takes as much of it as it needs, and nothing is set aside for what nobody asks for.
//!
//! ```text
//! Section(digest, number)     a decoded section, or what was derived of one
//! TextFile(number)            a text file, ready to be asked: its dictionaries of words
//! TextBytes(number, range)    postings or positions of one word, as they are stored
//! TextRows(number, word)      the rows of one word, decoded
//! ```

use eventscope_model::words::Phrase;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};
use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

/// A cache is in shards with a budget and a lock each. Some entries take half a mebibyte, and a
/// shard has to hold many of those, or chance leaves some shards too small for what falls to them
/// while others are empty.
const SHARD_BYTES_MIN: usize = 64 * 1024 * 1024;
const SHARDS_MAX: usize = 16;

/// What an entry takes on average: sections take more, postings of a word less.
const ENTRY_BYTES: usize = 8 * 1024;

/// The key, the counters, and the entry of the cache, beside what is kept.
const OVERHEAD_BYTES: usize = 160;

/// What something that is kept belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// By the digest of a segment: the section of a number, or what was derived of it.
    Section(u64, u32),
    /// By the number of a text file: that file, ready to be asked.
    TextFile(u64),
    /// The bytes of a text file from one place to before another.
    TextBytes(u64, u64, u64),
    /// The rows of a word in a text file.
    TextRows(u64, Phrase),
}

/// The key of the rows of a word, with a borrowed word.
#[derive(Debug)]
pub(crate) struct TextRows<'a>(pub(crate) u64, pub(crate) &'a Phrase);

// By hand, since the borrowed key has to give the same hash.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Section(digest, number) => (0u8, digest, number).hash(state),
            Self::TextFile(file) => (1u8, file).hash(state),
            Self::TextBytes(file, start, end) => (2u8, file, start, end).hash(state),
            Self::TextRows(file, word) => TextRows(*file, word).hash(state),
        }
    }
}

impl Hash for TextRows<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (3u8, self.0, self.1).hash(state);
    }
}

impl Equivalent<Key> for TextRows<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(key, Key::TextRows(file, word) if *file == self.0 && word == self.1)
    }
}

/// Whatever is kept, and its bytes.
type Entry = (Arc<dyn Any + Send + Sync>, usize);

/// Everything that is kept. All clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Kept(Arc<Cache<Key, Entry, Weight>>);

/// The same for what is itself among the things kept: it does not hold on to them.
#[derive(Clone, Debug)]
pub(crate) struct WeakKept(Weak<Cache<Key, Entry, Weight>>);

impl WeakKept {
    /// Everything that is kept, so long as somebody else holds it.
    pub(crate) fn get(&self) -> Option<Kept> {
        self.0.upgrade().map(Kept)
    }
}

impl Kept {
    pub(crate) fn downgrade(&self) -> WeakKept {
        WeakKept(Arc::downgrade(&self.0))
    }

    /// A budget of so many bytes, of which nothing is used.
    pub(crate) fn new(bytes: usize) -> Self {
        let entries = bytes.checked_div(ENTRY_BYTES).unwrap_or_default().max(16);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(bytes as u64)
            .shards((bytes / SHARD_BYTES_MIN).clamp(1, SHARDS_MAX))
            .build();
        let cache = match options {
            Ok(options) => {
                let (hash, life) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
                Cache::with_options(options, Weight, hash, life)
            }
            Err(_) => Cache::with_weighter(entries, bytes as u64, Weight),
        };
        Self(Arc::new(cache))
    }

    /// What is kept under a key, if it is there and of this type.
    pub(crate) fn get<T, Q>(&self, key: &Q) -> Option<Arc<T>>
    where
        T: Any + Send + Sync,
        Q: Hash + Equivalent<Key> + ?Sized,
    {
        self.0.get(key)?.0.downcast().ok()
    }

    /// Keeps something that takes so many bytes, as long as there is no better use for them.
    pub(crate) fn keep<T: Any + Send + Sync>(&self, key: Key, kept: Arc<T>, bytes: usize) {
        self.0.insert(key, (kept, bytes));
    }

    pub(crate) fn remove(&self, key: &Key) {
        self.0.remove(key);
    }

    /// Bytes that sections of segments take now, and those that the text index takes.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let (mut sections, mut text) = (0u64, 0u64);
        for (key, entry) in self.0.iter() {
            let sum = match key {
                Key::Section(..) => &mut sections,
                Key::TextFile(_) | Key::TextBytes(..) | Key::TextRows(..) => &mut text,
            };
            *sum = sum.saturating_add(Weight.weight(&key, &entry));
        }
        (sections, text)
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, key: &Key, (_, bytes): &Entry) -> u64 {
        let word = match key {
            Key::TextRows(_, word) => word.words().iter().map(String::len).sum(),
            Key::Section(..) | Key::TextFile(_) | Key::TextBytes(..) => 0,
        };
        [OVERHEAD_BYTES, word].into_iter().fold(*bytes, usize::saturating_add) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, Key, TextRows};
    use eventscope_model::words::WordQuery;
    use std::sync::Arc;

    /// What is kept is found under its own key only, and a word under a borrowed one too.
    #[test]
    fn keys_are_kept_apart() {
        let kept = Kept::new(1 << 20);
        let word = |text| WordQuery::parse(text).unwrap().phrases()[0].clone();
        let keys = [
            Key::Section(7, 1),
            Key::Section(7, 2),
            Key::TextFile(7),
            Key::TextBytes(7, 0, 1),
            Key::TextBytes(7, 0, 2),
            Key::TextRows(7, word("killed")),
            Key::TextRows(7, word("killed*")),
            Key::TextRows(8, word("killed")),
        ];
        for (number, key) in keys.iter().enumerate() {
            kept.keep(key.clone(), Arc::new(number), 8);
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(kept.get::<usize, _>(key).as_deref(), Some(&number), "{key:?}");
            if let Key::TextRows(file, word) = key {
                let found = kept.get::<usize, _>(&TextRows(*file, word));
                assert_eq!(found.as_deref(), Some(&number), "{key:?}");
            }
        }
        assert_eq!(kept.get::<String, _>(&keys[0]), None);
        kept.remove(&keys[2]);
        assert_eq!(kept.get::<usize, _>(&keys[2]), None);
    }

    /// Each side may take all of the budget while the other is not asked for.
    #[test]
    fn the_budget_goes_to_what_is_asked_for() {
        let kept = Kept::new(1 << 20);
        let fill = |key: fn(u64) -> Key| {
            for number in 0..4_096 {
                kept.keep(key(number), Arc::new(number), 1_024);
                for again in number.saturating_sub(64)..number {
                    kept.get::<u64, _>(&key(again));
                }
            }
            kept.bytes()
        };
        let (sections, text) = fill(|number| Key::Section(number, 0));
        assert!(sections > 900 * 1024 && text == 0, "{sections} {text}");
        let (sections, text) = fill(|number| Key::TextBytes(number, 0, 1));
        assert!(text > sections && sections + text <= 1 << 20, "{sections} {text}");
    }
}
