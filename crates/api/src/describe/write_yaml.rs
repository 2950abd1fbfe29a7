//! The description as YAML, for people who would rather read that: the block form, and texts as JSON writes them,
//! which YAML reads alike.

use std::fmt::Write as _;

use serde_json::Value;

/// A JSON value as a YAML document.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0);
    text
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn write_value(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if is_nested(value) => {
            for (name, member) in members {
                let _infallible = write!(text, "{indent}{}:", key(name));
                write_member(text, member, depth + 1);
            }
        }
        Value::Array(items) if is_nested(value) => {
            for item in items {
                let _infallible = write!(text, "{indent}-");
                write_member(text, item, depth + 1);
            }
        }
        scalar => {
            let _infallible = writeln!(text, "{indent}{scalar}");
        }
    }
}

fn write_member(text: &mut String, value: &Value, depth: usize) {
    if is_nested(value) {
        text.push('\n');
        write_value(text, value, depth);
    } else {
        let _infallible = writeln!(text, " {value}");
    }
}

/// A name that YAML takes for a text as it stands, or the name in quotes.
fn key(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&name.to_ascii_lowercase().as_str());
    if is_plain { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_are_indented_and_texts_quoted() {
        let value = json!({
            "openapi": "3.1.0", "paths": { "/a": { "get": { "tags": [], "no": [1, { "x": null, "y": "a\nb" }] } } }
        });
        let expected = "openapi: \"3.1.0\"\npaths:\n  \"/a\":\n    get:\n      tags: []\n      \"no\":\n        - 1\n        \
                        -\n          x: null\n          \"y\": \"a\\nb\"\n";
        assert_eq!(yaml(&value), expected);
    }
}
