//! One result of a report: what was found in one target, of one class.

use crate::{
    Reject,
    scan::{Finding, Image, Scan, list},
    source::Run,
    wire::{Text, first_given},
};
use serde::Deserialize;

/// A result, with whatever kinds of findings it has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outcome<'a> {
    #[serde(borrow, default)]
    pub(super) target: Text<'a>,
    #[serde(borrow, default)]
    class: Text<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    misconfigurations: Vec<Misconfiguration<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    secrets: Vec<Secret<'a>>,
    #[serde(borrow, default, deserialize_with = "list")]
    licenses: Vec<License<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability<'a> {
    #[serde(borrow, default, rename = "VulnerabilityID")]
    id: Text<'a>,
    #[serde(borrow, default, rename = "PkgID")]
    package_id: Text<'a>,
    #[serde(borrow, default)]
    pkg_name: Text<'a>,
    #[serde(borrow, default)]
    pkg_path: Text<'a>,
    #[serde(borrow, default)]
    pkg_identifier: Option<PackageIdentifier<'a>>,
    #[serde(borrow, default)]
    installed_version: Text<'a>,
    #[serde(borrow, default)]
    fixed_version: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
}

#[derive(Deserialize)]
struct PackageIdentifier<'a> {
    #[serde(borrow, default, rename = "UID")]
    uid: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Misconfiguration<'a> {
    #[serde(borrow, default, rename = "ID")]
    id: Text<'a>,
    #[serde(borrow, default, rename = "AVDID")]
    avd_id: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    cause_metadata: Option<Cause<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cause<'a> {
    #[serde(borrow, default)]
    resource: Text<'a>,
    #[serde(borrow, default)]
    start_line: Text<'a>,
    #[serde(borrow, default)]
    end_line: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret<'a> {
    #[serde(borrow, default, rename = "RuleID")]
    rule: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    start_line: Text<'a>,
    #[serde(borrow, default)]
    end_line: Text<'a>,
    /// The line with the secret blotted out; it tells apart two secrets on one line.
    #[serde(borrow, default, rename = "Match")]
    line: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct License<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    severity: Text<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    pkg_name: Text<'a>,
    #[serde(borrow, default)]
    file_path: Text<'a>,
}

impl Outcome<'_> {
    /// The image that the target is, if it is one: `alpine:3.10 (alpine 3.10.2)`.
    pub(super) fn image(&self) -> Option<&str> {
        let (image, system) = self.target.given()?.rsplit_once(" (")?;
        (system.ends_with(')') && !image.is_empty()).then_some(image)
    }

    /// Gives all findings; `image` is where they are, if that is not the image of the artifact.
    pub(super) fn give(
        &self,
        scan: &mut Scan<'_>,
        run: &mut Run<'_>,
        image: Option<Image<'_>>,
    ) -> Result<(), Reject> {
        let of =
            Finding { target: &self.target.0, class: &self.class.0, image, ..Finding::default() };
        for it in &self.vulnerabilities {
            it.give(scan, run, &of)?;
        }
        for it in &self.misconfigurations {
            it.give(scan, run, &of)?;
        }
        for it in &self.secrets {
            it.give(scan, run, &of)?;
        }
        for it in &self.licenses {
            scan.finding(
                run,
                &Finding {
                    name: &it.name.0,
                    package: &it.pkg_name.0,
                    title: &it.category.0,
                    severity: &it.severity.0,
                    path: &it.file_path.0,
                    ..of.clone()
                },
            )?;
        }
        Ok(())
    }
}

impl Vulnerability<'_> {
    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>, of: &Finding<'_>) -> Result<(), Reject> {
        let identifier = self.pkg_identifier.as_ref().and_then(|it| it.uid.given());
        let finding = Finding {
            name: &self.id.0,
            package: &self.pkg_name.0,
            installed: &self.installed_version.0,
            fixed: &self.fixed_version.0,
            title: first_given(&[&self.title, &self.description]).unwrap_or_default(),
            severity: &self.severity.0,
            path: &self.pkg_path.0,
            place: identifier.unwrap_or(&self.package_id.0),
            ..of.clone()
        };
        scan.finding(run, &finding)
    }
}

impl Misconfiguration<'_> {
    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>, of: &Finding<'_>) -> Result<(), Reject> {
        if matches!(self.status.given(), Some("PASS" | "EXCEPTION")) {
            return Ok(());
        }
        let cause = self.cause_metadata.as_ref();
        let cause = cause.map_or_else(String::new, |cause| {
            [&*cause.resource.0, &*cause.start_line.0, &*cause.end_line.0].join("\n")
        });
        let finding = Finding {
            name: first_given(&[&self.id, &self.avd_id, &self.title]).unwrap_or_default(),
            title: &sentence(&self.title.0, &self.message.0),
            severity: &self.severity.0,
            place: &[&*cause, &*self.message.0].join("\n"),
            ..of.clone()
        };
        scan.finding(run, &finding)
    }
}

impl Secret<'_> {
    fn give(&self, scan: &mut Scan<'_>, run: &mut Run<'_>, of: &Finding<'_>) -> Result<(), Reject> {
        let lines = match (self.start_line.given(), self.end_line.given()) {
            (Some(start), Some(end)) if start != end => format!("lines {start} to {end}"),
            (Some(start), _) => format!("line {start}"),
            (None, _) => String::new(),
        };
        let finding = Finding {
            name: first_given(&[&self.rule, &self.title]).unwrap_or_default(),
            title: &sentence(&self.title.0, &lines),
            severity: &self.severity.0,
            place: &[&*lines, &*self.line.0].join("\n"),
            ..of.clone()
        };
        scan.finding(run, &finding)
    }
}

/// A title and what more there is to say, so far as they are there.
pub(super) fn sentence(title: &str, more: &str) -> String {
    match (title.is_empty(), more.is_empty()) {
        (false, false) => format!("{title}: {more}"),
        (false, true) => title.to_owned(),
        (true, _) => more.to_owned(),
    }
}
