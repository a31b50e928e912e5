//! The seven types of events and the four categories over them.

use crate::ParseNameError;
use std::fmt;
use std::str::FromStr;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventType {
    /// An alert rule fired. The only type with a life: triggered, then resolved.
    Alert = 0,
    /// The Docker engine did something.
    Docker = 1,
    /// The containerd runtime did something.
    Containerd = 2,
    /// A Kubernetes component recorded something.
    Kubernetes = 3,
    /// A security policy was violated at run time.
    Policy = 4,
    /// An image scan found something.
    Scan = 5,
    /// Anything that people or programs post. The only type that cannot be acknowledged.
    Custom = 6,
}

impl EventType {
    /// All types, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Alert,
        Self::Docker,
        Self::Containerd,
        Self::Kubernetes,
        Self::Policy,
        Self::Scan,
        Self::Custom,
    ];

    /// The type of a name in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The type of a code, as [`EventType::code`] gives it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// A small number that stands for this type for ever.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::Kubernetes => "kubernetes",
            Self::Policy => "policy",
            Self::Scan => "scan",
            Self::Custom => "custom",
        }
    }

    /// The category that holds this type.
    #[must_use]
    pub fn category(self) -> Category {
        match self {
            Self::Alert => Category::Alert,
            Self::Docker | Self::Containerd | Self::Kubernetes => Category::Infrastructure,
            Self::Policy | Self::Scan => Category::Security,
            Self::Custom => Category::Custom,
        }
    }

    /// Whether events of this type can be acknowledged: all but custom ones.
    #[must_use]
    pub fn can_be_acknowledged(self) -> bool {
        self != Self::Custom
    }

    /// Whether events of this type can be resolved: alerts only.
    #[must_use]
    pub fn can_be_resolved(self) -> bool {
        self == Self::Alert
    }
}

impl FromStr for EventType {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        const EXPECTED: &str = "alert, docker, containerd, kubernetes, policy, scan or custom";
        Self::from_name(text).ok_or_else(|| ParseNameError::new(text, "an event type", EXPECTED))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The four main kinds of events that a feed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// [`EventType::Alert`]
    Alert,
    /// [`EventType::Docker`], [`EventType::Containerd`], [`EventType::Kubernetes`]
    Infrastructure,
    /// [`EventType::Policy`], [`EventType::Scan`]
    Security,
    /// [`EventType::Custom`]
    Custom,
}

impl Category {
    /// All categories.
    pub const ALL: [Self; 4] = [Self::Alert, Self::Infrastructure, Self::Security, Self::Custom];

    /// The category of a name in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name().eq_ignore_ascii_case(name))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Infrastructure => "infrastructure",
            Self::Security => "security",
            Self::Custom => "custom",
        }
    }

    /// The types in this category.
    pub fn types(self) -> impl Iterator<Item = EventType> {
        EventType::ALL.into_iter().filter(move |kind| kind.category() == self)
    }
}

impl FromStr for Category {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        const EXPECTED: &str = "alert, infrastructure, security or custom";
        Self::from_name(text).ok_or_else(|| ParseNameError::new(text, "a category", EXPECTED))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Category, EventType};

    #[test]
    fn codes_and_names_go_there_and_back() {
        for kind in EventType::ALL {
            assert_eq!(EventType::from_code(kind.code()), Some(kind));
            assert_eq!(EventType::from_name(&kind.name().to_uppercase()), Some(kind));
        }
        assert_eq!(EventType::from_code(7), None);
    }

    #[test]
    fn each_type_is_in_one_category() {
        let types: Vec<_> = Category::ALL.into_iter().flat_map(Category::types).collect();
        assert_eq!(types.len(), EventType::ALL.len());
    }
}
