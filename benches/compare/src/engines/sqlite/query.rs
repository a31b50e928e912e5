//! Conditions as SQL for SQLite, in several forms: which one is the quickest depends on how many
//! events each part leaves, so the engine tries them all and keeps the best.

use crate::question::{Condition, Question};

/// How a condition on a label or on words is asked within a condition on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `id in (all events that meet it)`.
    Within,
    /// `exists (a row for this event)`; words as before.
    Exists,
    /// The first one as a set, the others for each event of it.
    FirstWithin,
    /// The whole condition as one compound of sets.
    Sets,
}

/// The statements that answer a question: the kind of each row comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan(pub(super) Vec<String>);

/// The plans that are worth trying, each once.
pub(super) fn plans(question: &Question) -> Vec<Plan> {
    let mut plans = Vec::new();
    for form in [Form::FirstWithin, Form::Within, Form::Exists, Form::Sets] {
        let condition = question.condition.as_ref().map(|condition| sql(condition, form));
        let condition = condition.as_deref();
        let together = condition.map(|condition| together(question, condition));
        let apart = ["", " indexed by events_time"].map(|by| apart(question, condition, by));
        for plan in apart.into_iter().chain(together) {
            if !plans.contains(&plan) {
                plans.push(plan);
            }
        }
    }
    plans
}

/// The change of all matching events.
pub(super) fn acknowledge(condition: &Condition) -> String {
    let condition = sql(condition, Form::FirstWithin);
    format!(
        "update events set acknowledged = 1 \
         where id in (select e.id from events e where {condition})"
    )
}

/// One statement over a materialized list of the matching events.
fn together(question: &Question, condition: &str) -> Plan {
    let before = before(question, "hits").map_or_else(String::new, |text| format!("where {text}"));
    let mut sql = format!(
        "with hits(id, time, severity, type) as materialized \
         (select e.id, e.time, {} from events e where {condition}) \
         select 'total', null, count(*) from hits union all select * from \
         (select 'page', null, id from hits {before} order by time desc, id desc limit 50)",
        if question.facets.is_empty() { "0, 0" } else { "e.severity, e.type" }
    );
    for facet in &question.facets {
        let count = match column(facet) {
            Some(column) => format!("{column}, count(*) from hits group by {column}"),
            None => label_facet(facet, Some("select id from hits")),
        };
        sql += &format!(" union all select {}, {count}", quoted(facet));
    }
    if let Some(nanos) = question.histogram {
        sql += &format!(
            " union all select 'histogram', time / {nanos} * {nanos}, count(*) from hits \
             group by time / {nanos}"
        );
    }
    Plan(vec![sql])
}

/// A statement for each thing that is asked.
fn apart(question: &Question, condition: Option<&str>, by: &str) -> Plan {
    let only = condition.map_or_else(String::new, |condition| format!("where {condition}"));
    let total = match question.condition.as_ref().and_then(alone) {
        Some(set) => format!("select 'total', null, count(*) from ({set})"),
        None => format!("select 'total', null, count(*) from events e {only}"),
    };
    let parts = [condition.map(str::to_owned), before(question, "e")];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let parts = if parts.is_empty() { parts } else { format!("where {parts}") };
    let page = format!(
        "select 'page', null, e.id from events e{by} {parts} \
         order by e.time desc, e.id desc limit 50"
    );
    let mut plan = vec![total, page];
    for facet in &question.facets {
        let events = condition.map(|_| format!("select e.id from events e {only}"));
        let count = match column(facet) {
            Some(column) => format!("e.{column}, count(*) from events e {only} group by 2"),
            None => label_facet(facet, events.as_deref()),
        };
        plan.push(format!("select {}, {count}", quoted(facet)));
    }
    if let Some(nanos) = question.histogram {
        plan.push(format!(
            "select 'histogram', e.time / {nanos} * {nanos}, count(*) from events e {only} \
             group by e.time / {nanos}"
        ));
    }
    Plan(plan)
}

fn before(question: &Question, of: &str) -> Option<String> {
    let (time, id) = question.before?;
    Some(format!("({of}.time, {of}.id) < ({time}, {id})"))
}

fn column(facet: &str) -> Option<&str> {
    ["severity", "type"].contains(&facet).then_some(facet)
}

/// The rest of a statement that counts the events by the values of a label.
fn label_facet(key: &str, events: Option<&str>) -> String {
    let events = events.map_or_else(String::new, |events| format!("and l.event in ({events})"));
    format!(
        "(select value from pairs where id = l.pair), count(*) from labels l \
         where l.pair in (select id from pairs where key = {}) {events} group by l.pair",
        quoted(key)
    )
}

/// A condition that one table can answer without looking at the events.
fn alone(condition: &Condition) -> Option<String> {
    pairs(condition).map(|pairs| in_labels(&pairs)).or_else(|| in_text(condition))
}

fn sql(condition: &Condition, form: Form) -> String {
    if form == Form::Sets {
        return format!("e.id in ({})", set(condition));
    }
    test(condition, form, &mut true)
}

/// A condition on the event `e`. `first` says whether no set was asked for yet.
fn test(condition: &Condition, form: Form, first: &mut bool) -> String {
    let mut all = |children: &[Condition], word: &str| {
        let children = children.iter().map(|child| test(child, form, first));
        format!("({})", children.collect::<Vec<_>>().join(word))
    };
    match condition {
        Condition::And(children) => return all(children, " and "),
        Condition::Or(children) => return all(children, " or "),
        Condition::Not(child) => return format!("not {}", test(child, form, &mut false)),
        _ => {}
    }
    if let Some(pairs) = pairs(condition) {
        let whole = form == Form::Within || (form == Form::FirstWithin && *first);
        *first = false;
        return if whole {
            format!("e.id in ({})", in_labels(&pairs))
        } else {
            format!("exists (select 1 from labels where event = e.id and pair in ({pairs}))")
        };
    }
    match in_text(condition) {
        Some(set) => {
            *first = false;
            format!("e.id in ({set})")
        }
        None => plain(condition),
    }
}

/// The events that meet a condition, as a select of their ids.
fn set(condition: &Condition) -> String {
    let nested = |children: Vec<&Condition>, word: &str| {
        let children = children.into_iter().map(|child| format!("select * from ({})", set(child)));
        children.collect::<Vec<_>>().join(word)
    };
    match condition {
        Condition::And(children) => {
            let (not, are): (Vec<_>, Vec<_>) =
                children.iter().partition(|child| matches!(child, Condition::Not(_)));
            let mut sql = match are.is_empty() {
                true => String::from("select id from events"),
                false => nested(are, " intersect "),
            };
            for child in not {
                if let Condition::Not(child) = child {
                    sql += &format!(" except select * from ({})", set(child));
                }
            }
            sql
        }
        Condition::Or(children) => nested(children.iter().collect(), " union "),
        Condition::Not(child) => {
            format!("select id from events except select * from ({})", set(child))
        }
        other => alone(other)
            .unwrap_or_else(|| format!("select e.id from events e where {}", plain(other))),
    }
}

/// A condition on columns of the event.
fn plain(condition: &Condition) -> String {
    match condition {
        Condition::Severity(levels) => {
            let levels = levels.iter().map(u8::to_string).collect::<Vec<_>>();
            format!("e.severity in ({})", levels.join(","))
        }
        Condition::Type(names) => format!("e.type in ({})", list(names)),
        Condition::State(name) => format!("e.state = {}", quoted(name)),
        Condition::Acknowledged(is) => format!("e.acknowledged = {}", u8::from(*is)),
        Condition::Since(nanos) => format!("e.time >= {nanos}"),
        _ => String::from("1"),
    }
}

/// The pairs of a condition on a label.
fn pairs(condition: &Condition) -> Option<String> {
    let (key, value) = match condition {
        Condition::LabelIn(key, values) => (key, format!(" and value in ({})", list(values))),
        Condition::LabelContains(key, text) => {
            (key, format!(" and instr(value, {}) > 0", quoted(text)))
        }
        Condition::LabelStartsWith(key, text) => {
            let end = quoted(&format!("{text}\u{10ffff}"));
            (key, format!(" and value >= {} and value < {end}", quoted(text)))
        }
        Condition::LabelExists(key) => (key, String::new()),
        _ => return None,
    };
    Some(format!("select id from pairs where key = {}{value}", quoted(key)))
}

fn in_labels(pairs: &str) -> String {
    format!("select event from labels where pair in ({pairs})")
}

fn in_text(condition: &Condition) -> Option<String> {
    let words = match condition {
        Condition::Word(words) | Condition::Phrase(words) => format!("\"{words}\""),
        Condition::WordPrefix(start) => format!("\"{start}\"*"),
        _ => return None,
    };
    Some(format!("select rowid from words where words match {}", quoted(&words)))
}

fn list(values: &[String]) -> String {
    values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(",")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{Form, set, sql};
    use crate::question::Condition;

    fn condition() -> Condition {
        let label = Condition::LabelIn(String::from("k"), vec![String::from("it's")]);
        let not = Condition::Not(Box::new(Condition::LabelExists(String::from("p"))));
        Condition::And(vec![Condition::Severity(vec![0, 1]), label, not])
    }

    #[test]
    fn the_first_label_is_a_set_and_the_next_is_looked_up() {
        assert_eq!(
            sql(&condition(), Form::FirstWithin),
            "(e.severity in (0,1) and e.id in (select event from labels where pair in \
             (select id from pairs where key = 'k' and value in ('it''s'))) and not exists \
             (select 1 from labels where event = e.id and pair in \
             (select id from pairs where key = 'p')))"
        );
    }

    #[test]
    fn negations_are_taken_away_from_sets() {
        assert_eq!(
            set(&condition()),
            "select * from (select e.id from events e where e.severity in (0,1)) intersect \
             select * from (select event from labels where pair in \
             (select id from pairs where key = 'k' and value in ('it''s'))) except \
             select * from (select event from labels where pair in \
             (select id from pairs where key = 'p'))"
        );
    }
}
