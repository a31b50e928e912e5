//! What is asked: the shapes of questions that a feed of events gets.

use eventscope::{FacetKey, Request, Store, Timestamp};
use std::time::Duration;

const NAMESPACE: &str = "kubernetes.namespace.name";
const CLUSTER: &str = "kubernetes.cluster.name";
const POD: &str = "kubernetes.pod.name";
const HOUR_NANOS: i64 = 3_600_000_000_000;
/// Events on a page, as many as a feed shows.
pub const PAGE: usize = 50;

/// One question: a name and the request.
#[derive(Debug)]
pub struct Shape {
    /// A few words, for tables.
    pub name: &'static str,
    /// The whole request, computed from the indexes each time.
    pub request: Request,
    /// The same, which may rest on results that were kept.
    pub kept: Request,
}

impl Shape {
    fn new(name: &'static str, expression: impl AsRef<str>) -> Self {
        let request = match expression.as_ref() {
            "" => Request::everything(),
            text => Request::parse(text).unwrap(),
        };
        let kept = request.newest(PAGE);
        Self { name, request: kept.clone().afresh(), kept }
    }

    fn with(self, more: impl Fn(Request) -> Request) -> Self {
        Self { request: more(self.request), kept: more(self.kept), ..self }
    }

    fn facets(self, keys: &[FacetKey]) -> Self {
        self.with(|request| keys.iter().fold(request, |request, key| request.facet(key.clone())))
    }
}

/// Four fields: few values, few, some, few.
fn four() -> [FacetKey; 4] {
    [
        FacetKey::Severity,
        FacetKey::Type,
        FacetKey::Label(NAMESPACE.to_owned()),
        FacetKey::Label(CLUSTER.to_owned()),
    ]
}

/// The questions for a generated store. What depends on its events (its newest time, rare values, a
/// place deep in a list) is asked from it.
#[must_use]
pub fn all(store: &Store) -> Vec<Shape> {
    let mut shapes = fields();
    shapes.extend(values(store));
    shapes.extend(combined());
    shapes.extend(times(store));
    shapes.extend(words());
    shapes.extend(counted());
    shapes.extend(deep(store));
    shapes
}

fn fields() -> Vec<Shape> {
    vec![
        Shape::new("no filter", ""),
        Shape::new("severity band", "severity in (high, medium, low)"),
        Shape::new("one type", "type = docker"),
        Shape::new("type and severity", "type = kubernetes and severity = warning"),
        Shape::new(
            "open alerts: type, state, acknowledgement",
            "type = alert and state = triggered and acknowledged = false",
        ),
        Shape::new(
            "label and severity band",
            format!("{NAMESPACE} = 'payments' and severity in (high, medium, low)"),
        ),
        Shape::new("two labels", format!("{NAMESPACE} = 'shop' and {CLUSTER} = 'staging'")),
        Shape::new(
            "three-way: type, severity, label",
            format!("type = kubernetes and severity = warning and {NAMESPACE} = 'shop'"),
        ),
        Shape::new("one node", "kubernetes.node.name = 'ip-10-20-13-7'"),
        Shape::new("exists", "host.hostName exists"),
    ]
}

fn values(store: &Store) -> Vec<Shape> {
    let pods = store.values(POD, "ledger-").unwrap();
    let rare = pods.last().map_or("none", |(pod, _)| pod.as_str());
    let twenty = pods.iter().step_by(pods.len() / 20 + 1).map(|(pod, _)| pod.as_str());
    let twenty: Vec<_> = twenty.collect();
    vec![
        Shape::new("rare value", format!("{POD} = '{rare}'")),
        Shape::new("in, 20 pods", format!("{POD} in ({})", quoted(&twenty))),
        Shape::new(
            "in, 20 deployments, and pod not contains",
            format!(
                "kubernetes.deployment.name in ({}) and not {POD} contains '-q'",
                quoted(&DEPLOYMENTS)
            ),
        ),
        Shape::new("contains", format!("{POD} contains 'qq'")),
        Shape::new("starts with", format!("{POD} starts with 'gateway-'")),
    ]
}

fn combined() -> Vec<Shape> {
    vec![
        Shape::new("negation", format!("not {NAMESPACE} in (payments, shop) and type != docker")),
        Shape::new("negation of exists", format!("not {POD} exists and type != docker")),
        Shape::new(
            "or of three groups",
            format!(
                "(type = alert and severity in (high)) or ({NAMESPACE} = 'ml' and severity = \
                 warning) or (type = docker and name = 'Container Killed')"
            ),
        ),
    ]
}

fn times(store: &Store) -> Vec<Shape> {
    let newest = store.query(&Request::everything().newest(1)).unwrap().events;
    let newest = newest.first().map_or(Timestamp::EPOCH, |event| event.time);
    let before = |hours: i64| newest.saturating_add(-hours * HOUR_NANOS);
    vec![
        Shape::new("last hour and severity", {
            format!("time >= '{}' and severity in (high)", before(1))
        }),
        Shape::new(
            "six hours and a label",
            format!(
                "time >= '{}' and time < '{}' and {NAMESPACE} = 'payments'",
                before(12),
                before(6)
            ),
        ),
    ]
}

fn words() -> Vec<Shape> {
    vec![
        Shape::new("text, frequent word", "text = 'container'"),
        Shape::new("text, rare word", "text = '503'"),
        Shape::new(
            "text, severity and label",
            format!("text = 'pulled' and severity = info and {NAMESPACE} = 'payments'"),
        ),
        Shape::new("text, phrase", "text = '\"failed container\"'"),
        Shape::new("text, beginning", "text = 'gateway*'"),
    ]
}

fn counted() -> Vec<Shape> {
    let filtered = "type = kubernetes and severity = 4";
    let hour = Duration::from_secs(3_600);
    let shop = format!("{NAMESPACE} = 'shop'");
    vec![
        Shape::new("no filter, facets of four fields", "").facets(&four()),
        Shape::new("facets of four fields under a filter", filtered).facets(&four()),
        Shape::new("facet of many values under a filter", filtered)
            .facets(&[FacetKey::Label(POD.to_owned())]),
        Shape::new("hourly histogram", shop.as_str()).with(|request| request.histogram(hour)),
        Shape::new("facets and hourly histogram", shop.as_str())
            .facets(&four()[..2])
            .with(|request| request.histogram(hour)),
    ]
}

fn deep(store: &Store) -> Vec<Shape> {
    let most = "not type = docker";
    let request = Request::parse(most).unwrap().newest(10_000);
    let anchor = store.query(&request).unwrap().events.last().unwrap().id;
    vec![
        Shape::new("page after 10,000", most).with(|request| request.before(anchor)),
        Shape::new("page after 10,000, facets", most)
            .with(|request| request.before(anchor))
            .facets(&four()),
    ]
}

const DEPLOYMENTS: [&str; 20] = [
    "ledger",
    "gateway",
    "recommender",
    "session-store",
    "prometheus",
    "search-indexer",
    "mailer",
    "invoice-export",
    "feature-store",
    "auth",
    "user-profile",
    "search-api",
    "stock-sync",
    "picker",
    "grafana",
    "fluent-bit",
    "loki",
    "image-resizer",
    "video-transcoder",
    "kafka-consumer",
];

fn quoted(values: &[&str]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
    values.join(", ")
}
