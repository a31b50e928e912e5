//! The splitter and the word queries, by example and by law.

use super::{Match, NoWords, WORD_BYTES_MAX, WordQuery, Words, is_cjk};
use proptest::prelude::*;

#[track_caller]
fn splits(text: &str, expected: &[&str]) {
    assert_eq!(Words::new(text).collect::<Vec<_>>(), expected, "{text}");
}

#[track_caller]
fn prints(query: &str, expected: &str) {
    assert_eq!(WordQuery::parse(query).unwrap().to_string(), expected, "{query}");
}

fn finds(query: &str, text: &str) -> bool {
    WordQuery::parse(query).unwrap().phrases().iter().all(|phrase| phrase.occurs_in(text))
}

#[test]
fn words_are_runs_of_letters_and_digits_in_lower_case() {
    splits("", &[]);
    splits(" -- ", &[]);
    splits("OOM-killed: pid 42", &["oom", "killed", "pid", "42"]);
    splits("a_b.c/d", &["a", "b", "c", "d"]);
    splits("Grüße ÉTÉ", &["grüße", "été"]);
    splits("ΟΔΟΣ", &["οδοσ"]);
    splits("\u{130}stanbul", &["istanbul"]);
    splits("\u{ff21}\u{ff22}\u{ff11}", &["\u{ff41}\u{ff42}\u{ff11}"]);
}

#[test]
fn cjk_runs_are_cut_into_pairs_and_their_last_letter() {
    splits("コ", &["コ"]);
    splits("コンテナ", &["コン", "ンテ", "テナ", "ナ"]);
    splits("podが再起動v2", &["pod", "が再", "再起", "起動", "動", "v2"]);
    splits("サーバー", &["サー", "ーバ", "バー", "ー"]);
    splits("ｻｰﾊﾞ", &["ｻｰ", "ｰﾊ", "ﾊﾞ", "ﾞ"]);
    splits("컨테이너 종료", &["컨테", "테이", "이너", "너", "종료", "료"]);
    splits("时间々〇", &["时间", "间々", "々〇", "〇"]);
    splits("コン・テナ。", &["コン", "ン", "テナ", "ナ"]);
    splits("𠀀𠀁", &["𠀀𠀁", "𠀁"]);
}

#[test]
fn a_long_run_is_cut_at_the_limit() {
    let text = "é".repeat(WORD_BYTES_MAX);
    let lengths: Vec<_> = Words::new(&text).map(|word| word.len()).collect();
    assert_eq!(lengths, [WORD_BYTES_MAX, WORD_BYTES_MAX]);
    assert!(finds(&text, &text));
    assert!(finds(&format!("{}*", "é".repeat(600)), &text));
    assert!(!finds(&format!("{text}x"), &text));
}

#[test]
fn queries_have_a_normal_form() {
    prints("b a B", "a b");
    prints("back-off", "\"back off\"");
    prints("\"Back Off\"", "\"back off\"");
    prints("gke-clu*", "\"gke clu*\"");
    prints("\"gke clu\"*", "\"gke clu*\"");
    prints("web**", "web*");
    prints("web-*", "web");
    prints("a\"b c", "a \"b c\"");
    prints("コンテナ", "コンテナ");
    prints("コンテナ*", "コンテナ");
    prints("コ", "コ*");
    prints("\"コンテナ web コ\"", "\"コンテナ web コ*\"");
    prints("コンテナweb", "\"コンテナ web\"");
    for query in ["", "  ", "*", "\"\"", "- \"-\" --"] {
        assert_eq!(WordQuery::parse(query), Err(NoWords), "{query}");
    }
}

#[test]
fn the_last_word_may_be_a_prefix() {
    let of = |query| WordQuery::parse(query).unwrap().phrases()[0].last();
    assert_eq!(of("web"), Match::Whole);
    assert_eq!(of("web*"), Match::Prefix);
    assert_eq!(of("コ"), Match::Prefix);
    assert_eq!(of("コン"), Match::Whole);
}

#[test]
fn what_a_query_finds() {
    let pod = "Back-off restarting failed container web in gke-cluster-1 コンテナが停止しました";
    for query in [
        "failed back",
        "\"failed container\"",
        "back-off",
        "gke-clu*",
        "\"restarting fail\"*",
        "コンテナ",
        "コ",
        "が",
        "た",
        "停止",
        "ンテナが停",
        "\"1 コンテナ\"",
    ] {
        assert!(finds(query, pod), "{query}");
    }
    for query in ["fail", "\"container failed\"", "gke-clu", "ナコ", "\"コンテナ が\"", "web停止"]
    {
        assert!(!finds(query, pod), "{query}");
    }
    assert!(finds("\"a a b\"", "a a a b"));
    assert!(finds("コンテナ-web", "旧コンテナ web"));
    assert!(!finds("コンテナ-web", "コンテナが web"));
}

#[test]
fn splitting_a_word_again_changes_nothing() {
    for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
        let lower: String = letter.to_lowercase().filter(|c| c.is_alphanumeric()).collect();
        if letter.is_alphanumeric() {
            assert!(!lower.is_empty(), "{letter:?} is lost");
            assert_eq!(Words::new(&lower).collect::<Vec<_>>(), [lower.as_str()], "{letter:?}");
            assert_eq!(lower.contains(is_cjk), is_cjk(letter), "{letter:?}");
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    "([ -~]|[ぁ-ん]|[ァ-ヿ]|[一-三]|[가-각]|\\PC|[\"* ]){0,24}"
}

proptest! {
    #[test]
    fn a_row_of_whole_words_occurs_as_a_phrase(
        parts in prop::collection::vec("[a-cA-Cあ-う0-2]{1,5}", 1..12),
        from in 0_usize..12,
        len in 1_usize..12,
    ) {
        let text = parts.join(" - ");
        let row: Vec<_> = parts.into_iter().skip(from).take(len).collect();
        if !row.is_empty() {
            let query = format!("\"{}\"", row.join("/"));
            prop_assert!(finds(&query, &text), "{query} in {text}");
        }
    }

    #[test]
    fn any_part_of_a_cjk_run_is_found(run in "[一-丙ア-オ가-갂]{1,9}", from in 0_usize..9) {
        let part: String = run.chars().skip(from).collect();
        for end in 1..=part.chars().count() {
            let query: String = part.chars().take(end).collect();
            prop_assert!(finds(&query, &format!("x{run}。")), "{query} in {run}");
        }
    }

    #[test]
    fn printing_and_parsing_agree(text in any_text()) {
        if let Ok(query) = WordQuery::parse(&text) {
            prop_assert_eq!(WordQuery::parse(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn a_phrase_occurs_where_its_words_do(text in "[ab あい]{0,12}", query in "[ab あい]{1,4}") {
        let Ok(query) = WordQuery::parse(&format!("\"{query}\"")) else { return Ok(()) };
        let phrase = &query.phrases()[0];
        let words: Vec<_> = Words::new(&text).collect();
        let (last, init) = phrase.words().split_last().unwrap();
        let naive = words.windows(phrase.words().len()).any(|row| {
            let (end, start) = row.split_last().unwrap();
            start == init
                && if phrase.last() == Match::Prefix { end.starts_with(last) } else { end == last }
        });
        prop_assert_eq!(phrase.occurs_in(&text), naive);
    }
}
