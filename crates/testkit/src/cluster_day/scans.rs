//! What Trivy found in two images: in `web` on two nights, so that the second report differs from
//! the first, and in the repaired `checkout`.

use super::clock;
use crate::Rng;
use eventscope_model::Timestamp;
use serde_json::{Value, json};
use std::io;

/// A package with a known weakness.
#[derive(Clone, Copy)]
struct Finding {
    id: &'static str,
    package: &'static str,
    installed: &'static str,
    fixed: &'static str,
    severity: &'static str,
    title: &'static str,
}

const fn finding(
    id: &'static str,
    (package, installed, fixed): (&'static str, &'static str, &'static str),
    severity: &'static str,
    title: &'static str,
) -> Finding {
    Finding { id, package, installed, fixed, severity, title }
}

/// Weaknesses of the base image. The numbers of this year's last thousands are made up.
const BASE: [Finding; 4] = [
    finding(
        "CVE-2026-98012",
        ("libssl3", "3.3.2-r0", "3.3.2-r3"),
        "HIGH",
        "openssl: out-of-bounds read while parsing a certificate chain",
    ),
    finding(
        "CVE-2026-98013",
        ("libcrypto3", "3.3.2-r0", "3.3.2-r3"),
        "HIGH",
        "openssl: out-of-bounds read while parsing a certificate chain",
    ),
    finding(
        "CVE-2026-97140",
        ("busybox", "1.36.1-r29", ""),
        "LOW",
        "busybox: a long file name garbles the listing of an archive",
    ),
    finding(
        "CVE-2026-98377",
        ("zlib", "1.3.1-r1", "1.3.1-r2"),
        "MEDIUM",
        "zlib: inflating a crafted stream takes very long",
    ),
];

/// Became known between the two nights.
const NEWS: Finding = finding(
    "CVE-2026-99001",
    ("libexpat", "2.6.3-r0", "2.6.4-r0"),
    "CRITICAL",
    "expat: an entity that refers to itself overflows the stack",
);

/// The reports: path, text and number of events (the findings and the scan itself).
pub(super) fn reports(seed: u64) -> io::Result<Vec<(&'static str, Vec<u8>, usize)>> {
    let mut rng = Rng::new(seed + 4);
    let web = Image::new(&mut rng, "web:5.31.2");
    let checkout = Image::new(&mut rng, "checkout:1.8.1-r2");
    let [_, rest @ ..] = BASE;
    let [_, old @ ..] = rest;
    let later = [&rest[..], &[NEWS]].concat();
    let scans = [
        ("trivy/web-18.json", &web, clock(3, 0, 11) - 86_400, &BASE[..]),
        ("trivy/web-19.json", &web, clock(3, 0, 14), &later),
        ("trivy/checkout-19.json", &checkout, clock(15, 2, 50), &old),
    ];
    let report = |(path, image, at, findings): (_, &Image, _, &[Finding])| {
        let mut text = serde_json::to_vec_pretty(&image.report(at, findings))?;
        text.push(b'\n');
        Ok((path, text, findings.len() + 1))
    };
    scans.into_iter().map(report).collect()
}

/// A scanned image.
struct Image {
    name: String,
    digest: String,
    id: String,
}

impl Image {
    fn new(rng: &mut Rng, name: &str) -> Self {
        let mut sum = || format!("sha256:{}", rng.hex(64));
        Self { name: format!("registry.shop.example/{name}"), digest: sum(), id: sum() }
    }

    fn report(&self, at: i64, findings: &[Finding]) -> Value {
        let time = Timestamp::from_unix(at).unwrap_or(Timestamp::EPOCH).to_string();
        let repository = self.name.split(':').next().unwrap_or_default();
        let vulnerabilities: Vec<Value> = findings.iter().map(vulnerability).collect();
        json!({
            "SchemaVersion": 2,
            "CreatedAt": time,
            "ArtifactName": self.name,
            "ArtifactType": "container_image",
            "Metadata": {
                "OS": { "Family": "alpine", "Name": "3.20.3" },
                "ImageID": self.id,
                "RepoTags": [self.name],
                "RepoDigests": [format!("{repository}@{}", self.digest)],
            },
            "Results": [{
                "Target": format!("{} (alpine 3.20.3)", self.name),
                "Class": "os-pkgs",
                "Type": "alpine",
                "Vulnerabilities": vulnerabilities,
            }],
        })
    }
}

fn vulnerability(finding: &Finding) -> Value {
    json!({
        "VulnerabilityID": finding.id,
        "PkgID": format!("{}@{}", finding.package, finding.installed),
        "PkgName": finding.package,
        "InstalledVersion": finding.installed,
        "FixedVersion": finding.fixed,
        "Status": if finding.fixed.is_empty() { "affected" } else { "fixed" },
        "Severity": finding.severity,
        "Title": finding.title,
    })
}
