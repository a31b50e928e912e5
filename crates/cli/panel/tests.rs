//! The panel of each type has the rows of the document's table, in its order and words.

use crate::print::Look;
use crate::times::Times;
use eventscope::{
    AlertDetails, Clock, Details, Draft, EventType, Options, PolicyDetails, Remark, Request,
    ScanDetails, Store, Targets, Timestamp,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix(1_795_424_400 + second).unwrap()
}

/// What is shown three days later of an event that was observed as these drafts.
fn shown(drafts: &[Draft]) -> String {
    let options = Options { clock: Clock::at(at(3 * 86_400)), ..Options::default() };
    let store = Store::in_memory(options).unwrap();
    for draft in drafts {
        store.append(vec![draft.clone().time(at(0))]).unwrap();
    }
    let all = Targets::parse("everywhere").unwrap();
    store.acknowledge(&all, &Remark::by("aya").note("known")).unwrap();
    let event = store.query(&Request::everything()).unwrap().events.remove(0);
    let history = store.history(event.id).unwrap();
    let times = Times::at(store.now(), jiff::tz::TimeZone::UTC);
    let panel = super::of(&event, &times);
    let mut out = Vec::new();
    super::write(&panel, &event, (&history, &times), Look::plain(None), &mut out).unwrap();
    let trimmed = |line: &str| format!("{}\n", line.trim());
    let text = String::from_utf8(out).unwrap();
    // Uids are given by the store, and no two stores give the same.
    let text: String = text.lines().filter(|line| !line.contains("UID")).map(trimmed).collect();
    format!("{}\n\n{text}", serde_json::to_string_pretty(&panel).unwrap())
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn alert() -> Draft {
    let details = AlertDetails {
        trigger: owned("cpu.used.percent 97 %"),
        entity: owned("host.mac = '0a:d9:0b:52:85:1e'"),
        alert_name: owned("CPU usage is high"),
        alert_type: owned("metric"),
        metrics: vec!["cpu.used.percent".to_owned(), "load.average.1m".to_owned()],
        condition: owned("avg(cpu.used.percent) > 90"),
        scope: owned("agent.id in ('21821', '21612')"),
        segment: owned("host.mac"),
    };
    Draft::new(EventType::Alert, "prometheus", "HighCpu")
        .severity(1)
        .label("host.hostName", "gke-1")
        .uid("alert:1@0", eventscope::UidTime::Fixed)
        .details(Details::Alert(details))
}

#[test]
fn an_alert_that_resolved() {
    insta::assert_snapshot!(shown(&[alert(), alert().resolved(at(120))]));
}

#[test]
fn an_alert_that_says_little_and_goes_on() {
    let draft = Draft::new(EventType::Alert, "api", "Down").label("job", "web");
    insta::assert_snapshot!(shown(&[draft]));
}

#[test]
fn a_policy_violation() {
    let details = PolicyDetails {
        host: owned("ip-172-20-34-135"),
        container_name: owned("web"),
        container_id: owned("9f86d081884c"),
        rule: owned("Terminal shell in container"),
        summary: owned("A shell was spawned in a container"),
        ..PolicyDetails::default()
    };
    let draft = Draft::new(EventType::Policy, "falco", "Terminal shell in container")
        .label("host.mac", "0a:d9:0b:52:85:1e")
        .label("container.image", "shop/web:1.4")
        .details(Details::Policy(details));
    insta::assert_snapshot!(shown(&[draft]));
}

#[test]
fn a_scan() {
    let details = ScanDetails {
        registry: owned("quay.io"),
        tag: owned("elasticsearch:6.4.2"),
        image: owned("quay.io/library/elasticsearch"),
        image_id: owned("sha256:5a"),
        digest: owned("sha256:9f"),
    };
    let draft = Draft::new(EventType::Scan, "trivy", "Image scanned")
        .severity(0)
        .description("3 critical; changed (+1 -0)")
        .details(Details::Scan(details));
    insta::assert_snapshot!(shown(&[draft]));
}

#[test]
fn what_happened_to_a_container() {
    let docker = Draft::new(EventType::Docker, "docker", "Container Killed")
        .severity(4)
        .label("host.mac", "0a:d9:0b:52:85:1e")
        .label("container.id", "ade02bfd6479")
        .description("Event: kill; Image: protokube:1.10.1; signal: 18");
    insta::assert_snapshot!(shown(&[docker]));
}

#[test]
fn what_a_person_posted() {
    let draft = Draft::custom("Deployed").label("@weird key", "it's").tag("build", "89");
    insta::assert_snapshot!(shown(&[draft]));
}
