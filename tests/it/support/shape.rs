//! What no two runs have in common, taken out of output.

/// `text` with every time as `TIME` and every random identity as `UUID`. The subscription of all zeros stays.
pub fn timeless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = time(rest) {
            out.push_str("TIME");
            rest = &rest[length..];
        } else if let Some(length) = identity(rest) {
            out.push_str(if rest.starts_with("00000000-") { &rest[..length] } else { "UUID" });
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The length of `2018-06-13T00:35:47.573000+00:00` at the start of `text`; the fraction may be absent.
fn time(text: &str) -> Option<usize> {
    let length = "2018-06-13T00:35:47".len();
    matches(text, "dddd-dd-ddTdd:dd:dd")?;
    let fraction = if matches(&text[length..], ".dddddd").is_some() { 7 } else { 0 };
    text[length + fraction..].starts_with("+00:00").then_some(length + fraction + 6)
}

fn identity(text: &str) -> Option<usize> {
    matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

/// `d` stands for a digit, `x` for a hexadecimal one, everything else for itself.
fn matches(text: &str, pattern: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let fits = |(at, expected): (usize, u8)| match (bytes.get(at), expected) {
        (None, _) => false,
        (Some(byte), b'd') => byte.is_ascii_digit(),
        (Some(byte), b'x') => byte.is_ascii_hexdigit(),
        (Some(byte), expected) => *byte == expected,
    };
    pattern.bytes().enumerate().all(fits).then_some(pattern.len())
}
