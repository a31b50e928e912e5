//! How far two words are from each other, for whoever points out what was meant.

/// How many slips of the hand turn one word into the other: a letter too many, too few, wrong, or
/// two neighbours swapped.
///
/// ```
/// let slips = |word: &str, other: &str| {
///     let letters = |word: &str| word.chars().collect::<Vec<_>>();
///     eventscope_model::slips(&letters(word), &letters(other))
/// };
/// assert_eq!(slips("severty", "severity"), 1);
/// assert_eq!(slips("stauts", "status"), 1);
/// assert_eq!(slips("kitten", "sitting"), 3);
/// ```
///
/// # Cost
/// The product of both lengths: whoever asks bounds them.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "places in words in memory")]
pub fn slips(word: &[char], other: &[char]) -> usize {
    // The usual table of beginnings: a cell holds the slips between the first letters of both. Of
    // its rows this one, the one above and the one above that are needed.
    let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut last = None;
    for (i, letter) in word.iter().enumerate() {
        let mut below = vec![i + 1];
        let mut last_other = None;
        for (j, wanted) in other.iter().enumerate() {
            let mut least = cell(&row, j).saturating_add(usize::from(letter != wanted));
            least = least.min(cell(&row, j + 1).saturating_add(1));
            least = least.min(cell(&below, j).saturating_add(1));
            if last == Some(wanted) && last_other == Some(letter) {
                least = least.min(cell(&above, j - 1).saturating_add(1));
            }
            below.push(least);
            last_other = Some(wanted);
        }
        above = std::mem::replace(&mut row, below);
        last = Some(letter);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::slips;

    #[test]
    fn letters_are_added_dropped_changed_and_swapped() {
        for (word, other, expected) in [
            ("", "", 0),
            ("", "kill", 4),
            ("kill", "", 4),
            ("kil", "kill", 1),
            ("killl", "kill", 1),
            ("tyep", "type", 1),
            ("adn", "and", 1),
            ("kitten", "sitting", 3),
        ] {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            assert_eq!(slips(&letters(word), &letters(other)), expected, "{word} {other}");
            assert_eq!(slips(&letters(other), &letters(word)), expected, "{other} {word}");
        }
    }
}
