//! The expression behind an alert: where it stands in a link to Prometheus, and what it measures.

/// The expression in a link to the graph of an alert.
pub(super) fn of_generator_url(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("g0.expr="))?;
    Some(decoded(value)).filter(|expression| !expression.is_empty())
}

/// Undoes the percent signs of a query; what is none of them stays.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let escaped = behind.split_first_chunk().filter(|_| byte == b'%');
        match escaped.and_then(|(digits, behind)| Some((hexadecimal(*digits)?, behind))) {
            Some((byte, behind)) => {
                bytes.push(byte);
                rest = behind;
            }
            None => bytes.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// What has the shape of a metric and is none.
const WORDS: [&str; 10] =
    ["and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "start", "end"];

/// What lists labels in parentheses.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The names of the metrics in an expression of PromQL, each once, in their order.
pub(super) fn metrics(expression: &str) -> Vec<String> {
    let mut tokens = Tokens { rest: expression }.peekable();
    let mut metrics: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !name.is_empty() && !metrics.iter().any(|known| known == name) {
            metrics.push(name.to_owned());
        }
    };
    let (mut matchers, mut label_list) = (false, false);
    let mut name_is = false;
    while let Some(token) = tokens.next() {
        let next = tokens.peek().copied();
        match token {
            Token::Sign('{') => matchers = true,
            Token::Sign('}') => matchers = false,
            Token::Sign(')') => label_list = false,
            Token::Word("__name__") if matchers => name_is = next == Some(Token::Sign('=')),
            Token::Text(name) if matchers && name_is => {
                add(name);
                name_is = false;
            }
            Token::Word(word) if !matchers && !label_list => {
                let lower = word.to_ascii_lowercase();
                if LISTS.contains(&lower.as_str()) {
                    label_list = next == Some(Token::Sign('('));
                } else if !WORDS.contains(&lower.as_str()) && !is_function(next) {
                    add(word);
                }
            }
            Token::Sign('~' | ',') => name_is = false,
            Token::Sign(_) | Token::Word(_) | Token::Text(_) => {}
        }
    }
    metrics
}

/// Whether a name before this is that of a function: `rate(`, `sum by (`.
fn is_function(next: Option<Token<'_>>) -> bool {
    match next {
        Some(Token::Sign('(')) => true,
        Some(Token::Word(word)) => {
            ["by", "without"].iter().any(|list| word.eq_ignore_ascii_case(list))
        }
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// What stands between quotes, as it is written.
    Text(&'a str),
    Sign(char),
}

/// Words, texts and signs; white space and numbers, also those of durations, are left out.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            if is_word(first) {
                let word = self.take(|letter| !is_word(letter));
                if !first.is_ascii_digit() {
                    return Some(Token::Word(word));
                }
                continue;
            }
            self.rest = self.rest.get(first.len_utf8()..)?;
            if !matches!(first, '"' | '\'' | '`') {
                return Some(Token::Sign(first));
            }
            let mut escaped = false;
            let text = self.take(|letter| {
                let ends = letter == first && !escaped;
                escaped = letter == '\\' && !escaped && first != '`';
                ends
            });
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Some(Token::Text(text));
        }
    }
}

impl<'a> Tokens<'a> {
    /// All before the first letter of a kind.
    fn take(&mut self, ends: impl FnMut(char) -> bool) -> &'a str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':')
}

#[cfg(test)]
mod tests {
    use super::{metrics, of_generator_url};

    #[test]
    fn expressions_are_found_in_links() {
        let of = |url: &str| of_generator_url(url);
        let link = "http://p:9090/graph?g0.expr=rate%28x%5B5m%5D%29+%3E+1&g0.tab=1";
        assert_eq!(of(link).unwrap(), "rate(x[5m]) > 1");
        assert_eq!(of("/graph?g0.tab=1&g0.expr=a[1m] > 0.5%&b").unwrap(), "a[1m] > 0.5%");
        assert_eq!(of("/graph?g0.expr=%zz%4").unwrap(), "%zz%4");
        for url in ["", "https://example.com", "/graph?g0.expr=", "/graph#g0.expr=a", "/graph?a=b"]
        {
            assert_eq!(of(url), None, "{url}");
        }
    }

    #[test]
    fn metrics_are_told_from_functions_labels_and_words() {
        let check = |expression: &str, expected: &[&str]| {
            assert_eq!(metrics(expression), expected, "{expression}");
        };
        check("up == 0", &["up"]);
        check(
            "sum by (job, instance) (rate(http_total{code=~\"5..\"}[5m])) > 1e3",
            &["http_total"],
        );
        check("sum(a) without (b) / on (c) group_left (d) sum(e) or a", &["a", "e"]);
        check(
            "job:latency:p99{job='x \\' y'} offset 5m > bool 0.5 and vector(1)",
            &["job:latency:p99"],
        );
        check("{__name__=\"disk_free\", path=\"a\"} < 5", &["disk_free"]);
        check("{__name__=~\"disk_.*\"} < Inf", &[]);
        check("a @ end() unless `b`", &["a"]);
        check("\"open", &[]);
        check("", &[]);
    }
}
