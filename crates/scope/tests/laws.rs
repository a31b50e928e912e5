//! Laws of filters, over random filters and random events.

use eventscope_model::words::WordQuery;
use eventscope_model::{
    Acknowledgement, Event, EventId, EventType, Labels, ScopeLabels, Severity, State, Timestamp,
};
use eventscope_scope::{
    Filter, Scope, SeveritySet, Span, Test, TextField, TextTest, TypeSet, parse,
};
use proptest::prelude::*;

/// Texts that are alike enough for tests to hit and miss them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ab]{1,3}",
        "(web|db)[- ]?[12]?",
        Just("it's \\ \"x\"".to_owned()),
        Just("コンテナ".to_owned()),
        Just("and".to_owned()),
    ]
}

fn label_key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("team".to_owned()),
        Just("kube_pod_name".to_owned()),
        Just("kubernetes.pod.name".to_owned()),
        Just("severity".to_owned()),
        Just("label.x".to_owned()),
        Just("In".to_owned()),
        Just("@time stamp".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..6, Just(u64::MAX), Just(u64::MAX - 1)]
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![0_i64..6, Just(i64::MAX), Just(i64::MAX - 1)]
        .prop_map(|nanos| Timestamp::from_nanos(nanos).expect("not before 1970"))
}

fn span<T>(ends: (T, T)) -> Span<T> {
    Span { first: ends.0, last: ends.1 }
}

fn field() -> impl Strategy<Value = TextField> {
    prop_oneof![
        Just(TextField::Name),
        Just(TextField::Description),
        Just(TextField::Source),
        Just(TextField::Uid),
        label_key().prop_map(|key| TextField::label(&key)),
        label_key().prop_map(TextField::Tag),
    ]
}

fn text_test() -> impl Strategy<Value = TextTest> {
    prop_oneof![
        Just(TextTest::Exists),
        prop::collection::vec(text(), 1..4).prop_map(TextTest::In),
        text().prop_map(TextTest::Contains),
        text().prop_map(TextTest::StartsWith),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let severities = prop::sample::subsequence(Severity::ALL.to_vec(), 0..=8);
    let types = prop::sample::subsequence(EventType::ALL.to_vec(), 0..=7);
    let words = prop::sample::select(vec!["web", "db-1", "\"web 2\" a*", "コ", "テナ"]);
    prop_oneof![
        1 => severities.prop_map(|levels| Test::Severity(SeveritySet::from_iter(levels))),
        1 => types.prop_map(|types| Test::Type(TypeSet::from_iter(types))),
        1 => prop_oneof![Just(State::Triggered), Just(State::Resolved)].prop_map(Test::State),
        1 => Just(Test::Acknowledged),
        1 => (number(), number()).prop_map(|ends| Test::Id(span(ends))),
        1 => (time(), time()).prop_map(|ends| Test::Time(span(ends))),
        1 => (number(), number()).prop_map(|ends| Test::Count(span(ends))),
        4 => (field(), text_test()).prop_map(|(field, test)| Test::Text { field, test }),
        1 => words.prop_map(|words| Test::Words(WordQuery::parse(words).expect("has words"))),
    ]
}

/// A filter as it was put together, before any rule is applied to it.
#[derive(Clone, Debug)]
enum Plain {
    Test(Test),
    Not(Box<Plain>),
    And(Vec<Plain>),
    Or(Vec<Plain>),
}

impl Plain {
    fn normal(&self) -> Filter {
        match self {
            Self::Test(test) => Filter::from(test.clone()),
            Self::Not(inner) => inner.normal().not(),
            Self::And(children) => Filter::all(children.iter().map(Self::normal)),
            Self::Or(children) => Filter::any(children.iter().map(Self::normal)),
        }
    }

    fn matches(&self, event: &Event) -> bool {
        match self {
            Self::Test(test) => test.holds(event),
            Self::Not(inner) => !inner.matches(event),
            Self::And(children) => children.iter().all(|child| child.matches(event)),
            Self::Or(children) => children.iter().any(|child| child.matches(event)),
        }
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    test().prop_map(Plain::Test).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Plain::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Plain::And),
            prop::collection::vec(inner, 0..4).prop_map(Plain::Or),
        ]
    })
}

fn event() -> impl Strategy<Value = Event> {
    let labels = || prop::collection::vec((label_key(), text()), 0..4);
    let types = prop::sample::select(EventType::ALL.to_vec());
    let severities = prop::sample::select(Severity::ALL.to_vec());
    let numbers = (1_u64..6, 1_u64..6, time());
    let texts = [text(), text(), text(), text()];
    (types, severities, any::<[bool; 2]>(), numbers, texts, labels(), labels()).prop_map(
        |(event_type, severity, [over, seen], (id, count, time), texts, labels, tags)| {
            let [uid, source, name, description] = texts;
            let mark = Acknowledgement { at: time, by: None, note: None };
            Event {
                id: EventId(id),
                uid,
                time,
                received: time,
                event_type,
                severity,
                source,
                name,
                description,
                labels: Labels::from_pairs(labels),
                tags: Labels::from_pairs(tags),
                state: if over { State::Resolved } else { State::Triggered },
                end_time: None,
                count,
                acknowledgement: seen.then_some(mark),
                details: None,
            }
        },
    )
}

/// Whether a filter keeps the promises of the normal form that can be seen from outside.
fn is_normal(filter: &Filter, whole: bool) -> bool {
    match filter {
        Filter::All | Filter::Nothing => whole,
        Filter::Test(Test::Severity(set)) => !set.is_empty() && *set != SeveritySet::FULL,
        Filter::Test(Test::Type(set)) => !set.is_empty() && *set != TypeSet::FULL,
        Filter::Not(Test::Severity(_) | Test::Type(_) | Test::State(_)) => false,
        Filter::Test(Test::Text { test, .. }) | Filter::Not(Test::Text { test, .. }) => {
            !matches!(test, TextTest::In(values) if values.is_empty() || !ascends(values))
        }
        Filter::Test(_) | Filter::Not(_) => true,
        Filter::And(children) => {
            children.len() > 1
                && ascends(children)
                && children.iter().all(|c| is_normal(c, false) && !matches!(c, Filter::And(_)))
        }
        Filter::Or(children) => {
            children.len() > 1
                && ascends(children)
                && children.iter().all(|c| is_normal(c, false) && !matches!(c, Filter::Or(_)))
        }
    }
}

fn ascends<T: PartialOrd>(items: &[T]) -> bool {
    items.is_sorted_by(|a, b| a < b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_normal_form_means_the_same(
        plain in plain(),
        events in prop::collection::vec(event(), 4),
    ) {
        let filter = plain.normal();
        prop_assert!(is_normal(&filter, true), "{filter:?}");
        for event in &events {
            prop_assert_eq!(filter.matches(event), plain.matches(event), "{} {:?}", filter, event);
        }
    }

    #[test]
    fn labels_outside_of_the_scope_labels_are_as_if_not_there(
        plain in plain(),
        event in event(),
        patterns in prop::collection::vec(prop_oneof![label_key(), Just("kube*".to_owned())], 1..4),
    ) {
        let labels = ScopeLabels::only(patterns).unwrap();
        let mut without = event.clone();
        let admitted = event.labels.iter().filter(|(key, _)| labels.admit(key));
        without.labels = admitted.collect();
        let filter = plain.normal();
        prop_assert_eq!(filter.matches_within(&event, &labels), filter.matches(&without));
        let expr = parse(&filter.to_string()).unwrap();
        let outside = filter.label_outside(&labels);
        let written = expr.label_outside(&labels).map(|(key, _)| key);
        prop_assert_eq!(outside, written);
        prop_assert!(!outside.is_some_and(|key| labels.admit(key)));
    }

    #[test]
    fn printing_and_parsing_agree(plain in plain()) {
        let filter = plain.normal();
        let printed = filter.to_string();
        let expr = parse(&printed).map_err(|errors| TestCaseError::fail(errors.draw()))?;
        prop_assert_eq!(expr.lower(Timestamp::EPOCH), filter, "{}", printed);
        let written = expr.to_string();
        prop_assert_eq!(parse(&written).unwrap().to_string(), written);
    }

    #[test]
    fn not_is_the_rest_and_undoes_itself(plain in plain(), event in event()) {
        let filter = plain.normal();
        prop_assert_ne!(filter.clone().not().matches(&event), filter.matches(&event));
        prop_assert_eq!(filter.clone().not().not(), filter);
    }

    #[test]
    fn and_and_or_are_sets(a in plain(), b in plain(), event in event()) {
        let (a, b) = (a.normal(), b.normal());
        let both = a.clone().and(b.clone());
        let either = a.clone().or(b.clone());
        prop_assert_eq!(both.matches(&event), a.matches(&event) && b.matches(&event));
        prop_assert_eq!(either.matches(&event), a.matches(&event) || b.matches(&event));
        prop_assert_eq!(b.clone().and(a.clone()), both);
        prop_assert_eq!(a.clone().not().and(b.not()).not(), either);
        prop_assert_eq!(a.clone().and(a.clone()), a);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        read(&text);
    }

    #[test]
    fn no_row_of_pieces_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a", "severity", "time", "text", "label.", "tag.x", "=", "!=", "<=", "=~", "in",
                "is", "not", "does", "contains", "starts", "with", "exists", "last", "and", "or",
                "(", ")", "[", "]", ",", "'", "\"", "'v'", "\\", "high", "7", "2h", "2026-11-23",
                "!", "&&", "コ", "\u{3000}", "\n", "everywhere",
            ]),
            0..16,
        ),
        between in prop::sample::select(vec!["", " "]),
    ) {
        read(&pieces.join(between));
    }
}

/// Reads a text in every way there is; errors must point into it.
fn read(text: &str) {
    let meaning = |text: &str| parse(text).map(|expr| expr.lower(Timestamp::MAX));
    match parse(text) {
        Ok(expr) => {
            let filter = expr.lower(Timestamp::MAX);
            assert_eq!(meaning(&expr.to_string()).as_ref(), Ok(&filter), "{text}");
            assert_eq!(meaning(&filter.to_string()), Ok(filter), "{text}");
        }
        Err(errors) => {
            assert!(!errors.errors().is_empty(), "{text}");
            for error in errors.errors() {
                assert!(text.get(error.site.start..error.site.end).is_some(), "{text}: {error:?}");
                assert!(!error.to_string().contains('\n'), "{text}: {error}");
            }
            assert!(errors.draw().ends_with('\n'), "{text}");
        }
    }
    if let Ok(scope) = Scope::parse(text) {
        let printed = scope.to_string();
        assert_eq!(Scope::parse(&printed).map(|scope| scope.to_string()), Ok(printed));
    }
}
