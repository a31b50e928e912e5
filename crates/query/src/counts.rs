//! Which labels and values there are: what completion offers.

use crate::error::Result;
use crate::facet::ranked;
use crate::select::{Selector, outside};
use eventscope_model::alias;
use eventscope_scope::Filter;
use eventscope_storage::{Field, Snapshot};
use hashbrown::HashMap;

/// The keys of scope labels that begin with `prefix`, under their canonical spelling, each with the
/// number of events that have it: the most first, then by key.
///
/// # Errors
/// When the store cannot be read.
pub fn label_counts(snapshot: &Snapshot, prefix: &str) -> Result<Vec<(String, u64)>> {
    let mut counts = Counts::default();
    let labels = snapshot.scope_labels();
    let mut selector = Selector::new(&Filter::All, snapshot)?;
    for part in snapshot.parts() {
        let hits = selector.select(&part)?;
        for event in hits.amended {
            let keys = event.labels.canonical().map(|(key, _)| key);
            let keys = keys.filter(|key| key.starts_with(prefix) && labels.admit(key));
            keys.for_each(|key| counts.add(key, 1));
        }
        for field in part.fields() {
            let Field::Label(key) = field else { continue };
            if !key.starts_with(prefix) {
                continue;
            }
            let Some(index) = part.field(field)? else { continue };
            counts.add(
                key,
                match hits.len == part.len() {
                    true => index.present_len(),
                    false => index.present().intersection_len(hits.rows),
                },
            );
        }
    }
    Ok(ranked(counts.by_text, usize::MAX))
}

/// The values of a label that begin with `prefix`, each with the number of events that have it:
/// the most first, then by value. The key may be in either spelling.
///
/// # Errors
/// When the label is no scope label, or the store cannot be read.
pub fn value_counts(snapshot: &Snapshot, key: &str, prefix: &str) -> Result<Vec<(String, u64)>> {
    let key = alias::canonical(key);
    if !snapshot.scope_labels().admit(key) {
        return Err(outside(key, snapshot.scope_labels()));
    }
    let mut counts = Counts::default();
    let mut selector = Selector::new(&Filter::All, snapshot)?;
    for part in snapshot.parts() {
        let hits = selector.select(&part)?;
        for event in hits.amended {
            let value = event.labels.find(key).filter(|value| value.starts_with(prefix));
            value.into_iter().for_each(|value| counts.add(value, 1));
        }
        let Some(index) = part.field(Field::Label(key))? else { continue };
        for value in index.lower_bound(prefix)..index.len() {
            if !index.value(value).starts_with(prefix) {
                break;
            }
            counts.add(
                index.value(value),
                match hits.len == part.len() {
                    true => index.cardinality(value),
                    false => index.rows(value).intersection_len(hits.rows),
                },
            );
        }
    }
    Ok(ranked(counts.by_text, usize::MAX))
}

#[derive(Default)]
struct Counts {
    by_text: HashMap<String, u64>,
}

impl Counts {
    #[expect(clippy::arithmetic_side_effects, reason = "there are fewer than 2^64 events")]
    fn add(&mut self, text: &str, events: u32) {
        if events > 0 {
            *self.by_text.entry_ref(text).or_default() += u64::from(events);
        }
    }
}
