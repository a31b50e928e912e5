//! Sets of severities and of event types, as bit masks.

use eventscope_model::{EventType, Severity};

/// Defines a set of the values of an enumeration whose values number their bits.
macro_rules! mask {
    ($(#[$doc:meta])* $name:ident of $item:ty, $code:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            bits: u8,
        }

        impl $name {
            /// No value.
            pub const EMPTY: Self = Self { bits: 0 };
            /// Every value.
            pub const FULL: Self = Self { bits: u8::MAX >> (8 - <$item>::ALL.len()) };

            /// Whether a value is in the set.
            #[must_use]
            pub fn contains(self, item: $item) -> bool {
                self.bits & bit(item.$code()) != 0
            }

            /// The values in the set, in ascending order.
            pub fn iter(self) -> impl Iterator<Item = $item> + Clone {
                <$item>::ALL.into_iter().filter(move |item| self.contains(*item))
            }

            /// How many values are in the set.
            #[must_use]
            pub fn len(self) -> usize {
                self.iter().count()
            }

            /// Whether no value is in the set.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self == Self::EMPTY
            }

            /// The values that are not in the set.
            #[must_use]
            pub fn complement(self) -> Self {
                Self { bits: Self::FULL.bits & !self.bits }
            }

            /// The values that are in both sets.
            #[must_use]
            pub fn intersection(self, other: Self) -> Self {
                Self { bits: self.bits & other.bits }
            }

            /// One bit for each value, the lowest for the first.
            #[must_use]
            pub fn bits(self) -> u8 {
                self.bits
            }
        }

        impl FromIterator<$item> for $name {
            fn from_iter<I: IntoIterator<Item = $item>>(items: I) -> Self {
                let bits = items.into_iter().fold(0, |bits, item| bits | bit(item.$code()));
                Self { bits }
            }
        }
    };
}

mask! {
    /// A set of severities.
    ///
    /// ```
    /// use eventscope_model::Severity;
    /// use eventscope_scope::SeveritySet;
    ///
    /// let set = SeveritySet::from_iter([Severity::Emergency, Severity::Error]);
    /// assert_eq!(set.bits(), 0b1001);
    /// assert_eq!(set.complement().len(), 6);
    /// ```
    SeveritySet of Severity, level
}

mask! {
    /// A set of event types.
    TypeSet of EventType, code
}

/// The bit of a code; a code past the mask has none.
fn bit(code: u8) -> u8 {
    1_u8.checked_shl(u32::from(code)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{SeveritySet, TypeSet};
    use eventscope_model::{Category, EventType, Severity};

    #[test]
    fn full_and_empty_are_complements() {
        assert_eq!(SeveritySet::EMPTY.complement(), SeveritySet::FULL);
        assert_eq!(SeveritySet::from_iter(Severity::ALL), SeveritySet::FULL);
        assert_eq!(TypeSet::FULL.complement(), TypeSet::EMPTY);
        assert_eq!(TypeSet::from_iter(EventType::ALL), TypeSet::FULL);
        assert_eq!((SeveritySet::FULL.len(), TypeSet::FULL.len()), (8, 7));
        assert!(TypeSet::EMPTY.is_empty() && !TypeSet::FULL.is_empty());
    }

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let set = TypeSet::from_iter(Category::Security.types());
        assert_eq!(set.iter().collect::<Vec<_>>(), [EventType::Policy, EventType::Scan]);
        assert!(set.contains(EventType::Scan) && !set.contains(EventType::Alert));
        let other = TypeSet::from_iter([EventType::Scan, EventType::Alert]);
        assert_eq!(set.intersection(other).iter().collect::<Vec<_>>(), [EventType::Scan]);
    }
}
