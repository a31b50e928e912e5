//! The corpus of the scope language, answered by the reference matcher.

use eventscope_scope::parse;
use eventscope_testkit::corpus::{Case, Expect, folder, load};

/// What the parser and the reference matcher make of a case, in the words of the corpus.
fn answer(case: &Case) -> Expect {
    match parse(&case.expr) {
        Ok(expr) => {
            let filter = expr.lower(case.now);
            let matching = case.events.iter().filter(|(_, event)| filter.matches(event));
            Expect::Matches(matching.map(|(handle, _)| handle.clone()).collect())
        }
        Err(errors) => {
            let first = &errors.errors()[0];
            let at = [first.site.start, first.site.end];
            Expect::Error { code: first.kind.code().to_owned(), at }
        }
    }
}

#[test]
fn the_reference_matcher_answers_the_corpus() {
    let cases = load(&folder()).unwrap();
    assert!(cases.len() >= 170, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let found = answer(case);
            (found != case.expect).then(|| {
                let Case { file, line, expr, expect, .. } = case;
                format!("{file}:{line}: {expr}\n  expected {expect:?}\n  found    {found:?}")
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_printed_means_the_same() {
    for case in load(&folder()).unwrap() {
        let Ok(expr) = parse(&case.expr) else { continue };
        let (filter, printed) = (expr.lower(case.now), expr.to_string());
        let again = parse(&printed).unwrap();
        assert_eq!(again.to_string(), printed, "{}", case.expr);
        assert_eq!(again.lower(case.now), filter, "{printed}");
        assert_eq!(parse(&filter.to_string()).unwrap().lower(case.now), filter, "{filter}");
    }
}
