//! What an event of a type says beyond its labels: the tables of the event details panel.

use crate::EventType;

/// Details of an alert, a policy or a scan event. The other types have none: their source, scope
/// and description say it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// Of an [`EventType::Alert`].
    Alert(AlertDetails),
    /// Of an [`EventType::Policy`].
    Policy(PolicyDetails),
    /// Of an [`EventType::Scan`].
    Scan(ScanDetails),
}

impl Details {
    /// The type of event that carries such details.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Alert(_) => EventType::Alert,
            Self::Policy(_) => EventType::Policy,
            Self::Scan(_) => EventType::Scan,
        }
    }

    /// The single-valued texts with their names, in the order of their table; metrics are apart.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, Option<&str>)> {
        match self {
            Self::Alert(alert) => vec![
                ("trigger", alert.trigger.as_deref()),
                ("entity", alert.entity.as_deref()),
                ("alert_name", alert.alert_name.as_deref()),
                ("alert_type", alert.alert_type.as_deref()),
                ("condition", alert.condition.as_deref()),
                ("scope", alert.scope.as_deref()),
                ("segment", alert.segment.as_deref()),
            ],
            Self::Policy(policy) => vec![
                ("host", policy.host.as_deref()),
                ("host_mac", policy.host_mac.as_deref()),
                ("container_name", policy.container_name.as_deref()),
                ("container_id", policy.container_id.as_deref()),
                ("image", policy.image.as_deref()),
                ("rule", policy.rule.as_deref()),
                ("summary", policy.summary.as_deref()),
            ],
            Self::Scan(scan) => vec![
                ("registry", scan.registry.as_deref()),
                ("tag", scan.tag.as_deref()),
                ("image", scan.image.as_deref()),
                ("image_id", scan.image_id.as_deref()),
                ("digest", scan.digest.as_deref()),
            ],
        }
    }

    /// The affected metrics of an alert; empty for the others.
    #[must_use]
    pub fn metrics(&self) -> &[String] {
        match self {
            Self::Alert(alert) => &alert.metrics,
            Self::Policy(_) | Self::Scan(_) => &[],
        }
    }
}

/// What is known of the alert behind an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertDetails {
    /// What set it off: a metric out of its range, and the value reached.
    pub trigger: Option<String>,
    /// Where it happened.
    pub entity: Option<String>,
    /// The alert rule.
    pub alert_name: Option<String>,
    /// The kind of alert rule.
    pub alert_type: Option<String>,
    /// The metrics it looks at.
    pub metrics: Vec<String>,
    /// The condition that must hold.
    pub condition: Option<String>,
    /// The scope of the alert rule, as an expression.
    pub scope: Option<String>,
    /// The segmentation of the alert rule.
    pub segment: Option<String>,
}

/// What is known of a policy violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDetails {
    /// Host name.
    pub host: Option<String>,
    /// Physical address of the host.
    pub host_mac: Option<String>,
    /// Container name.
    pub container_name: Option<String>,
    /// Container id.
    pub container_id: Option<String>,
    /// Image of the container.
    pub image: Option<String>,
    /// The rule that was broken.
    pub rule: Option<String>,
    /// What happened.
    pub summary: Option<String>,
}

/// What is known of a scanned image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanDetails {
    /// Registry or repository that holds the image.
    pub registry: Option<String>,
    /// Tag of the image.
    pub tag: Option<String>,
    /// Name of the image.
    pub image: Option<String>,
    /// Identifier of the image.
    pub image_id: Option<String>,
    /// Content digest of the image.
    pub digest: Option<String>,
}
