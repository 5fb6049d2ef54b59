//! What `job show` and `cluster show` print, made again into what a file may say: the printed form has resource groups
//! beside ids, and durations as Python prints them (azure-cli-core 2.0.65, msrest 0.6).

use serde_json::Value;

/// Undoes what printing added or changed. What a user wrote in the words of the wire stays as it is.
pub(super) fn restore(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let has_id = fields.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with('/'));
            if has_id {
                fields.remove("resourceGroup");
            }
            if let Some(Value::String(text)) = fields.get_mut("maxWallClockTime")
                && let Some(iso) = iso_duration(text)
            {
                *text = iso;
            }
            fields.values_mut().for_each(restore);
        }
        Value::Array(elements) => elements.iter_mut().for_each(restore),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `7 days, 0:00:00` as `P7D`; `None` for what Python would not print: there, hours have no zero before them.
fn iso_duration(text: &str) -> Option<String> {
    let (days, clock) = match text.split_once(", ") {
        Some((days, clock)) => (days.strip_suffix(" days").or_else(|| days.strip_suffix(" day"))?, clock),
        None => ("0", text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return None };
    let is_clock = (*hours == "0" || !hours.starts_with('0')) && minutes.len() == 2 && seconds.len() == 2;
    let numbers = [days, hours, minutes, seconds].map(|part| part.parse::<u32>().ok());
    let [Some(days), Some(hours), Some(minutes), Some(seconds)] = numbers else { return None };
    let is_in_bounds = hours < 24 && minutes < 60 && seconds < 60;
    (is_clock && is_in_bounds).then(|| format!("P{days}DT{hours}H{minutes}M{seconds}S"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn python_durations_become_iso_8601_and_nothing_else_does() {
        assert_eq!(iso_duration("7 days, 0:00:00").as_deref(), Some("P7DT0H0M0S"));
        assert_eq!(iso_duration("1 day, 2:03:04").as_deref(), Some("P1DT2H3M4S"));
        assert_eq!(iso_duration("0:10:00").as_deref(), Some("P0DT0H10M0S"));
        for other in ["P7D", "02:30:00", "2:30", "24:00:00", "7.00:00:00", "x days, 0:00:00", "", "1:2:3"] {
            assert_eq!(iso_duration(other), None, "{other}");
        }
    }

    #[test]
    fn resource_groups_go_where_printing_put_them_only() {
        let mut file = json!({
            "resourceGroup": "mine",
            "cluster": { "id": "/subscriptions/s", "resourceGroup": "g" },
            "inputDirectories": [{ "id": "IN", "path": "/x" }],
            "environmentVariables": [{ "name": "maxWallClockTime", "value": "0:10:00" }]
        });
        restore(&mut file);
        assert_eq!(file["resourceGroup"], "mine");
        assert_eq!(file["cluster"], json!({ "id": "/subscriptions/s" }));
        assert_eq!(file["environmentVariables"][0]["value"], "0:10:00");
    }
}
