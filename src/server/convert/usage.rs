//! Usages: domain to wire.

use crate::api::usage as wire;
use crate::operations::usages::{Counted, Usage};

/// Stands for "no limit" (azure-cli recordings, 2020).
const UNLIMITED: i64 = -1;

/// A usage as answered.
#[must_use]
pub fn usage(value: &Usage) -> wire::Usage {
    let Usage { of, current, limit } = *value;
    wire::Usage {
        unit: "Count".into(),
        current_value: i32::try_from(current).unwrap_or(i32::MAX),
        limit: limit.map_or(UNLIMITED, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
        name: name(of),
    }
}

/// The names that the service gave (Swagger examples of 2018-05-01).
fn name(of: Counted) -> wire::UsageName {
    let value = match of {
        Counted::Clusters => "Clusters".to_owned(),
        Counted::Dedicated => "Total Cluster Dedicated Regional vCPUs".to_owned(),
        Counted::Family(family) => format!("Standard {family} Family Cluster Dedicated vCPUs"),
        Counted::LowPriority => "Total Cluster LowPriority Regional vCPUs".to_owned(),
    };
    wire::UsageName { localized_value: value.replace("LowPriority", "Low Priority"), value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_have_the_names_of_the_service_and_no_limit_is_minus_one() {
        let low = usage(&Usage { of: Counted::LowPriority, current: 3, limit: Some(4) });
        assert_eq!(low.name.value, "Total Cluster LowPriority Regional vCPUs");
        assert_eq!(low.name.localized_value, "Total Cluster Low Priority Regional vCPUs");
        assert_eq!((low.current_value, low.limit), (3, 4));
        let family = usage(&Usage { of: Counted::Family("NCv2"), current: u64::MAX, limit: None });
        assert_eq!(family.name.value, "Standard NCv2 Family Cluster Dedicated vCPUs");
        assert_eq!((family.current_value, family.limit), (i32::MAX, -1));
    }
}
