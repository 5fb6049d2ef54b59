//! Ids of Azure resources that are not Batch AI's: images and subnets.

use super::wrong;
use crate::cli::report::Failure;

/// The id that `--subnet` gives.
///
/// # Errors
/// When it is none.
pub fn subnet(flag: Option<&str>) -> Result<Option<String>, Failure> {
    match flag {
        Some(id) if !is_arm_id(id) => Err(wrong("Ill-formed subnet resource id")
            .hint("/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N")),
        flag => Ok(flag.map(str::to_owned)),
    }
}

/// Whether a text has the form of a full id: `/subscriptions/S/resourceGroups/G/providers/P/type/name`, possibly with
/// more types and names. The fixed words in any letter case, as everywhere in Azure.
#[must_use]
pub fn is_arm_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    let parts: Vec<&str> = rest.split('/').collect();
    let word = |at: usize, expected: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(expected));
    parts.len() >= 8
        && parts.len().is_multiple_of(2)
        && parts.iter().all(|part| !part.is_empty())
        && word(0, "subscriptions")
        && word(2, "resourceGroups")
        && word(4, "providers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_subscription_a_group_a_provider_and_pairs() {
        let subnet = "/subscriptions/s/resourcegroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";
        assert!(is_arm_id(subnet));
        assert!(is_arm_id("/SUBSCRIPTIONS/s/resourceGroups/g/providers/Microsoft.Compute/images/i"));
        for wrong in [
            "",
            "name",
            "/subscriptions/s/resourceGroups/g",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/",
            "/subscriptions//resourceGroups/g/providers/Microsoft.Compute/images/i",
            "subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i",
        ] {
            assert!(!is_arm_id(wrong), "{wrong}");
        }
    }
}
