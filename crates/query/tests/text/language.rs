//! Random text over few words, and random queries for parts of it.

use eventscope_model::{Draft, EventType, UidTime};
use eventscope_testkit::Rng;
use eventscope_testkit::random::now;

/// Words that begin like one another, differ by case, or are written without blanks.
const WORDS: [&str; 22] = [
    "oom",
    "OOM",
    "killed",
    "kill",
    "k",
    "pod",
    "pods",
    "web",
    "1",
    "10",
    "Caf\u{e9}",
    "CAFÉ",
    "restart",
    "restarting",
    "back-off",
    "a1b2",
    "コンテナ",
    "コンテナが停止しました",
    "停止",
    "停",
    "東京都",
    "서울",
];

const GAPS: [&str; 8] = [" ", " ", " ", "-", ": ", "\n", " (", ""];

fn text(rng: &mut Rng, words_max: usize) -> String {
    let mut text = String::new();
    for _ in 0..rng.below(words_max + 1) {
        if rng.percent(10) {
            // So many words begin so that a phrase with that beginning is answered in another way.
            text.push_str(&format!("a{}", rng.below(300)));
        } else {
            text.push_str(rng.pick::<&str>(&WORDS));
        }
        text.push_str(rng.pick::<&str>(&GAPS));
    }
    text
}

/// An event with text in every field that is searched, and in some that are not.
pub(crate) fn random_draft(rng: &mut Rng) -> Draft {
    let name = format!("{} {}", rng.pick::<&str>(&WORDS), text(rng, 1));
    let types = [EventType::Kubernetes, EventType::Alert, EventType::Custom];
    let source = *rng.pick(&["kubernetes", "web hook", "停止"]);
    let mut draft = Draft::new(*rng.pick(&types), source, name)
        .severity(rng.below(8) as u8)
        .time(now().saturating_add(rng.between(-500, 0) * 1_000_000_000))
        .description(text(rng, 12))
        .tag("team", "killed");
    for key in ["kubernetes.pod.name", "kube_pod_name", "team", "host.hostName"] {
        if rng.percent(50) {
            draft = draft.label(key, text(rng, 2));
        }
    }
    if rng.percent(70) {
        draft = draft.uid(format!("test:{}", rng.below(1_000_000)), UidTime::Fixed);
    }
    draft
}

/// One to three things to search for, often beside other conditions.
pub(crate) fn random_query(rng: &mut Rng) -> String {
    let words = words_condition(rng);
    let other = match rng.below(6) {
        0 => "severity <= 3",
        1 => "type = kubernetes",
        2 => "kubernetes.pod.name exists",
        3 => "acknowledged = false",
        4 => "team contains 'o'",
        _ => "time last 2m",
    };
    match rng.below(10) {
        0..=3 => words,
        4..=5 => format!("{words} and {other}"),
        6 => format!("{words} or {other}"),
        7 => format!("not ({words}) and {other}"),
        8 => format!("{words} and {} and {other}", words_condition(rng)),
        _ => format!("({words} or {}) and not {other}", words_condition(rng)),
    }
}

fn words_condition(rng: &mut Rng) -> String {
    let parts: Vec<String> = (0..=rng.below(3)).map(|_| part(rng)).collect();
    let operator = if rng.percent(15) { "!=" } else { "=" };
    format!("text {operator} '{}'", parts.join(" "))
}

/// A word, a phrase, or the beginning of either.
fn part(rng: &mut Rng) -> String {
    let word = |rng: &mut Rng| (*rng.pick::<&str>(&WORDS)).to_owned();
    match rng.below(6) {
        0..=1 => word(rng),
        2 => format!("{}*", beginning(rng)),
        3 => format!("\"{} {}\"", word(rng), word(rng)),
        4 => format!("\"{} {} {}\"", word(rng), word(rng), word(rng)),
        _ => format!("\"{} {}*\"", word(rng), beginning(rng)),
    }
}

fn beginning(rng: &mut Rng) -> String {
    let word = *rng.pick::<&str>(&WORDS);
    let letters = word.chars().count();
    word.chars().take(1 + rng.below(letters)).collect()
}
