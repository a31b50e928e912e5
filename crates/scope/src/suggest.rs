//! The right spelling of a word that was nearly right.

use eventscope_model::slips;

/// Bytes of a word that is worth comparing; every word of the language is shorter.
const WORD_BYTES_MAX: usize = 32;

/// The candidate nearest to a word, if one is near enough to be what was meant: one slip in a
/// short word, two in a longer one. A slip is a letter too many, too few, wrong, or two swapped.
pub(crate) fn nearest(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let slips_max = if word.len() < 5 { 1 } else { 2 };
    candidates
        .iter()
        .map(|candidate| (slips(&word, &candidate.chars().collect::<Vec<_>>()), *candidate))
        .filter(|(slips, candidate)| *slips <= slips_max && *slips < candidate.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_misses_are_found_and_far_ones_are_not() {
        let words = ["severity", "type", "and", "or", "contains", "resolved", "<="];
        for (word, expected) in [
            ("severty", Some("severity")),
            ("SEVERITIY", Some("severity")),
            ("contians", Some("contains")),
            ("tyep", Some("type")),
            ("adn", Some("and")),
            ("resolve", Some("resolved")),
            ("or", Some("or")),
            ("xy", None),
            ("kind", None),
            ("", None),
            ("unresolved-ish", None),
        ] {
            assert_eq!(nearest(word, &words), expected, "{word}");
        }
    }

    #[test]
    fn a_long_word_is_not_compared() {
        assert_eq!(nearest(&"a".repeat(1_000_000), &["and"]), None);
    }
}
