//! The splitter and the word queries, by example and by law.

use super::{
    Match, NoWords, WORD_BYTES_MAX, WordQuery, Words, fold_alone, fold_into, fold_together,
    is_paired,
};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

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
    splits("Grüße ÉTÉ", &["grüsse", "été"]);
    splits("ΟΔΟΣ οδος", &["οδοσ", "οδοσ"]);
    splits("\u{130}stanbul", &["istanbul"]);
    splits("\u{ff21}\u{ff22}\u{ff11}", &["ab1"]);
}

/// Two spellings that people take for the same word are the same word, either way round.
#[test]
fn spellings_of_one_word_are_one() {
    let same = [
        ("caf\u{e9}", "cafe\u{301}"),
        ("STRASSE", "stra\u{df}e"),
        ("STRA\u{1e9e}E", "strasse"),
        ("\u{17f}ervice", "Service"),
        ("\u{b5}s", "\u{3bc}s"),
        ("\u{3bb}\u{3cc}\u{3b3}\u{3bf}\u{3c2}", "\u{39b}\u{38c}\u{393}\u{39f}\u{3a3}"),
        ("\u{fb01}le", "file"),
        ("x\u{b2}", "x2"),
        ("\u{ff26}\u{ff21}\u{ff29}\u{ff2c}", "fail"),
        ("\u{ff7b}\u{ff70}\u{ff8a}\u{ff9e}\u{ff70}", "サーバー"),
        ("\u{1112}\u{1161}\u{11ab}\u{ae00}", "한글"),
        ("ser\u{ad}ver", "server"),
        ("zero\u{200b}width", "zerowidth"),
        ("\u{feff}pod", "pod"),
        ("1\u{fe0f}\u{20e3}", "1"),
        ("\u{5e9}\u{5b8}\u{5c1}\u{5dc}\u{5d5}\u{5b9}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
        ("\u{645}\u{64f}\u{62d}\u{645}\u{651}\u{62f}", "\u{645}\u{62d}\u{645}\u{62f}"),
        ("\u{622}", "\u{627}\u{653}"),
        ("q\u{323}\u{307}", "q\u{307}\u{323}"),
    ];
    for (one, other) in same {
        assert!(
            finds(one, &format!("a {other}.")) && finds(other, &format!("a {one}.")),
            "{one:?}"
        );
        assert!(finds(&format!("{one}*"), other), "{one:?}");
    }
    for (one, other) in [("cafe", "caf\u{e9}"), ("\u{627}", "\u{622}"), ("pod", "p\u{f6}d")] {
        assert!(!finds(one, other) && !finds(other, one), "{one:?}");
    }
}

/// A mark belongs to the letter before it; one without a letter is none.
#[test]
fn marks_do_not_split() {
    splits("x\u{30c}y", &["x\u{30c}y"]);
    splits(
        "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}",
        &["\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}"],
    );
    splits(" \u{301} \u{338}a", &["a"]);
}

#[test]
fn thai_lao_khmer_and_burmese_are_cut_into_pairs() {
    splits("ไทย", &["ไท", "ทย", "ย"]);
    splits("pod ล่ม๕", &["pod", "ล่", "่ม", "ม", "๕"]);
    splits("ລາວ", &["ລາ", "າວ", "ວ"]);
    splits("ខ្មែ", &["ខ្", "្ម", "មែ", "ែ"]);
    splits("မြန်", &["မြ", "ြန", "န်", "်"]);
    assert!(finds("เซิร์ฟเวอร์", "รีสตาร์ทเซิร์ฟเวอร์แล้ว"));
    assert!(!finds("เซิร์ฟแวร์", "รีสตาร์ทเซิร์ฟเวอร์แล้ว"));
}

#[test]
fn cjk_runs_are_cut_into_pairs_and_their_last_letter() {
    splits("コ", &["コ"]);
    splits("コンテナ", &["コン", "ンテ", "テナ", "ナ"]);
    splits("podが再起動v2", &["pod", "が再", "再起", "起動", "動", "v2"]);
    splits("サーバー", &["サー", "ーバ", "バー", "ー"]);
    splits("ｻｰﾊﾞ", &["サー", "ーバ", "バ"]);
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
    // Between these there are no letters.
    for letter in (0..=0x323AF).chain(0xE0000..=0xE0FFF).filter_map(char::from_u32) {
        let words: Vec<String> = Words::new(&letter.to_string()).collect();
        for word in &words {
            let again: Vec<String> = Words::new(word).collect();
            let in_pairs = word.starts_with(is_paired);
            let runs_on = in_pairs && again.len() == 2 && word.ends_with(again[1].as_str());
            assert!(again.first() == Some(word) && (again.len() == 1 || runs_on), "{letter:?}");
        }
        let joined = format!("a{letter}b{letter}");
        let normal: String = joined.nfkc().collect();
        assert!(Words::new(&joined).eq(Words::new(&normal)), "{letter:?}");
    }
}

/// The short way round gives what the long one gives.
#[test]
fn what_folds_alone_folds_so_in_company() {
    let (mut short, mut long) = (String::new(), String::new());
    let mut letters = 0;
    for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
        if fold_alone(letter).is_some() {
            letters += 1;
            let text = format!("{letter}か{letter}e{letter}가{letter}");
            fold_into(&text, &mut short);
            fold_together(&text, &mut long);
            assert_eq!(short, long, "{letter:?}");
        }
    }
    assert!(letters > 30_000);
}

fn any_text() -> impl Strategy<Value = String> {
    "([ -~]|[ぁ-ん]|[ァ-ヿ]|[一-三]|[가-각]|[ก-๛]|[à-ÿ\u{300}-\u{310}]|\\PC|[\"* ]){0,24}"
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
    fn canonical_and_compatible_spellings_agree(text in any_text()) {
        for other in [text.nfc().collect::<String>(), text.nfd().collect(), text.nfkc().collect(),
            text.nfkd().collect()] {
            prop_assert!(Words::new(&text).eq(Words::new(&other)), "{:?}", other);
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
