//! What an unquoted YAML scalar means: the core schema of YAML 1.2 (section 10.3.2 of its specification).

use serde_json::{Number, Value};

/// Null, a boolean, a number, or else the text itself. Infinities and NaN, which JSON lacks, stay text.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(octal) = text.strip_prefix("0o").filter(|digits| !digits.starts_with('+')) {
        return u64::from_str_radix(octal, 8).ok().map(Number::from);
    }
    if let Some(hex) = text.strip_prefix("0x").filter(|digits| !digits.starts_with('+')) {
        return u64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let small = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
        return small.ok().or_else(|| float(text));
    }
    is_float(digits).then(|| float(text)).flatten()
}

fn float(text: &str) -> Option<Number> {
    Number::from_f64(text.parse().ok()?)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, without the sign in front.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    exponent && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_mean_what_the_core_schema_says() {
        let means = [
            ("~", Value::Null),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("0777", json!(777)),
            ("0o17", json!(15)),
            ("0xfF", json!(255)),
            ("+5", json!(5)),
            ("-1.5e3", json!(-1500.0)),
            (".5", json!(0.5)),
            ("18446744073709551615", json!(u64::MAX)),
            ("P7D", json!("P7D")),
            ("7.00:00:00", json!("7.00:00:00")),
            ("1.2.3", json!("1.2.3")),
            ("1e999", json!("1e999")),
            (".inf", json!(".inf")),
            ("-", json!("-")),
            (".", json!(".")),
            ("e5", json!("e5")),
            ("1e", json!("1e")),
        ];
        for (text, value) in means {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
