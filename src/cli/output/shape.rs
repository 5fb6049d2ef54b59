//! From the wire to the JSON that `az batchai` printed: the attributes of the Python SDK's models.
//!
//! Pure. The rules are those of azure-cli-core 2.0.65 (`todict` and the resource group transform) and of
//! msrest 0.6 (times and durations); the results agree with the azure-cli test recordings of June 2018.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value};

/// Not printed: the first is on the wire but not in the SDK's model, the others are between our client and
/// our server.
const NOT_PRINTED: [&str; 4] = ["experimentName", "generation", "outputStreams", "searchPath"];

/// Names that the SDK's way from camel case to snake case and back spells in another way.
const SPELLED: [(&str, &str); 4] = [
    ("diskSizeInGB", "diskSizeInGb"),
    ("fileServerPublicIP", "fileServerPublicIp"),
    ("fileServerInternalIP", "fileServerInternalIp"),
    ("publicIPsToAllow", "publicIpsToAllow"),
];

/// A map whose keys are the user's own: printed as it is.
const USERS_OWN: &str = "tags";

/// Below this key no resource group is added, as in the Azure CLI.
const UNGROUPED: &str = "sourceVault";

/// The printed form of one wire value: `properties` flattened into the top level, `resourceGroup` added beside
/// every `id` that names one, times and durations as Python prints them, keys sorted.
#[must_use]
pub fn shape(wire: Value) -> Value {
    let mut printed = reshape(flatten(wire), true);
    printed.sort_all_objects();
    printed
}

fn flatten(wire: Value) -> Value {
    let Value::Object(mut top) = wire else { return wire };
    if let Some(Value::Object(properties)) = top.remove("properties") {
        for (key, value) in properties {
            top.entry(key).or_insert(value);
        }
    }
    Value::Object(top)
}

fn reshape(value: Value, grouped: bool) -> Value {
    match value {
        Value::Object(fields) => reshape_object(fields, grouped),
        Value::Array(elements) => elements.into_iter().map(|element| reshape(element, grouped)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn reshape_object(fields: Map<String, Value>, grouped: bool) -> Value {
    let group = fields.get("id").and_then(Value::as_str).and_then(resource_group).map(str::to_owned);
    let has_group = fields.keys().any(|key| key.eq_ignore_ascii_case("resourceGroup"));
    let mut printed = Map::new();
    for (key, value) in fields {
        if !NOT_PRINTED.contains(&key.as_str()) {
            let value = reshape_field(&key, value, grouped);
            printed.insert(respell(key), value);
        }
    }
    if let Some(group) = group.filter(|_| grouped && !has_group) {
        printed.insert("resourceGroup".to_owned(), Value::String(group));
    }
    Value::Object(printed)
}

fn reshape_field(key: &str, value: Value, grouped: bool) -> Value {
    match value {
        Value::String(text) => Value::String(reshape_text(key, text)),
        value if key == USERS_OWN => value,
        value => reshape(value, grouped && key != UNGROUPED),
    }
}

fn reshape_text(key: &str, text: String) -> String {
    if key == "maxWallClockTime" {
        duration(&text)
    } else if key == "lastModified" || key.ends_with("Time") {
        timestamp(&text)
    } else {
        text
    }
}

fn respell(key: String) -> String {
    SPELLED.iter().find(|(wire, _)| *wire == key).map_or(key, |(_, printed)| (*printed).to_owned())
}

/// A moment as Python's `isoformat` has it: `2018-06-13T00:35:47.573000+00:00`, no fraction when it is zero.
/// Text that is not a moment stays as it is.
#[must_use]
pub fn timestamp(wire: &str) -> String {
    let Ok(at) = wire.parse::<Timestamp>() else { return wire.to_owned() };
    let at = TimeZone::UTC.to_datetime(at);
    format!("{}{}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S"), fraction(i128::from(at.subsec_nanosecond()) / 1000))
}

/// An ISO 8601 duration as Python prints a `timedelta`: `7 days, 0:00:00`, `2:00:00`. Text that is not a
/// duration, or one of months and years, stays as it is.
#[must_use]
pub fn duration(wire: &str) -> String {
    microseconds(wire).map_or_else(|| wire.to_owned(), timedelta)
}

fn microseconds(wire: &str) -> Option<i128> {
    // Without this, jiff would also take its own friendly form, which is not on the wire.
    let span: Span = wire.starts_with(['P', '-']).then(|| wire.parse().ok())??;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let hours = (i128::from(span.get_weeks()) * 7 + i128::from(span.get_days())) * 24 + i128::from(span.get_hours());
    let seconds = (hours * 60 + i128::from(span.get_minutes())) * 60 + i128::from(span.get_seconds());
    let milliseconds = seconds * 1000 + i128::from(span.get_milliseconds());
    let below = i128::from(span.get_microseconds()) + i128::from(span.get_nanoseconds()) / 1000;
    Some(milliseconds * 1000 + below)
}

/// As in Python, only the days can be negative.
#[must_use]
pub fn timedelta(microseconds: i128) -> String {
    let (seconds, below) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let (hours, minutes) = (second / 3600, second / 60 % 60);
    format!("{days}{hours}:{minutes:02}:{:02}{}", second % 60, fraction(below))
}

fn fraction(microseconds: i128) -> String {
    if microseconds == 0 { String::new() } else { format!(".{microseconds:06}") }
}

/// The resource group of any ARM id, as written there.
fn resource_group(id: &str) -> Option<&str> {
    let in_subscription = id.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"));
    in_subscription.then(|| segment(id, "resourceGroups"))?
}

/// The name that follows a fixed word of an ARM id, such as `workspaces`.
#[must_use]
pub fn segment<'a>(id: &'a str, word: &str) -> Option<&'a str> {
    let parts: Vec<&str> = id.split('/').skip(1).collect();
    parts.chunks_exact(2).find(|pair| pair[0].eq_ignore_ascii_case(word) && !pair[1].is_empty()).map(|pair| pair[1])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_have_six_digits_of_fraction_or_none() {
        assert_eq!(timestamp("2018-06-13T00:35:47.573Z"), "2018-06-13T00:35:47.573000+00:00");
        assert_eq!(timestamp("2018-06-06T20:19:17.24Z"), "2018-06-06T20:19:17.240000+00:00");
        assert_eq!(timestamp("2018-06-13T02:35:47+02:00"), "2018-06-13T00:35:47+00:00");
        assert_eq!(timestamp("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59.500000+00:00");
        assert_eq!(timestamp("yesterday"), "yesterday");
    }

    #[test]
    fn durations_are_printed_as_python_does() {
        let cases = [
            ("P7D", "7 days, 0:00:00"),
            ("P1W", "7 days, 0:00:00"),
            ("PT2H", "2:00:00"),
            ("P1DT30S", "1 day, 0:00:30"),
            ("PT36H", "1 day, 12:00:00"),
            ("PT0S", "0:00:00"),
            ("PT90.5S", "0:01:30.500000"),
            ("-PT1S", "-1 day, 23:59:59"),
            ("P1M", "P1M"),
            ("7 days", "7 days"),
            ("7.00:00:00", "7.00:00:00"),
        ];
        for (wire, printed) in cases {
            assert_eq!(duration(wire), printed, "{wire}");
        }
    }

    #[test]
    fn the_group_of_an_id_is_added_at_every_depth_but_below_a_vault() {
        let id = "/subscriptions/s/resourcegroups/RG/providers/Microsoft.KeyVault/vaults/v";
        let wire = json!({"a": [{"id": id}], "sourceVault": {"id": id}, "b": {"id": id, "ResourceGroup": "own"}});
        let printed = shape(wire);
        assert_eq!(printed["a"][0]["resourceGroup"], "RG");
        assert_eq!(printed["sourceVault"], json!({"id": id}));
        assert_eq!(printed["b"], json!({"id": id, "ResourceGroup": "own"}));
    }

    #[test]
    fn an_id_without_a_group_gets_none() {
        for id in ["INPUT", "", "/subscriptions/s", "/subscriptions/s/resourceGroups", "/x/y/resourceGroups/rg", "ä"] {
            assert_eq!(shape(json!({"id": id})), json!({"id": id}));
        }
    }

    #[test]
    fn labels_of_the_user_are_left_alone() {
        let tags = json!({"creationTime": "2018-06-13T00:35:47Z", "generation": "3", "id": "/subscriptions/s/resourceGroups/g"});
        assert_eq!(shape(json!({"tags": tags}))["tags"], tags);
    }

    #[test]
    fn names_are_spelled_as_the_sdk_spells_them_and_keys_are_sorted() {
        let wire = json!({"name": "n", "properties": {"diskSizeInGB": 1, "fileServerPublicIP": "p", "generation": 2}});
        assert_eq!(shape(wire).to_string(), r#"{"diskSizeInGb":1,"fileServerPublicIp":"p","name":"n"}"#);
    }

    #[test]
    fn a_top_level_name_wins_over_one_of_the_properties() {
        assert_eq!(shape(json!({"name": "top", "properties": {"name": "below"}})), json!({"name": "top"}));
    }
}
