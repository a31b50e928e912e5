//! A backend that links the library: it records the deployments of two teams, asks which of them
//! went wrong, and marks those as seen.
//!
//! `cargo run -p eventscope --example deploy_tracker`

use eventscope::{
    AlertDetails, Details, Draft, EventType, FacetKey, Remark, Request, Result, Store, Targets,
};
use std::io::{self, Write};
use std::thread;

/// What a team's pipeline reports of one deployment, and the alert that follows a failed one.
fn deployment(team: &str, service: &str, version: u32) -> Vec<Draft> {
    let failed = version.is_multiple_of(3);
    let deployed = Draft::custom(format!("Deployed {service} 1.{version}"))
        .source("pipeline")
        .label("kubernetes.namespace.name", team)
        .label("kubernetes.deployment.name", service)
        .tag("version", format!("1.{version}"));
    if !failed {
        return vec![deployed];
    }
    let alert =
        Draft::new(EventType::Alert, "pipeline", format!("{service} does not become ready"))
            .severity(1)
            .label("kubernetes.namespace.name", team)
            .label("kubernetes.deployment.name", service)
            .details(Details::Alert(AlertDetails {
                alert_name: Some("Rollout stuck".to_owned()),
                condition: Some("ready replicas < wanted replicas for 10m".to_owned()),
                ..AlertDetails::default()
            }));
    vec![deployed, alert]
}

/// Two threads append at the same time; the store gathers what they bring into common commits.
fn record(store: &Store) -> Result<()> {
    thread::scope(|scope| {
        let teams = [("shop", "checkout"), ("search", "indexer")];
        let threads = teams.map(|(team, service)| {
            let store = store.clone();
            scope.spawn(move || {
                (1..=5).try_for_each(|version| {
                    store.append(deployment(team, service, version)).map(drop)
                })
            })
        });
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(recorded) => recorded,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn report(
    store: &Store,
    out: &mut impl Write,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let page = store.query(
        &Request::parse("status = triggered and severity = high")?
            .newest(10)
            .facet(FacetKey::label("kubernetes.deployment.name")),
    )?;
    writeln!(out, "{} rollouts are stuck:", page.total)?;
    for event in &page.events {
        let team = event.labels.find("kubernetes.namespace.name").unwrap_or("nobody");
        writeln!(out, "  {}  {} (team {team})", event.time, event.name)?;
    }
    let facets = page.facets.iter().flat_map(|facet| &facet.values);
    for (service, count) in facets {
        writeln!(out, "  {count} of {service}")?;
    }
    let stuck = Targets::parse("type = alert and acknowledged = false")?;
    let changed = store.acknowledge(&stuck, &Remark::by("aya").note("rolled back"))?;
    writeln!(out, "{} of them acknowledged", changed.changed)?;
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("deploy-tracker-{}.db", std::process::id()));
    let store = Store::open(&folder)?;
    record(&store)?;
    report(&store, &mut io::stdout().lock())?;
    store.close()?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
