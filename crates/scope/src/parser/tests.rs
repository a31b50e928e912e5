//! What the parser reports, how it prints what it read, and where it stops.

use crate::expr::FIELDS;
use crate::lexer::KEYWORDS;
use crate::{ErrorKind, Expr, ParseErrors, REFERENCE, Site, limits, parse};
use eventscope_model::Timestamp;

fn errors(text: &str) -> ParseErrors {
    parse(text).expect_err(text)
}

#[track_caller]
fn prints(text: &str, expected: &str) {
    let expr = parse(text).unwrap_or_else(|errors| panic!("{}", errors.draw()));
    assert_eq!(expr.to_string(), expected, "{text}");
}

/// What a text means, printed.
#[track_caller]
fn means(text: &str, expected: &str) {
    let expr = parse(text).unwrap_or_else(|errors| panic!("{}", errors.draw()));
    assert_eq!(expr.lower(Timestamp::from_nanos(7_200_000_000_000).unwrap()).to_string(), expected);
}

#[test]
fn an_expression_prints_canonically() {
    prints("kube_pod_name is web", "kubernetes.pod.name = 'web'");
    prints("a=1 AND b IS NOT \"2\"", "a = '1' and b != '2'");
    prints("a in [x, 'y']", "a in ('x', 'y')");
    prints("a in x", "a in ('x')");
    prints("a not in (x)", "not a in ('x')");
    prints("not a in (x)", "not a in ('x')");
    prints("a does not contain x", "not a contains 'x'");
    prints("a not starts with x", "not a starts with 'x'");
    prints("a does not exist", "not a exists");
    prints(
        "severity = 4 or severity in (HIGH, crit, none)",
        "severity = warning or severity in (high, critical, info)",
    );
    prints("state is Resolved", "status = resolved");
    prints("type = ALERT and category != Security", "type = alert and category != security");
    prints("acknowledged = TRUE", "acknowledged = true");
    prints("id in (1, '02')", "id in (1, 2)");
    prints("time >= 1795392000", "time >= '2026-11-23T00:00:00Z'");
    prints("time last 2h", "time last 2h");
    prints("text = 'Killed OOM gke-clu*'", "text = '\"gke clu*\" killed oom'");
    prints("label.severity = it's", "label.severity = 'it\\'s'");
    prints("label.'a b' = 'C:\\dir'", "label.'a b' = 'C:\\\\dir'");
    prints(
        "label.team = x and labels.in = y and tag.'é' exists",
        "team = 'x' and label.in = 'y' and tag.'é' exists",
    );
    prints("((a = 1) and b = 2) and c = 3", "a = '1' and b = '2' and c = '3'");
    prints(
        "(a = 1 or b = 2) and not (c = 3 or d = 4)",
        "(a = '1' or b = '2') and not (c = '3' or d = '4')",
    );
    prints("a = 1 or (b = 2 and c = 3)", "a = '1' or b = '2' and c = '3'");
    prints("not not EVERYWHERE", "not not everywhere");
}

#[test]
fn a_row_is_flat_and_knows_its_places() {
    let Ok(Expr::And(children)) = parse(" a = 1 and b=2 and c = 3") else {
        panic!("not a conjunction");
    };
    let sites: Vec<_> = children.iter().map(Expr::site).collect();
    let site = |start, end| Site { start, end };
    assert_eq!(sites, [site(1, 6), site(11, 14), site(19, 24)]);
    assert_eq!(Expr::And(children).site(), site(1, 24));
}

#[test]
fn two_ways_to_say_the_same_have_one_normal_form() {
    means("b = 2 and a = 1 and b = 2", "a = '1' and b = '2'");
    means("a = x or a = y or a = x", "a in ('x', 'y')");
    means("a in (x, y) and a in (y, z)", "a = 'y'");
    means("a != x and a != y", "not a in ('x', 'y')");
    means("not (a = x or a = y)", "not a in ('x', 'y')");
    means("a = x and a = y", "not everywhere");
    means("a != x or a != y", "everywhere");
    means("a = web and a contains we and a exists", "a = 'web'");
    means("a contains ''", "a exists");
    means("name exists and source starts with ''", "everywhere");
    means("kube_pod_name = x or kubernetes.pod.name = y", "kubernetes.pod.name in ('x', 'y')");
    means("severity = 0 or severity = 1", "severity = high");
    means("severity < 4", "severity in (high, medium)");
    means("severity <= 4", "severity <= warning");
    means(
        "not severity in (7, 0)",
        "severity in (alert, critical, error, warning, notice, informational)",
    );
    means("severity > 2", "severity >= error");
    means(
        "severity != 3 and severity != 3",
        "severity in (emergency, alert, critical, warning, notice, informational, debug)",
    );
    means("category = infrastructure", "type in (docker, containerd, kubernetes)");
    means("not status = triggered", "status = resolved");
    means("acknowledged != true", "acknowledged = false");
    means("id > 2 and id >= 4 and id < 9", "id >= 4 and id <= 8");
    means("id in (3, 4, 5)", "id >= 3 and id <= 5");
    means("id != 5 and id != 7", "id != 5 and id != 7");
    means("not (id > 2 and id < 5) and a = 1", "a = '1' and not (id >= 3 and id <= 4)");
    means("id < 5 or id > 5", "id != 5");
    means("time last 1h", "time >= '1970-01-01T01:00:00Z'");
    means("time last 3h", "everywhere");
    means("text = 'a b' and text = 'b a'", "text = 'a b'");
    means("text = a and text != a", "not everywhere");
    means("a = 1 and (b = 2 or not everywhere)", "a = '1' and b = '2'");
    means("not (a = 1 and (b = 2 or c = 3))", "a != '1' or b != '2' and c != '3'");
}

#[test]
fn one_go_reports_all_errors() {
    let errors = errors("status = open and (id > many or a == 1) and b in () or c = 'x' d");
    let found: Vec<_> = errors.errors().iter().map(|error| error.kind.code()).collect();
    assert_eq!(
        found,
        ["unknown-value", "not-a-number", "unknown-operator", "empty-list", "expected-join"]
    );
    assert!(errors.errors().is_sorted_by_key(|error| error.site.start));
}

#[test]
fn a_missing_value_does_not_hide_what_follows() {
    let errors = errors("a = and b == 1 or c in (x, or d == 2) and e == 3");
    let found: Vec<_> = errors.errors().iter().map(|error| error.kind.code()).collect();
    assert_eq!(
        found,
        ["keyword-as-value", "unknown-operator", "keyword-as-value", "unknown-operator"]
    );
}

#[test]
fn every_wrong_value_of_a_list_is_reported() {
    let errors = errors("type in (alert, dokcer, kube, 'scan') and severity = loud");
    let sites: Vec<_> = errors.errors().iter().map(|error| error.site.start).collect();
    assert_eq!(sites, [16, 24, 53]);
}

#[test]
fn near_misses_are_suggested() {
    for (text, expected) in [
        ("severty >= 3", Some("severity")),
        ("tme < 2026-11-23", Some("time")),
        ("pod_name < 3", None),
        ("name contians x", Some("contains")),
        ("name startswith x", Some("starts with")),
        ("name exsits", Some("exists")),
        ("name like x", None),
        ("a == 1", Some("=")),
        ("a <> 1", Some("!=")),
        ("a =~ 1", Some("contains")),
        ("a = 1 adn b = 2", Some("and")),
        ("a = 1 && b = 2", Some("and")),
        ("a = 1 || b = 2", Some("or")),
        ("!a = 1", Some("not")),
        ("type = kubernets", Some("kubernetes")),
        ("severity = critcal", Some("critical")),
        ("status = resolve", Some("resolved")),
        ("status = unacknowledged", Some("acknowledged = false")),
        ("oom", Some("text = 'oom'")),
        ("'it\\'s over'", Some("text = 'it\\'s over'")),
        ("@timestamp exists", Some("label.'@timestamp'")),
        ("@timestamp or a = 1", Some("text = '@timestamp'")),
        ("@timestamp = 1", Some("label.'@timestamp'")),
    ] {
        assert_eq!(errors(text).errors()[0].suggestion.as_deref(), expected, "{text}");
    }
}

#[test]
fn errors_are_lines_and_drawings() {
    let wrong = errors("team = 'web'\n  and severity >= hihg or text = ''");
    assert_eq!(
        wrong.to_string(),
        "`hihg` is no severity; there are 0 to 7, emergency, alert, critical, error, warning, \
         notice, informational, debug, high, medium, low and info; did you mean `high`?; \
         there is no word to search for"
    );
    assert_eq!(
        errors("コンテナ = 'x' and").draw(),
        "\
コンテナ = 'x' and
^^^^^^^^ expected the name of a field or label
         did you mean `label.'コンテナ'`?
コンテナ = 'x' and
                  ^ expected the name of a field or label
"
    );
    assert_eq!(
        errors("a = 1 and\nb ==\n2").draw(),
        "b ==\n  ^^ `==` is no operator\n     did you mean `=`?\n"
    );
}

#[test]
fn a_drawing_is_short_and_harmless() {
    let long =
        format!("{} and id = \u{1b}[31m{}", vec!["a = 1"; 1_000].join(" and "), "x".repeat(9_000));
    let drawing = errors(&long).draw();
    assert!(drawing.lines().all(|line| line.chars().count() < 300), "{drawing}");
    assert!(!drawing.contains('\u{1b}') && drawing.contains("..."), "{drawing}");
    let too_long = errors(&" ".repeat(limits::TEXT_BYTES_MAX + 1)).draw();
    assert_eq!(too_long, "the expression has 65537 bytes; the limit is 65536\n");
}

#[test]
fn the_limits_hold() {
    let first = |text: &str| errors(text).errors()[0].kind.clone();
    assert_eq!(first(&"(".repeat(1_000_000)), ErrorKind::TooLong { bytes: 1_000_000 });
    for text in ["(".repeat(limits::TEXT_BYTES_MAX), "not ".repeat(limits::TEXT_BYTES_MAX / 4)] {
        assert_eq!(errors(&text).errors().len(), 1);
        assert_eq!(first(&text), ErrorKind::TooDeep);
    }
    assert!(parse(&vec!["(not a = 1)"; 1_000].join(" and ")).is_ok(), "side by side is not deep");
    let list = |values: usize| format!("a in ({})", vec!["x"; values].join(","));
    assert!(parse(&list(limits::VALUES_MAX)).is_ok());
    assert_eq!(first(&list(limits::VALUES_MAX + 1)), ErrorKind::TooManyValues);
    let words = |words: usize| {
        let words: Vec<_> = (0..words).map(|word| word.to_string()).collect();
        format!("text = '{}'", words.join(" "))
    };
    assert!(parse(&words(limits::WORDS_MAX)).is_ok());
    assert_eq!(first(&words(limits::WORDS_MAX + 1)), ErrorKind::TooManyWords);
    let many = vec!["a == 1"; 1_000].join(" and ");
    assert_eq!(errors(&many).errors().len(), limits::ERRORS_MAX);
}

#[test]
fn the_reference_names_every_field_word_and_limit() {
    for name in FIELDS.map(|(name, _)| name).into_iter().chain(KEYWORDS) {
        assert!(REFERENCE.contains(&format!("`{name}`")), "{name}");
    }
    for limit in ["64 KiB", "64 parentheses", "10,000 values", "1,000 words"] {
        assert!(REFERENCE.contains(limit), "{limit}");
    }
}
