//! The right name that is most like a wrong one.

use crate::limits;

/// The name with the fewest letters to add, drop or change, without regard to case; the first of
/// several. There must be one.
pub(super) fn nearest(wrong: &str, names: impl IntoIterator<Item = &'static str>) -> &'static str {
    let wrong: Vec<char> = wrong.chars().take(limits::SHOWN_BYTES_MAX).collect();
    names.into_iter().min_by_key(|name| distance(&wrong, name)).unwrap_or_default()
}

/// Whether a wrong name is so much like a right one that it may be meant: half of it is right.
pub(super) fn is_near(wrong: &str, name: &str) -> bool {
    let wrong: Vec<char> = wrong.chars().take(limits::SHOWN_BYTES_MAX).collect();
    distance(&wrong, name) <= wrong.len() / 2
}

/// How many letters must be added, dropped or changed.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "letters of a word that is cut short and of a name of ours"
)]
fn distance(wrong: &[char], name: &str) -> usize {
    // How far the letters of the name seen so far are from each beginning of the wrong one.
    let mut row: Vec<usize> = (0..=wrong.len()).collect();
    for letter in name.chars() {
        let mut diagonal = row.first().copied().unwrap_or_default();
        let mut left = diagonal + 1;
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (cell, other) in cells.zip(wrong) {
            let changed = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[track_caller]
    fn check(wrong: &str, name: &str, expected: usize) {
        assert_eq!(distance(&wrong.chars().collect::<Vec<_>>(), name), expected);
    }

    #[test]
    fn letters_are_added_dropped_and_changed() {
        check("", "", 0);
        check("", "kill", 4);
        check("kill", "", 4);
        check("kil", "kill", 1);
        check("KILLS", "kill", 1);
        check("kitten", "sitting", 3);
        assert_eq!(nearest("Pulld", ["Pulling", "Pulled", "Failed"]), "Pulled");
    }
}
