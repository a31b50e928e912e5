//! Lists are compared with the plain meaning of their patterns.

use super::{BadScopeLabels, ScopeLabels};
use crate::alias;
use crate::limits::{KEY_BYTES_MAX, SCOPE_PATTERNS_MAX};
use proptest::prelude::*;

/// Whether one of the patterns names a key, without any normal form.
fn named(patterns: &[String], key: &str) -> bool {
    let key = alias::canonical(key);
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(stem) => key.starts_with(stem),
        None => alias::canonical(pattern) == key,
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[ab.]{1,4}", Just("kube_pod_name".to_owned()), Just("kubernetes.p".to_owned())]
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    let alias = Just("kube_pod_name".to_owned());
    let pattern =
        prop_oneof![9 => "[ab.]{1,4}\\*?", 2 => Just("kubernetes.p*".to_owned()), 1 => alias];
    prop::collection::vec(pattern, 1..6)
}

proptest! {
    #[test]
    fn a_list_admits_what_its_patterns_name(patterns in patterns(), key in key()) {
        let labels = ScopeLabels::only(&patterns).unwrap();
        prop_assert_eq!(labels.admit(&key), named(&patterns, &key));
        prop_assert_eq!(labels.to_string().parse(), Ok(labels));
    }

    #[test]
    fn two_lists_together_admit_what_one_of_them_does(
        a in patterns(),
        b in patterns(),
        key in key(),
    ) {
        let (own, other) = (ScopeLabels::only(&a).unwrap(), ScopeLabels::only(&b).unwrap());
        let both = own.or(&other);
        prop_assert_eq!(both.admit(&key), own.admit(&key) || other.admit(&key));
        prop_assert!(both.cover(&own) && both.cover(&other));
        prop_assert_eq!(own.cover(&other), both == own);
        prop_assert!(!own.cover(&other) || own.admit(&key) || !other.admit(&key));
    }
}

#[test]
fn lists_that_are_no_lists_are_refused() {
    let check = |text: &str, expected| {
        assert_eq!(text.parse::<ScopeLabels>(), Err(expected), "{text}");
    };
    check("", BadScopeLabels::EmptyPattern);
    check("a,,b", BadScopeLabels::EmptyPattern);
    check("a.*.b", BadScopeLabels::Star { pattern: "a.*.b".to_owned() });
    check("**", BadScopeLabels::Star { pattern: "**".to_owned() });
    check(&"k".repeat(KEY_BYTES_MAX + 1), BadScopeLabels::TooLong { bytes: KEY_BYTES_MAX + 1 });
    let many = (0..=SCOPE_PATTERNS_MAX).map(|n| format!("k{n}")).collect::<Vec<_>>().join(",");
    check(&many, BadScopeLabels::TooMany { found: SCOPE_PATTERNS_MAX + 1 });
    assert_eq!(ScopeLabels::only(Vec::<String>::new()), Err(BadScopeLabels::Empty));
}

#[test]
fn all_labels_cover_every_list() {
    let some = ScopeLabels::only(["team"]).unwrap();
    assert!(ScopeLabels::all().cover(&some) && !some.cover(&ScopeLabels::all()));
    assert_eq!(some.or(&ScopeLabels::all()), ScopeLabels::all());
    assert_eq!(ScopeLabels::only(["team", "*"]), Ok(ScopeLabels::all()));
    assert!(ScopeLabels::all().admit("anything"));
}
