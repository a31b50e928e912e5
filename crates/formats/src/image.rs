//! References to container images, and the parts they are made of.
//!
//! ```text
//! registry:5000/team/web:1.4@sha256:9f86d0...
//! |-----------| |------| |-| |-------------|
//! registry      path     tag digest
//! ```
//!
//! The first component is a registry only if it could be a host: it holds a `.` or a `:`, or is
//! `localhost`. Nothing is invented: a reference that names no registry and no tag has none.

/// The parts of a reference as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// Everything but the digest.
    pub(crate) name: &'a str,
    pub(crate) registry: Option<&'a str>,
    /// The repository without its registry.
    pub(crate) path: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Splits a reference; an empty one has no parts.
    pub(crate) fn split(text: &'a str) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest).filter(|digest| !digest.is_empty())),
            None => (text, None),
        };
        let (registry, rest) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first), rest)
            }
            _ => (None, name),
        };
        // A colon before the last slash belongs to no tag: tags have no slashes.
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        Self { name, registry, path, tag: tag.filter(|tag| !tag.is_empty()), digest }
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn references_are_split_and_nothing_is_invented() {
        let check = |text: &str, expected: [&str; 5]| {
            let reference = Reference::split(text);
            let parts = [
                reference.name,
                reference.registry.unwrap_or("-"),
                reference.path,
                reference.tag.unwrap_or("-"),
                reference.digest.unwrap_or("-"),
            ];
            assert_eq!(parts, expected, "{text}");
        };
        check("alpine", ["alpine", "-", "alpine", "-", "-"]);
        check("alpine:3.10", ["alpine:3.10", "-", "alpine", "3.10", "-"]);
        check("library/nginx", ["library/nginx", "-", "library/nginx", "-", "-"]);
        check(
            "registry:5000/a/b:tag@sha256:1f",
            ["registry:5000/a/b:tag", "registry:5000", "a/b", "tag", "sha256:1f"],
        );
        check("registry:5000/a", ["registry:5000/a", "registry:5000", "a", "-", "-"]);
        check("localhost/a:1", ["localhost/a:1", "localhost", "a", "1", "-"]);
        check("quay.io/x@sha256:2", ["quay.io/x", "quay.io", "x", "-", "sha256:2"]);
        check("a/b:c/d", ["a/b:c/d", "-", "a/b:c/d", "-", "-"]);
        check("@sha256:3", ["", "-", "", "-", "sha256:3"]);
        check("web:@", ["web:", "-", "web", "-", "-"]);
        check("", ["", "-", "", "-", "-"]);
    }
}
