//! Caches with a budget of bytes.

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use std::hash::Hash;

/// A cache is in shards with a budget and a lock each. Some entries take half a mebibyte, and a
/// shard has to hold many of those, or chance leaves some shards too small for what falls to them
/// while others are empty.
const SHARD_BYTES_MIN: usize = 64 * 1024 * 1024;
const SHARDS_MAX: usize = 16;

/// An empty cache of so many bytes; an entry takes so many on average.
pub(crate) fn cache<Key, Value, Weight>(
    bytes: usize,
    entry_bytes: usize,
    weight: Weight,
) -> Cache<Key, Value, Weight>
where
    Key: Eq + Hash,
    Value: Clone,
    Weight: Weighter<Key, Value> + Clone,
{
    let entries = bytes.checked_div(entry_bytes).unwrap_or_default().max(16);
    let options = OptionsBuilder::new()
        .estimated_items_capacity(entries)
        .weight_capacity(bytes as u64)
        .shards((bytes / SHARD_BYTES_MIN).clamp(1, SHARDS_MAX))
        .build();
    match options {
        Ok(options) => {
            let (hash, life) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
            Cache::with_options(options, weight, hash, life)
        }
        Err(_) => Cache::with_weighter(entries, bytes as u64, weight),
    }
}
