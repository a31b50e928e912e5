//! Which labels and values there are: what completion offers.

use crate::error::Result;
use crate::facet::FacetKey;
use crate::many::{Counted, Many};
use crate::select::{Selector, outside};
use eventscope_model::alias;
use eventscope_scope::Filter;
use eventscope_storage::Snapshot;

/// Lends the keys of scope labels that begin with `prefix`, under their canonical spelling, each
/// with the number of events that have it: the most first, then by key. However many there are, it
/// takes no more memory than [`limits`](crate::limits) say.
///
/// # Errors
/// When the store cannot be read.
pub fn each_label(
    snapshot: &Snapshot,
    prefix: &str,
    mut use_key: impl FnMut(&str, u64),
) -> Result<()> {
    Many::new(Counted::Labels, prefix, &Filter::All, snapshot).each_ranked(&mut use_key)
}

/// Lends the values of a label that begin with `prefix`, each with the number of events that have
/// it: the most first, then by value. The key may be in either spelling. However many there are, it
/// takes no more memory than [`limits`](crate::limits) say.
///
/// # Errors
/// When the label is no scope label, or the store cannot be read.
pub fn each_value(
    snapshot: &Snapshot,
    key: &str,
    prefix: &str,
    mut use_value: impl FnMut(&str, u64),
) -> Result<()> {
    let key = alias::canonical(key);
    if !snapshot.scope_labels().admit(key) {
        return Err(outside(key, snapshot.scope_labels()));
    }
    let key = FacetKey::label(key);
    let many = Many::new(Counted::Values(&key), prefix, &Filter::All, snapshot);
    many.each_ranked(&mut use_value)
}

/// Whether any event that there is has a value under a key. Parts are asked until one has it, so
/// a key that is in use costs next to nothing.
///
/// # Errors
/// When the store cannot be read.
pub fn has_key(snapshot: &Snapshot, key: &FacetKey) -> Result<bool> {
    let Some(field) = key.field() else { return Ok(true) };
    let mut selector = Selector::new(&Filter::All, snapshot)?;
    for part in snapshot.parts() {
        let hits = selector.select(&part)?;
        if hits.amended.iter().any(|event| key.value(event).is_some()) {
            return Ok(true);
        }
        let index = part.field(field)?;
        if index.is_some_and(|index| index.present().intersection_len(hits.rows) > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What [`each_label`] lends, as a list of all.
///
/// # Errors
/// When the store cannot be read.
pub fn label_counts(snapshot: &Snapshot, prefix: &str) -> Result<Vec<(String, u64)>> {
    let mut counts = Vec::new();
    each_label(snapshot, prefix, |key, count| counts.push((key.to_owned(), count)))?;
    Ok(counts)
}

/// What [`each_value`] lends, as a list of all.
///
/// # Errors
/// When the label is no scope label, or the store cannot be read.
pub fn value_counts(snapshot: &Snapshot, key: &str, prefix: &str) -> Result<Vec<(String, u64)>> {
    let mut counts = Vec::new();
    each_value(snapshot, key, prefix, |value, count| counts.push((value.to_owned(), count)))?;
    Ok(counts)
}
