//! How a list of scope labels is recorded: in the log for the store, in each segment for its index.

use crate::database::codec::{self, Kind, Packing};
use crate::error::{Error, Result};
use crate::limits::STORED_PATTERNS_MAX;
use eventscope_model::ScopeLabels;
use eventscope_model::limits::SCOPE_PATTERNS_MAX;
use std::fmt;

/// The section of a segment.
pub(crate) fn write(labels: &ScopeLabels) -> Result<Vec<u8>> {
    codec::seal_value(Kind::Section, Packing::Plain, &patterns(labels))
}

/// Reads what [`write()`] wrote.
pub(crate) fn read(record: &[u8], place: &dyn fmt::Display) -> Result<ScopeLabels> {
    of(&codec::open_value::<Vec<String>>(Kind::Section, record, place)?, place)
}

/// The fact of the log.
pub(crate) fn write_fact(labels: &ScopeLabels) -> Result<Vec<u8>> {
    codec::seal_value(Kind::Meta, Packing::Plain, &patterns(labels))
}

/// Reads what [`write_fact`] wrote.
pub(crate) fn read_fact(record: &[u8], place: &dyn fmt::Display) -> Result<ScopeLabels> {
    of(&codec::open_value::<Vec<String>>(Kind::Meta, record, place)?, place)
}

/// No pattern stands for all labels.
fn patterns(labels: &ScopeLabels) -> Vec<String> {
    labels.patterns().collect()
}

fn of(patterns: &[String], place: &dyn fmt::Display) -> Result<ScopeLabels> {
    let damaged = || Error::corrupt(place.to_string(), "it is no list of labels");
    if patterns.len() > STORED_PATTERNS_MAX {
        return Err(damaged());
    }
    // While a list is being changed, a segment has the patterns of two.
    let mut all: Option<ScopeLabels> = None;
    for some in patterns.chunks(SCOPE_PATTERNS_MAX) {
        let some = ScopeLabels::only(some).map_err(|_| damaged())?;
        all = Some(all.map_or_else(|| some.clone(), |all| all.or(&some)));
    }
    Ok(all.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::database::codec::{Kind, Packing, seal_value};
    use eventscope_model::ScopeLabels;

    #[test]
    fn lists_come_back_as_they_were() {
        let many = |start: usize| ScopeLabels::only((0..256).map(|n| format!("k{}", start + n)));
        let two = many(100).unwrap().or(&many(600).unwrap());
        for labels in [ScopeLabels::all(), "team,kube*".parse().unwrap(), two] {
            assert_eq!(read(&write(&labels).unwrap(), &"it").unwrap(), labels);
        }
    }

    #[test]
    fn a_list_behind_a_right_checksum_that_is_none_is_noticed() {
        let many = (0..1_000).map(|n| format!("k{n}")).collect();
        for patterns in [vec![String::new()], vec!["a*b".to_owned()], many] {
            let record = seal_value(Kind::Section, Packing::Plain, &patterns).unwrap();
            assert!(read(&record, &"it").is_err(), "{patterns:?}");
        }
    }
}
