//! Inputs made of others by random edits: bits, bytes, numbers, pieces of the input and of others.

use eventscope_testkit::Rng;

/// Bytes of an input at most.
const BYTES_MAX: usize = 64 * 1024;
/// Edits of one input at most.
const EDITS_MAX: usize = 5;

/// Bytes that mean something: ends of ranges, marks of numbers of several bytes, delimiters.
const BYTES: [u8; 20] = [
    0, 1, 2, 0x7F, 0x80, 0xFF, 0xFB, 0xFC, 0xFD, 0xFE, b'"', b'\\', b'\n', b'{', b'}', b'[', b']',
    b'(', b',', b'\'',
];

/// Numbers at which something ends.
const NUMBERS: [u64; 14] = [
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0xFFFF_FFFF,
    0x1_0000_0000,
    (1 << 48) - 1,
    i64::MAX as u64,
    i64::MIN as u64,
    u64::MAX,
];

/// Words of the languages that are read.
const WORDS: [&str; 24] = [
    " and ",
    " or ",
    "not ",
    "in (",
    " exists",
    "time last 1h",
    "severity >= ",
    "\"\"",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "2026-11-23T09:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "{\"items\":[",
    "\"kind\":\"List\"",
    "---\n- ",
    "\u{feff}",
    "\u{6771}",
    "\r\n",
    "\u{1f}\u{8b}",
];

/// Makes inputs.
pub(super) struct Mutator {
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    /// Of these.
    pub(super) fn new(corpus: Vec<Vec<u8>>) -> Self {
        Self { corpus }
    }

    /// The next one.
    pub(super) fn next(&self, rng: &mut Rng) -> Vec<u8> {
        let mut input = rng.pick(&self.corpus).clone();
        for _ in 0..1 + rng.below(EDITS_MAX) {
            self.edit(&mut input, rng);
        }
        input.truncate(BYTES_MAX);
        input
    }

    fn edit(&self, input: &mut Vec<u8>, rng: &mut Rng) {
        let at = rng.below(input.len());
        let place = rng.below(input.len() + 1);
        match rng.below(12) {
            0 => set(input, at, |byte| byte ^ (1 << rng.below(8))),
            1 => set(input, at, |_| *rng.pick(&BYTES)),
            2 => set(input, at, |_| rng.bits() as u8),
            3 => set(input, at, |byte| byte.wrapping_add(rng.between(-9, 9) as u8)),
            4 => input.insert(place, *rng.pick(&BYTES)),
            5 => drop(input.drain(piece(input.len(), rng))),
            6 => {
                let copied = input[piece(input.len(), rng)].to_vec();
                put(input, place, &copied);
            }
            7 => {
                let other = rng.pick(&self.corpus);
                put(input, place, &other[piece(other.len(), rng)]);
            }
            8 => {
                // The beginning of this one, the end of another.
                let other = rng.pick(&self.corpus);
                input.truncate(place);
                input.extend_from_slice(&other[rng.below(other.len() + 1)..]);
            }
            9 => input.truncate(place),
            10 => {
                let number = *rng.pick(&NUMBERS);
                let number = number.wrapping_add(rng.between(-1, 1) as u64).to_le_bytes();
                let len = *rng.pick(&[1, 2, 4, 8]);
                input.iter_mut().skip(at).zip(&number[..len]).for_each(|(to, from)| *to = *from);
            }
            _ => put(input, place, rng.pick(&WORDS).as_bytes()),
        }
    }
}

fn set(input: &mut [u8], at: usize, to: impl FnOnce(u8) -> u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = to(*byte);
    }
}

fn put(input: &mut Vec<u8>, place: usize, bytes: &[u8]) {
    input.splice(place..place, bytes.iter().copied());
}

/// A piece of something so long, mostly a short one.
fn piece(len: usize, rng: &mut Rng) -> std::ops::Range<usize> {
    let start = rng.below(len + 1);
    let most = if rng.percent(75) { 16 } else { len };
    start..start + rng.below((len - start).min(most) + 1)
}

#[cfg(test)]
mod tests {
    use super::Mutator;
    use eventscope_testkit::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_few_of_them_twice() {
        let mutator = Mutator::new(vec![b"severity >= high".to_vec(), vec![0; 40], Vec::new()]);
        let inputs = |seed| -> Vec<Vec<u8>> {
            let mut rng = Rng::new(seed);
            (0..1_000).map(|_| mutator.next(&mut rng)).collect()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        let different: BTreeSet<Vec<u8>> = inputs(1).into_iter().collect();
        assert!(different.len() > 700, "{}", different.len());
    }
}
