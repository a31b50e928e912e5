//! The right spelling of a word that was nearly right.

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
        .map(|candidate| (slips(&word, candidate), *candidate))
        .filter(|(slips, candidate)| *slips <= slips_max && *slips < candidate.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// How many slips turn one word into the other, by the usual table of prefixes: the cell in row
/// `i` and column `j` holds the slips between the first `i` letters of one and `j` of the other.
#[expect(clippy::arithmetic_side_effects, reason = "places in words, the first has 32 bytes")]
fn slips(word: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().collect();
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=candidate.len()).collect();
    for (i, letter) in word.iter().enumerate() {
        let mut below = vec![i + 1];
        for (j, other) in candidate.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
            let mut least = cell(&row, j).saturating_add(usize::from(letter != other));
            least = least.min(cell(&row, j + 1).saturating_add(1));
            least = least.min(cell(&below, j).saturating_add(1));
            let swapped = i > 0
                && j > 0
                && word.get(i - 1) == Some(other)
                && candidate.get(j - 1) == Some(letter);
            if swapped {
                least = least.min(cell(&above, j - 1).saturating_add(1));
            }
            below.push(least);
        }
        above = row;
        row = below;
    }
    row.last().copied().unwrap_or(0)
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
