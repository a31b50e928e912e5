//! Tests of paths, of arrays, and of bounds.

use super::{Rest, Wanted, flatten};
use crate::{Format, limits, source::Input};
use eventscope_model::limits as model;

/// The values at some paths, and the rest as `path=value`, each path once.
fn read(json: &str, paths: &[&str]) -> (Vec<Option<String>>, Vec<String>) {
    let input = Input { json: json.as_bytes(), line: 1 };
    let wanted = Wanted { paths, rest: Rest::Labels };
    let flat = flatten(Format::Jsonl, input, wanted).unwrap();
    let rest = flat.rest.into_iter().map(|other| format!("{}={}", other.path, other.value));
    (flat.values, rest.collect())
}

#[track_caller]
fn value(json: &str, path: &str, expected: Option<&str>) {
    assert_eq!(read(json, &[path]).0, [expected.map(str::to_owned)], "{path} in {json}");
}

#[test]
fn a_path_leads_through_objects_and_arrays() {
    value(r#"{"a":{"b":{"c":1}}}"#, "a.b.c", Some("1"));
    value(r#"{"a":[{"b":"x"},{"b":"y"}]}"#, "a.1.b", Some("y"));
    value(r#"{"a":["x","y"]}"#, "a.1", Some("y"));
    value(r#"{"a":["x",null,"",2.5,false]}"#, "a", Some("x, 2.5, false"));
    value(r#"{"a":["x",{"b":1},["y"]]}"#, "a", Some("x"));
    value(r#"{"a":[["x","y"],["z"]]}"#, "a.0", Some("x, y"));
    value(r#"{"\u0040t":"\u0041"}"#, "@t", Some("A"));
    value(r#"{"a":{"b":1}}"#, "a", None);
    value(r#"{"a":[{}]}"#, "a", None);
    value(r#"{"a":1}"#, "a.b", None);
    value(r#"{"a":null,"b":""}"#, "b", None);
    value(r#"{"a":-9223372036854775808}"#, "a", Some("-9223372036854775808"));
    value(r#"{"a":18446744073709551615}"#, "a", Some("18446744073709551615"));
}

#[test]
fn the_longest_keys_in_front_win() {
    let flat = r#""a.b.c":"1""#;
    let two = r#""a.b":{"c":"2"}"#;
    let late = r#""a":{"b.c":"3"}"#;
    let deep = r#""a":{"b":{"c":"4"}}"#;
    for (parts, expected) in [
        (vec![deep, late, two, flat], "1"),
        (vec![flat, two, late], "1"),
        (vec![deep, late, two], "2"),
        (vec![two, deep], "2"),
        (vec![late, deep], "3"),
        (vec![deep, late], "3"),
        (vec![r#""a.b":{"x":"0"}"#, deep], "4"),
    ] {
        let json = format!("{{{}}}", parts.join(","));
        value(&json, "a.b.c", Some(expected));
        let rest = read(&json, &[]).1;
        let last = rest.iter().rfind(|line| line.starts_with("a.b.c="));
        assert_eq!(last, Some(&format!("a.b.c={expected}")), "{json}");
    }
    // Of two equal keys the later one counts, as in most parsers.
    value(r#"{"a":"1","a":"2"}"#, "a", Some("2"));
    let far = format!("{{\"a{}\":{{\"b\":1}}}}", ".x".repeat(100));
    value(&far, &format!("a{}.b", ".x".repeat(100)), Some("1"));
}

#[test]
fn the_rest_is_what_may_be_a_label() {
    let long = "v".repeat(limits::OTHER_VALUE_BYTES_MAX);
    let key = "k".repeat(model::KEY_BYTES_MAX);
    let json = format!(
        r#"{{"t":1,"a":{{"b":true,"n":null,"e":""}},"l":["x","y"],"o":[{{"p":2}}],"":"no name",
         "long":"{long}","longer":"{long}v","list":["{long}","{long}"],"{key}":1,"{key}k":1}}"#
    );
    let (values, rest) = read(&json, &["t"]);
    assert_eq!(values, [Some("1".to_owned())]);
    let mut rest = rest;
    rest.sort_unstable();
    let expected = [
        "a.b=true".to_owned(),
        format!("{key}=1"),
        "l=x, y".to_owned(),
        format!("long={long}"),
        "o.0.p=2".to_owned(),
    ];
    assert_eq!(rest, expected);
}

#[test]
fn the_rest_is_bounded() {
    let object = |fields: usize| {
        let fields: Vec<_> = (0..fields).map(|n| format!("\"{n}\":1")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let most = limits::OTHER_VALUES_MAX;
    assert_eq!(read(&object(most), &[]).1.len(), most);
    let json = object(most + 9);
    let input = Input { json: json.as_bytes(), line: 1 };
    let wanted = |rest| Wanted::<&str> { paths: &[], rest };
    let refused = flatten(Format::Jsonl, input, wanted(Rest::Labels)).unwrap_err();
    assert_eq!(refused.to_string(), "labels has 4105 labels; the limit is 512");
    assert!(flatten(Format::Jsonl, input, wanted(Rest::Ignored)).unwrap().rest.is_empty());
}

#[test]
fn broken_json_is_a_reject_with_its_line() {
    let json = "{\"a\":\n1e999}";
    let input = Input { json: json.as_bytes(), line: 7 };
    let wanted = Wanted::<&str> { paths: &[], rest: Rest::Labels };
    let refused = flatten(Format::Jsonl, input, wanted).unwrap_err();
    assert_eq!(refused.to_string(), "broken JSON on line 8: number out of range");
}
