//! Spans of ordered values, and what stays of them when several must hold at once.

use eventscope_model::Timestamp;
use std::fmt;

/// The values from `first` to `last`, both included; none when `first` is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span<T> {
    /// The least value.
    pub first: T,
    /// The greatest value.
    pub last: T,
}

/// A scale of values with two ends and neighbours.
pub(crate) trait Scale: Copy + Ord + fmt::Debug {
    /// The least value there is.
    const LEAST: Self;
    /// The greatest value there is.
    const GREATEST: Self;
    /// The next greater value.
    fn next(self) -> Option<Self>;
    /// The next smaller value.
    fn previous(self) -> Option<Self>;
}

impl Scale for u64 {
    const LEAST: Self = Self::MIN;
    const GREATEST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Scale for Timestamp {
    const LEAST: Self = Self::EPOCH;
    const GREATEST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.nanos().checked_add(1).and_then(Self::from_nanos)
    }

    fn previous(self) -> Option<Self> {
        self.nanos().checked_sub(1).and_then(Self::from_nanos)
    }
}

impl<T: Copy + Ord> Span<T> {
    /// Whether a value lies in the span.
    #[must_use]
    pub fn contains(self, value: T) -> bool {
        self.first <= value && value <= self.last
    }

    /// Whether no value lies in the span.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.first > self.last
    }
}

#[expect(private_bounds, reason = "these are for this crate, which knows all scales")]
impl<T: Scale> Span<T> {
    /// Every value of the scale.
    pub(crate) const FULL: Self = Self { first: T::LEAST, last: T::GREATEST };
    /// No value.
    pub(crate) const EMPTY: Self = Self { first: T::GREATEST, last: T::LEAST };

    /// One value.
    pub(crate) fn only(value: T) -> Self {
        Self { first: value, last: value }
    }

    /// The values below a bound.
    pub(crate) fn below(bound: T) -> Self {
        bound.previous().map_or(Self::EMPTY, Self::up_to)
    }

    /// A bound and the values below it.
    pub(crate) fn up_to(last: T) -> Self {
        Self { first: T::LEAST, last }
    }

    /// The values above a bound.
    pub(crate) fn above(bound: T) -> Self {
        bound.next().map_or(Self::EMPTY, Self::from)
    }

    /// A bound and the values above it.
    pub(crate) fn from(first: T) -> Self {
        Self { first, last: T::GREATEST }
    }

    /// The values outside the span, if they are a span themselves: none, all, or those on one side.
    pub(crate) fn complement(self) -> Option<Self> {
        if self.is_empty() {
            Some(Self::FULL)
        } else if self.first == T::LEAST {
            Some(Self::above(self.last))
        } else if self.last == T::GREATEST {
            Some(Self::below(self.first))
        } else {
            None
        }
    }
}

/// A span with gaps: the values that lie in every span kept and in no span cut out.
#[derive(Debug)]
pub(crate) struct Gapped<T> {
    whole: Span<T>,
    gaps: Vec<Span<T>>,
}

impl<T: Scale> Gapped<T> {
    /// Every value.
    pub(crate) fn full() -> Self {
        Self { whole: Span::FULL, gaps: Vec::new() }
    }

    /// Keeps only the values in `span`.
    pub(crate) fn keep(&mut self, span: Span<T>) {
        self.whole.first = self.whole.first.max(span.first);
        self.whole.last = self.whole.last.min(span.last);
    }

    /// Cuts the values in `span` out.
    pub(crate) fn cut(&mut self, span: Span<T>) {
        if !span.is_empty() {
            self.gaps.push(span);
        }
    }

    /// The one way to write what is left: a span, and gaps strictly inside it that neither overlap
    /// nor touch, in ascending order. An empty span comes without gaps.
    pub(crate) fn normal(self) -> (Span<T>, Vec<Span<T>>) {
        let mut whole = self.whole;
        let mut inner = Vec::new();
        for gap in joined(self.gaps) {
            if gap.last < whole.first || gap.first > whole.last {
                continue;
            }
            if gap.first <= whole.first {
                let Some(first) = gap.last.next() else { return (Span::EMPTY, Vec::new()) };
                whole.first = first;
            } else if gap.last >= whole.last {
                whole.last = Span::below(gap.first).last;
            } else {
                inner.push(gap);
            }
        }
        if whole.is_empty() { (Span::EMPTY, Vec::new()) } else { (whole, inner) }
    }
}

/// Spans sorted, with those that overlap or touch made one.
fn joined<T: Scale>(mut spans: Vec<Span<T>>) -> Vec<Span<T>> {
    spans.sort_unstable();
    let mut joined: Vec<Span<T>> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(open) if open.last.next().is_none_or(|next| span.first <= next) => {
                open.last = open.last.max(span.last);
            }
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{Gapped, Span};
    use proptest::prelude::*;

    /// Small values at both ends of the scale.
    fn value() -> impl Strategy<Value = u64> {
        prop_oneof![0_u64..12, (u64::MAX - 3)..=u64::MAX]
    }

    fn span() -> impl Strategy<Value = Span<u64>> {
        (value(), value()).prop_map(|(first, last)| Span { first, last })
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_was_asked(
            kept in prop::collection::vec(span(), 0..3),
            cut in prop::collection::vec(span(), 0..5),
        ) {
            let mut spans = Gapped::full();
            kept.iter().for_each(|span| spans.keep(*span));
            cut.iter().for_each(|span| spans.cut(*span));
            let (whole, gaps) = spans.normal();
            for value in (0..14).chain(u64::MAX - 5..=u64::MAX) {
                let asked = kept.iter().all(|span| span.contains(value))
                    && !cut.iter().any(|span| span.contains(value));
                let left = whole.contains(value) && !gaps.iter().any(|gap| gap.contains(value));
                prop_assert_eq!(left, asked, "{}", value);
            }
            let mut edge = whole.first;
            for gap in gaps {
                prop_assert!(edge < gap.first && gap.first <= gap.last && gap.last < whole.last);
                edge = gap.last + 1;
            }
        }

        #[test]
        fn a_complement_is_the_rest(span in span()) {
            if let Some(rest) = span.complement() {
                for value in (0..14).chain(u64::MAX - 5..=u64::MAX) {
                    prop_assert_ne!(span.contains(value), rest.contains(value));
                }
            } else {
                prop_assert!(span.first > 0 && span.last < u64::MAX);
            }
        }
    }
}
