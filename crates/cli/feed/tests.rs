//! The feed on events of each kind.

use super::{headline, list};
use crate::print::Look;
use crate::times::Times;
use eventscope::{Clock, Draft, EventType, Options};
use eventscope::{Event, Remark, Store, Targets, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix(1_795_424_400 + second).unwrap()
}

/// What a store gives back for a draft, three days later.
fn stored(draft: Draft) -> Event {
    let options = Options { clock: Clock::at(at(3 * 86_400)), ..Options::default() };
    let store = Store::in_memory(options).unwrap();
    store.append(vec![draft.time(at(0))]).unwrap();
    let all = Targets::parse("everywhere").unwrap();
    store.acknowledge(&all, &Remark::by("aya").note("known")).unwrap();
    store.query(&eventscope::Request::everything()).unwrap().events.remove(0)
}

#[track_caller]
fn feed(draft: Draft, columns: Option<usize>, expected: &str) {
    let mut out = Vec::new();
    let times = Times::at(at(3 * 86_400), jiff::tz::TimeZone::UTC);
    list(&[stored(draft)], &times, Look::plain(columns), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn the_feed_reads_like_the_document() {
    let alert = Draft::new(EventType::Alert, "prometheus", "test1114").severity(0);
    feed(
        alert.clone().label("host.hostName", "gke-1").resolved(at(120)),
        None,
        "2026-11-23 UTC\n\
         #1  09:00:00  ● High    alert       test1114  Resolved | Duration: 2 minutes | \
         Acknowledged\n    host=gke-1\n",
    );
    feed(
        Draft { count: 3, ..Draft::custom("Deployed\u{1b}[2J") },
        None,
        "2026-11-23 UTC\n\
         #1  09:00:00  ● Info    custom      Deployed [2J x3  Triggered 3 days ago\n    \
         Everywhere\n",
    );
    feed(alert, Some(30), "2026-11-23 UTC\n#1  09:00:00  ● High    ale...\n    Everywhere\n");
}

#[test]
fn where_it_happened_comes_first_and_the_rest_is_counted() {
    let draft = Draft::new(EventType::Kubernetes, "kubernetes", "Container Unhealthy")
        .severity(4)
        .description("\nReadiness probe failed:\nconnection refused")
        .label("kubernetes.event.reason", "Unhealthy")
        .label("kube_pod_name", "web-1")
        .label("kubernetes.namespace.name", "prod")
        .label("kubernetes.node.name", "worker-2")
        .label("app", "it's web");
    let head = |status: &str| {
        format!("2026-11-23 UTC\n#1  09:00:00  ● Low     kubernetes  Container Unhealthy{status}\n")
    };
    let status = "  Triggered 3 days ago | Acknowledged";
    feed(
        draft.clone(),
        None,
        &format!(
            "{}    namespace=prod pod=web-1 node=worker-2 app='it's web' \
             kubernetes.event.reason=Unhealthy\n    Readiness probe failed:\n",
            head(status)
        ),
    );
    feed(
        draft.clone(),
        Some(56),
        &format!(
            "{}    namespace=prod pod=web-1 node=worker-2 +2\n    Readiness probe failed:\n",
            head("").replace("Container Unhealthy\n", "Container...  Tri...\n")
        ),
    );
    feed(
        draft.clone(),
        Some(80),
        &format!(
            "{}    namespace=prod pod=web-1 node=worker-2 app='it's web' +1\n    \
             Readiness probe failed:\n",
            head("  Triggered 3d ago, acked")
        ),
    );
    feed(
        draft.clone().label("node", "worker-2"),
        Some(100),
        &format!(
            "{}    namespace=prod pod=web-1 node=worker-2 app='it's web' \
             kubernetes.event.reason=Unhealthy\n    Readiness probe failed:\n",
            head("  Triggered 3 days ago | Acknowledged")
        ),
    );
    feed(
        draft,
        Some(24),
        "2026-11-23 UTC\n#1  09:00:00  ● Low  ...\n    namespace=prod +4\n    \
         Readiness probe f...\n",
    );
}

#[test]
fn the_headline_tells_how_much_is_shown() {
    assert_eq!(headline(370, 50), "370 events, 50 shown");
    assert_eq!(headline(1, 1), "1 event");
    assert_eq!(headline(1_000, 0), "1,000 events");
}
