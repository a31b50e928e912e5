//! Random alerts, and random observations of each as Alertmanager would tell them.

use eventscope::Timestamp;
use eventscope_testkit::Rng;
use serde_json::{Map, Value, json};

/// One observation of one alert.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    labels: Map<String, Value>,
    /// Seconds after 2026-11-23T09:00:00Z, as all times here.
    start: i64,
    sight: Sight,
    form: Form,
    annotation: usize,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Firing,
    /// With an expiry where a resolved one has its end.
    FiringUntil(i64),
    Resolved,
    ResolvedAt(i64),
    /// As Grafana 12 tells it: with its end where it would have its start.
    Over,
}

/// How it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Webhook,
    /// Without a fingerprint, with the state of the whole only.
    OldWebhook,
    /// Version 2 of the API, which lists firing alerts only: resolved ones come by webhook.
    Api2,
    /// In a group of it.
    Api2Group,
}

/// A few alerts, some of which fire again, with some observations of each, and some notices that
/// they are over.
pub(super) fn observations(rng: &mut Rng) -> Vec<Observation> {
    let mut all = Vec::new();
    for alert in 0..1 + rng.below(4) {
        let severity = *rng.pick(&["critical", "warning", "info"]);
        let labels = json!({
            "alertname": rng.pick(&["DiskFull", "HighCpu"]),
            "instance": format!("db-{alert}"),
            "severity": severity,
        });
        let Value::Object(labels) = labels else { continue };
        let again = 0..1 + rng.below(3);
        let starts: Vec<i64> =
            again.map(|again| again as i64 * 600 + rng.between(0, 300)).collect();
        for _ in 0..rng.below(4) {
            // At the start of another one it would be an observation of that.
            let start = rng.between(0, 40) * 60 + 1;
            if !starts.contains(&start) {
                let (labels, form) =
                    (labels.clone(), *rng.pick(&[Form::Webhook, Form::OldWebhook]));
                let annotation = rng.below(3);
                all.push(Observation { labels, start, sight: Sight::Over, form, annotation });
            }
        }
        for start in starts {
            for _ in 0..1 + rng.below(6) {
                all.push(Observation {
                    labels: labels.clone(),
                    start,
                    sight: sight(start, rng),
                    form: *rng.pick(&[
                        Form::Webhook,
                        Form::OldWebhook,
                        Form::Api2,
                        Form::Api2Group,
                    ]),
                    annotation: rng.below(3),
                });
            }
        }
    }
    all
}

fn sight(start: i64, rng: &mut Rng) -> Sight {
    let later = start + rng.between(1, 3) * 60;
    *rng.pick(&[
        Sight::Firing,
        Sight::FiringUntil(later),
        Sight::Resolved,
        Sight::ResolvedAt(later),
    ])
}

impl Observation {
    /// The record in which it stands, on a line.
    pub(super) fn record(&self) -> String {
        let status = if self.is_resolved() { "resolved" } else { "firing" };
        let mut alert = json!({
            "labels": self.labels,
            "annotations": {
                "summary": format!("summary {}", self.annotation),
                "description": format!("text {}", self.annotation),
            },
            "startsAt": time(self.start).to_string(),
            "endsAt": self.ends_at(),
        });
        if self.form != Form::OldWebhook {
            alert["fingerprint"] = self.fingerprint().into();
        }
        let group = json!({"alertname": self.labels["alertname"]});
        let record = match self.form {
            Form::OldWebhook => {
                json!({"version": "2", "status": status, "receiver": "r", "alerts": [alert]})
            }
            Form::Api2 | Form::Api2Group if !self.is_resolved() => {
                alert["status"] = json!({"state": "active", "silencedBy": []});
                if self.form == Form::Api2 {
                    alert
                } else {
                    json!({"labels": group, "receiver": {}, "alerts": [alert]})
                }
            }
            Form::Webhook | Form::Api2 | Form::Api2Group => {
                alert["status"] = status.into();
                json!({"version": "4", "status": "firing", "groupLabels": group, "alerts": [alert]})
            }
        };
        format!("{record}\n")
    }

    /// The uid that its event must have.
    pub(super) fn uid(&self) -> String {
        format!("alert:{}@{}", self.fingerprint(), self.start().nanos())
    }

    pub(super) fn start(&self) -> Timestamp {
        time(self.start)
    }

    pub(super) fn is_resolved(&self) -> bool {
        matches!(self.sight, Sight::Resolved | Sight::ResolvedAt(_) | Sight::Over)
    }

    /// Whether it does not say when its alert fired.
    pub(super) fn is_notice(&self) -> bool {
        self.sight == Sight::Over
    }

    /// The end that it gives to its event.
    pub(super) fn end(&self) -> Option<Timestamp> {
        match self.sight {
            Sight::ResolvedAt(end) => Some(time(end)),
            Sight::Firing | Sight::FiringUntil(_) | Sight::Resolved | Sight::Over => None,
        }
    }

    fn ends_at(&self) -> String {
        match self.sight {
            Sight::FiringUntil(end) | Sight::ResolvedAt(end) => time(end).to_string(),
            Sight::Over => time(self.start).to_string(),
            Sight::Firing | Sight::Resolved => "0001-01-01T00:00:00Z".to_owned(),
        }
    }

    /// What Alertmanager computes of the labels.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        for (key, value) in &self.labels {
            for text in [key, value.as_str().unwrap()] {
                text.bytes().for_each(&mut add);
                add(0xff);
            }
        }
        format!("{hash:016x}")
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_unix(1_795_424_400 + second).unwrap()
}
