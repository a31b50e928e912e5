//! The right name that is most like a wrong one.

use crate::limits;
use eventscope_model::slips;

/// The name with the fewest letters to add, drop, change or swap, without regard to case; the
/// first of several. There must be one.
pub(super) fn nearest(wrong: &str, names: impl IntoIterator<Item = &'static str>) -> &'static str {
    let wrong: Vec<char> = wrong.chars().take(limits::SHOWN_BYTES_MAX).collect();
    names.into_iter().min_by_key(|name| distance(&wrong, name)).unwrap_or_default()
}

/// Whether a wrong name is so much like a right one that it may be meant: half of it is right.
pub(super) fn is_near(wrong: &str, name: &str) -> bool {
    let wrong: Vec<char> = wrong.chars().take(limits::SHOWN_BYTES_MAX).collect();
    distance(&wrong, name) <= wrong.len() / 2
}

/// How many letters must be added, dropped, changed or swapped.
fn distance(wrong: &[char], name: &str) -> usize {
    let letters = |letter: char| letter.to_ascii_lowercase();
    let wrong: Vec<char> = wrong.iter().copied().map(letters).collect();
    slips(&wrong, &name.chars().map(letters).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn case_does_not_count() {
        assert_eq!(distance(&['K', 'I', 'L', 'L', 'S'], "kill"), 1);
        assert_eq!(nearest("Pulld", ["Pulling", "Pulled", "Failed"]), "Pulled");
    }
}
