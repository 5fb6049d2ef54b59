//! The api-version in the address of a request: put there in one place, whoever made the address.

use reqwest::Url;

use crate::api::version::ApiVersion;

const PARAMETER: &str = "api-version=";

/// Makes `url` ask for `version`, whatever it asked for before; the rest of the query stays as it is written.
pub(super) fn set_version(url: &mut Url, version: ApiVersion) {
    let others = url.query().unwrap_or_default().split('&').filter(|part| {
        let is_version = part.get(..PARAMETER.len()).is_some_and(|start| start.eq_ignore_ascii_case(PARAMETER));
        !is_version && !part.is_empty()
    });
    let query: Vec<String> = others.map(str::to_owned).chain([format!("{PARAMETER}{version}")]).collect();
    url.set_query(Some(&query.join("&")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_version_an_address_asked_for_is_replaced_and_the_rest_stays() {
        for (before, after) in [
            ("http://h/a", "http://h/a?api-version=2018-05-01"),
            ("http://h/a?api-version=2026-11-01", "http://h/a?api-version=2018-05-01"),
            (
                "http://h/a?Api-Version=1&$skiptoken=a%2Fb&maxresults=5",
                "http://h/a?$skiptoken=a%2Fb&maxresults=5&api-version=2018-05-01",
            ),
        ] {
            let mut url = Url::parse(before).expect("a url");
            set_version(&mut url, ApiVersion::V2018May);
            assert_eq!(url.as_str(), after);
        }
    }
}
