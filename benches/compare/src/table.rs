//! Medians, tails, ratios and the table.

/// Durations in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<u64>);

impl Figures {
    pub(crate) fn add(&mut self, us: u64) {
        // Nothing takes no time: a ratio needs something to divide by.
        self.0.push(us.max(1));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The figure below which this share of all lies.
    pub(crate) fn at(&self, share: f64) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> u64 {
        self.at(0.5)
    }

    /// Median and p95, for a cell of the table.
    pub(crate) fn cell(&self) -> String {
        if self.0.is_empty() {
            return String::from("-");
        }
        format!("{} / {}", duration(self.median()), duration(self.at(0.95)))
    }
}

/// Microseconds for people: in milliseconds with three digits that count.
pub(crate) fn duration(us: u64) -> String {
    let ms = us as f64 / 1_000.0;
    match us {
        ..10_000 => format!("{ms:.2}"),
        10_000..100_000 => format!("{ms:.1}"),
        _ => thousands(ms.round() as u64),
    }
}

/// How many times as long the strongest peer takes: above 1, eventscope is the quicker.
pub(crate) fn ratio(own: u64, peers: impl IntoIterator<Item = u64>) -> Option<f64> {
    let strongest = peers.into_iter().min()?;
    Some(strongest as f64 / own.max(1) as f64)
}

/// The geometric mean.
pub(crate) fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (sum / ratios.len() as f64).exp())
}

/// A number with commas between its thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// One line of a Markdown table.
pub(crate) fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The first two lines of a Markdown table.
pub(crate) fn head(titles: &[String]) -> String {
    format!("{}|{}\n", line(titles), "---|".repeat(titles.len()))
}

#[cfg(test)]
mod tests {
    use super::{Figures, duration, geometric_mean, head, line, ratio, thousands};

    #[test]
    fn medians_and_tails_are_those_of_the_sorted_figures() {
        let mut figures = Figures::default();
        (1..=21).rev().for_each(|us| figures.add(us));
        assert_eq!((figures.median(), figures.at(0.95)), (11, 20));
        assert_eq!(figures.cell(), "0.01 / 0.02");
        assert_eq!(Figures::default().cell(), "-");
    }

    #[test]
    fn the_ratio_is_that_to_the_quickest_peer() {
        assert_eq!(ratio(10, [50, 20, 90]), Some(2.0));
        assert_eq!(ratio(0, [4]), Some(4.0));
        assert_eq!(ratio(10, []), None);
    }

    #[test]
    fn the_mean_of_a_factor_and_its_inverse_is_one() {
        assert!((geometric_mean(&[4.0, 0.25]).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7, 9_999, 12_345, 1_234_567].map(duration), ["0.01", "10.00", "12.3", "1,235"]);
        let titles = [String::from("a"), String::from("b")];
        assert_eq!(head(&titles) + &line(&titles), "| a | b |\n|---|---|\n| a | b |\n");
    }
}
