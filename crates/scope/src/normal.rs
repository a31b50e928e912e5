//! Putting filters together so that the result is in normal form.
//!
//! All merging is written once, for `and`. An `or` is the negation of the `and` of the negations,
//! and negation turns a normal form into a normal form; so whatever holds for one holds for the
//! other.

use crate::spans::{Gapped, Scale};
use crate::{Filter, SeveritySet, Span, Test, TextField, TextTest, TypeSet};
use eventscope_model::{State, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

impl Filter {
    /// The events that match both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// The events that match one or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// The events that match all of these; every event when there are none.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut conjunction = Conjunction::everything();
        for filter in filters {
            conjunction.keep(filter);
        }
        conjunction.normal()
    }

    /// The events that match one of these; no event when there are none.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::all(filters.into_iter().map(Self::not)).not()
    }

    /// The events that do not match.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it reads beside `and` and `or`")]
    pub fn not(self) -> Self {
        let negated = |children: Vec<Self>| {
            let mut children: Vec<_> = children.into_iter().map(Self::not).collect();
            children.sort_unstable();
            children
        };
        match self {
            Self::All => Self::Nothing,
            Self::Nothing => Self::All,
            Self::Test(test) => opposite(test),
            Self::Not(test) => Self::Test(test),
            Self::And(children) => Self::Or(negated(children)),
            Self::Or(children) => Self::And(negated(children)),
        }
    }
}

impl From<Test> for Filter {
    fn from(test: Test) -> Self {
        Self::all([Self::Test(test)])
    }
}

/// The negation of a test: its opposite where there is one.
fn opposite(test: Test) -> Filter {
    let opposite = match &test {
        Test::Severity(set) => Some(Test::Severity(set.complement())),
        Test::Type(set) => Some(Test::Type(set.complement())),
        Test::State(State::Triggered) => Some(Test::State(State::Resolved)),
        Test::State(State::Resolved) => Some(Test::State(State::Triggered)),
        Test::Id(span) => span.complement().map(Test::Id),
        Test::Time(span) => span.complement().map(Test::Time),
        Test::Count(span) => span.complement().map(Test::Count),
        Test::Acknowledged | Test::Text { .. } | Test::Words(_) => None,
    };
    opposite.map_or_else(|| Filter::Not(test), Filter::Test)
}

/// What must hold at once, field by field.
struct Conjunction {
    /// Whether two of its parts exclude each other.
    impossible: bool,
    severity: SeveritySet,
    types: TypeSet,
    state: Option<State>,
    id: Gapped<u64>,
    time: Gapped<Timestamp>,
    count: Gapped<u64>,
    texts: BTreeMap<TextField, Texts>,
    /// What is merged no further.
    rest: BTreeSet<Filter>,
}

impl Conjunction {
    fn everything() -> Self {
        Self {
            impossible: false,
            severity: SeveritySet::FULL,
            types: TypeSet::FULL,
            state: None,
            id: Gapped::full(),
            time: Gapped::full(),
            count: Gapped::full(),
            texts: BTreeMap::new(),
            rest: BTreeSet::new(),
        }
    }

    fn keep(&mut self, filter: Filter) {
        match filter {
            Filter::All => {}
            Filter::Nothing => self.impossible = true,
            Filter::Test(test) => self.keep_test(test),
            Filter::Not(test) => match opposite(test) {
                Filter::Not(test) => self.cut_test(test),
                other => self.keep(other),
            },
            Filter::And(children) => children.into_iter().for_each(|child| self.keep(child)),
            Filter::Or(_) => {
                self.rest.insert(filter);
            }
        }
    }

    fn keep_test(&mut self, test: Test) {
        match test {
            Test::Severity(set) => self.severity = self.severity.intersection(set),
            Test::Type(set) => self.types = self.types.intersection(set),
            Test::State(state) => {
                self.impossible |= self.state.is_some_and(|other| other != state);
                self.state = Some(state);
            }
            Test::Id(span) => self.id.keep(span),
            Test::Time(span) => self.time.keep(span),
            Test::Count(span) => self.count.keep(span),
            Test::Text { field, test } => self.texts.entry(field).or_default().keep(test),
            Test::Acknowledged | Test::Words(_) => {
                self.rest.insert(Filter::Test(test));
            }
        }
    }

    fn cut_test(&mut self, test: Test) {
        match test {
            Test::Id(span) => self.id.cut(span),
            Test::Time(span) => self.time.cut(span),
            Test::Count(span) => self.count.cut(span),
            Test::Text { field, test } => self.texts.entry(field).or_default().cut(test),
            Test::Severity(_)
            | Test::Type(_)
            | Test::State(_)
            | Test::Acknowledged
            | Test::Words(_) => {
                self.rest.insert(Filter::Not(test));
            }
        }
    }

    fn normal(self) -> Filter {
        let mut parts = Parts { impossible: self.impossible, filters: Vec::new() };
        parts.set(self.severity == SeveritySet::FULL, self.severity.is_empty(), || {
            Test::Severity(self.severity)
        });
        parts.set(self.types == TypeSet::FULL, self.types.is_empty(), || Test::Type(self.types));
        parts.filters.extend(self.state.map(|state| Filter::Test(Test::State(state))));
        parts.gapped(self.id, Test::Id);
        parts.gapped(self.time, Test::Time);
        parts.gapped(self.count, Test::Count);
        for (field, texts) in self.texts {
            parts.texts(&field, texts);
        }
        for filter in &self.rest {
            if let Filter::Not(test) = filter {
                parts.impossible |= self.rest.contains(&Filter::Test(test.clone()));
            }
        }
        parts.filters.extend(self.rest);
        parts.normal()
    }
}

/// What must hold of one text field.
#[derive(Default)]
struct Texts {
    /// The only values it may have.
    among: Option<BTreeSet<String>>,
    /// The values it must not have.
    except: BTreeSet<String>,
    /// The other tests that it must pass.
    pass: BTreeSet<TextTest>,
    /// The other tests that it must not pass.
    fail: BTreeSet<TextTest>,
}

impl Texts {
    fn keep(&mut self, test: TextTest) {
        if let TextTest::In(values) = test {
            let values: BTreeSet<String> = values.into_iter().collect();
            self.among = Some(match self.among.take() {
                Some(among) => among.intersection(&values).cloned().collect(),
                None => values,
            });
        } else {
            self.pass.insert(plain(test));
        }
    }

    fn cut(&mut self, test: TextTest) {
        if let TextTest::In(values) = test {
            self.except.extend(values);
        } else {
            self.fail.insert(plain(test));
        }
    }
}

/// Every text that is there contains and begins with the empty text.
fn plain(test: TextTest) -> TextTest {
    match test {
        TextTest::Contains(part) if part.is_empty() => TextTest::Exists,
        TextTest::StartsWith(start) if start.is_empty() => TextTest::Exists,
        other => other,
    }
}

/// The children of a conjunction, as they come together.
struct Parts {
    impossible: bool,
    filters: Vec<Filter>,
}

impl Parts {
    fn set(&mut self, full: bool, empty: bool, test: impl FnOnce() -> Test) {
        self.impossible |= empty;
        if !full {
            self.filters.push(Filter::Test(test()));
        }
    }

    fn gapped<T: Scale>(&mut self, gapped: Gapped<T>, test: impl Fn(Span<T>) -> Test) {
        let (whole, gaps) = gapped.normal();
        self.set(whole == Span::FULL, whole.is_empty(), || test(whole));
        self.filters.extend(gaps.into_iter().map(|gap| Filter::Not(test(gap))));
    }

    fn texts(&mut self, field: &TextField, mut texts: Texts) {
        if field.always_exists() {
            texts.pass.remove(&TextTest::Exists);
            self.impossible |= texts.fail.contains(&TextTest::Exists);
        }
        self.impossible |= !texts.pass.is_disjoint(&texts.fail);
        let filter = |test| Test::Text { field: field.clone(), test };
        let list = |values: BTreeSet<String>| filter(TextTest::In(values.into_iter().collect()));
        if let Some(mut among) = texts.among {
            // A value that is known decides every other test of its field.
            among.retain(|value| {
                !texts.except.contains(value)
                    && texts.pass.iter().all(|test| test.holds(value))
                    && !texts.fail.iter().any(|test| test.holds(value))
            });
            self.impossible |= among.is_empty();
            self.filters.push(Filter::Test(list(among)));
            return;
        }
        if !texts.except.is_empty() {
            self.filters.push(Filter::Not(list(texts.except)));
        }
        self.filters.extend(texts.pass.into_iter().map(|test| Filter::Test(filter(test))));
        self.filters.extend(texts.fail.into_iter().map(|test| Filter::Not(filter(test))));
    }

    fn normal(mut self) -> Filter {
        if self.impossible {
            return Filter::Nothing;
        }
        self.filters.sort_unstable();
        match self.filters.len() {
            0 => Filter::All,
            1 => self.filters.swap_remove(0),
            _ => Filter::And(self.filters),
        }
    }
}
