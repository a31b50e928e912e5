//! A small source of random numbers that gives the same ones for ever.
//!
//! Committed example dumps and the seeds of failing tests depend on its exact output, so it must
//! not change with a dependency. The method is SplitMix64: a counter and a mixing function.

/// Random numbers from a seed.
///
/// ```
/// use eventscope_testkit::Rng;
///
/// let mut rng = Rng::new(7);
/// let dice: Vec<usize> = (0..3).map(|_| 1 + rng.below(6)).collect();
/// assert_eq!(dice, [3, 1, 6]);
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, `end` left out; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let scaled = u128::from(self.bits()) * end as u128;
        (scaled >> 64) as usize
    }

    /// A number from `first` to `last`, both included.
    ///
    /// # Panics
    /// When `last` is less than `first`.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        assert!(first <= last, "no number from {first} to {last}");
        let span = u128::from(last.abs_diff(first)) + 1;
        let step = (u128::from(self.bits()) * span) >> 64;
        first.wrapping_add(step as i64)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of some things, each as likely as the others.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// One of some things, each as likely as its weight says.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick_by<'a, T>(&mut self, things: &'a [T], weight: impl Fn(&T) -> usize) -> &'a T {
        let mut left = self.below(things.iter().map(&weight).sum());
        for thing in things {
            match left.checked_sub(weight(thing)) {
                Some(rest) => left = rest,
                None => return thing,
            }
        }
        &things[0]
    }

    /// So many lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        self.letters(digits, b"0123456789abcdef")
    }

    /// A random UUID of version 4.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0x0fff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    /// So many letters of the kind that Kubernetes puts at the end of names: no vowels, no digits
    /// that look like letters.
    pub fn suffix(&mut self, letters: usize) -> String {
        self.letters(letters, b"bcdfghjklmnpqrstvwxz2456789")
    }

    fn letters(&mut self, count: usize, alphabet: &[u8]) -> String {
        (0..count).map(|_| char::from(*self.pick(alphabet))).collect()
    }
}

/// Picks out of `n` things so that the first is the most frequent and thing number k is picked
/// 1/k times as often: how namespaces, nodes and services share the events of a cluster.
#[derive(Clone, Debug)]
pub struct Zipf {
    /// Sums of the weights up to and including each thing.
    sums: Vec<u64>,
}

impl Zipf {
    /// A distribution over so many things.
    #[must_use]
    pub fn new(things: usize) -> Self {
        let mut sum = 0;
        let weights = (1..=things as u64).map(|rank| 1_000_000 / rank);
        let sums = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { sums: sums.collect() }
    }

    /// The number of a thing, from 0; 0 when there are none.
    pub fn pick(&self, rng: &mut Rng) -> usize {
        let total = self.sums.last().copied().unwrap_or(0);
        let point = ((u128::from(rng.bits()) * u128::from(total)) >> 64) as u64;
        self.sums.partition_point(|sum| *sum <= point).min(self.sums.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Rng, Zipf};

    #[test]
    fn the_sequence_of_a_seed_is_fixed() {
        let mut rng = Rng::new(1);
        assert_eq!(rng.bits(), 0x910a_2dec_8902_5cc1);
        assert_eq!(rng.hex(8), "bf77ce84");
        assert_eq!(rng.uuid().len(), 36);
    }

    #[test]
    fn numbers_stay_in_their_ranges_and_reach_both_ends() {
        let mut rng = Rng::new(2);
        let mut seen = [false; 5];
        for _ in 0..1_000 {
            seen[rng.below(5)] = true;
            assert!((-3..=3).contains(&rng.between(-3, 3)));
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!((rng.below(0), rng.between(4, 4)), (0, 4));
    }

    #[test]
    fn weights_and_ranks_shape_the_picks() {
        let (mut rng, zipf) = (Rng::new(3), Zipf::new(50));
        let mut counts = [0; 50];
        for _ in 0..50_000 {
            counts[zipf.pick(&mut rng)] += 1;
        }
        assert!(counts[0] > counts[1] * 3 / 2 && counts[1] > counts[9] * 3 && counts[49] > 0);
        let heavy = (0..1_000).filter(|_| *rng.pick_by(&[1, 9], |weight| *weight) == 9).count();
        assert!((850..950).contains(&heavy));
    }
}
