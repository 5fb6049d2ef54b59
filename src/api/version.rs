//! The api-versions of the service and ours.
//!
//! 2018-05-01 is the version that the wire types describe. Ours is a superset of it; both older ones are flat:
//! their clusters, jobs and file servers lie directly in a resource group (migration notes of azure-docs
//! `batch-ai/migrate-to-new-api`).

/// A version a client may ask for with `?api-version=`. Ordered: the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// `2017-09-01-preview`.
    Preview2017,
    /// `2018-03-01`.
    V2018March,
    /// `2018-05-01`.
    V2018May,
    /// `2026-11-01`, ours.
    Ours,
}

impl ApiVersion {
    /// Every version, the oldest first.
    pub const ALL: [Self; 4] = [Self::Preview2017, Self::V2018March, Self::V2018May, Self::Ours];

    /// The text of the query parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preview2017 => "2017-09-01-preview",
            Self::V2018March => "2018-03-01",
            Self::V2018May => "2018-05-01",
            Self::Ours => super::API_VERSION,
        }
    }

    /// The version of that text, in any letter case; `None` for one that nobody speaks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether its clusters, jobs and file servers lie directly in a resource group.
    #[must_use]
    pub const fn is_flat(self) -> bool {
        matches!(self, Self::Preview2017 | Self::V2018March)
    }

    /// Whether our additions are part of it.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Ours)
    }
}

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn every_version_is_found_by_its_text() {
        for version in ApiVersion::ALL {
            assert_eq!(ApiVersion::parse(version.as_str()), Some(version));
        }
        assert_eq!(ApiVersion::parse("2017-09-01-PREVIEW"), Some(ApiVersion::Preview2017));
        assert_eq!(ApiVersion::parse("2018-05-02"), None);
        assert!(ApiVersion::ALL.is_sorted());
    }
}
