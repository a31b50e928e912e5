//! How many rows of all sealed segments together have each value of a field: what the front page
//! of a feed asks for, kept so that it does not have to be added up each time.

use crate::error::Result;
use crate::index::field::Field;
use crate::limits::{SUMMED_FIELDS_MAX, SUMMED_VALUES_MAX};
use crate::view::View;
use crate::view::part::Part;
use hashbrown::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values with the number of their rows. Rows that were deleted or amended since count too.
pub type Sums = HashMap<String, u64>;

/// The sums that were asked for, of one list of segments.
#[derive(Debug, Default)]
pub(crate) struct KeptSums(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Stands for the list of segments.
    segments: u64,
    /// By code and key of the field; `None` for a field of too many values.
    by_field: HashMap<(u8, String), Option<Arc<Sums>>>,
}

impl KeptSums {
    /// The sums of a field over the segments of a view; none if it has too many values, or is a
    /// label that is no scope label.
    pub(crate) fn of(&self, view: &View, field: Field<'_>) -> Result<Option<Arc<Sums>>> {
        if matches!(field, Field::Label(key) if !view.labels.admit(key)) {
            return Ok(None);
        }
        let (code, key) = field.code();
        let (segments, key) = (fingerprint(view), (code, key.to_owned()));
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.segments == segments
            && let Some(sums) = kept.by_field.get(&key)
        {
            return Ok(sums.clone());
        }
        // Nobody has to wait for what is read now.
        drop(kept);
        let sums = add_up(view, field)?.map(Arc::new);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.segments != segments {
            *kept = Kept { segments, by_field: HashMap::new() };
        }
        if kept.by_field.len() < SUMMED_FIELDS_MAX {
            kept.by_field.insert(key, sums.clone());
        }
        Ok(sums)
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "rows of a store are fewer than 2^48")]
fn add_up(view: &View, field: Field<'_>) -> Result<Option<Sums>> {
    let mut sums = Sums::new();
    for segment in view.segments.iter() {
        let Some(index) = Part::segment(segment, view).field(field)? else { continue };
        if index.len() > SUMMED_VALUES_MAX {
            return Ok(None);
        }
        for value in 0..index.len() {
            *sums.entry_ref(index.value(value)).or_default() += u64::from(index.cardinality(value));
        }
        if sums.len() > SUMMED_VALUES_MAX {
            return Ok(None);
        }
    }
    Ok(Some(sums))
}

/// A number that another list of segments hardly ever has.
fn fingerprint(view: &View) -> u64 {
    /// An odd number whose bits are well mixed: 2^64 divided by the golden ratio.
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let digests = view.segments.iter().map(|segment| segment.digest);
    digests.fold(MIX, |all, digest| (all.rotate_left(5) ^ digest).wrapping_mul(MIX))
}
