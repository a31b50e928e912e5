//! Every example of the reference is an expression, and nothing in it names what is not there.

use eventscope_model::Timestamp;
use eventscope_scope::{REFERENCE, parse};

/// The lines of the blocks marked `scope`.
fn examples() -> Vec<&'static str> {
    let mut inside = false;
    let mut examples = Vec::new();
    for line in REFERENCE.lines() {
        match line {
            "```scope" => inside = true,
            "```" => inside = false,
            line if inside => examples.push(line),
            _ => {}
        }
    }
    examples
}

#[test]
fn every_example_is_an_expression() {
    let examples = examples();
    assert!(examples.len() > 25, "only {} examples were found", examples.len());
    for example in examples {
        let expr = parse(example).unwrap_or_else(|errors| panic!("{}", errors.draw()));
        let printed = expr.to_string();
        let again = parse(&printed).unwrap_or_else(|errors| panic!("{}", errors.draw()));
        assert_eq!(again.to_string(), printed, "{example}");
        assert_eq!(again.lower(Timestamp::MAX), expr.lower(Timestamp::MAX), "{example}");
    }
}

#[test]
fn the_stated_precedence_holds() {
    let lower = |text| parse(text).unwrap().lower(Timestamp::EPOCH);
    assert!(REFERENCE.contains("`a = 1 or not b = 2 and c = 3`"));
    assert!(REFERENCE.contains("`a = 1 or ((not b = 2) and c = 3)`"));
    assert_eq!(lower("a = 1 or not b = 2 and c = 3"), lower("a = 1 or ((not b = 2) and c = 3)"));
}

#[test]
fn every_line_fits_a_terminal() {
    for line in REFERENCE.lines().filter(|line| !line.starts_with('|')) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
