//! The filters whose results differ between Nunjucks and minijinja; the others are minijinja's own.

use std::borrow::Cow;

use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

use super::dates;
use super::values::{escape, list, pairs, text};

pub(crate) fn register(env: &mut Environment<'static>) {
    // Written by the rewriter, never by an author.
    env.add_filter("__defined", |value: Value, path: String| {
        if value.is_undefined() {
            Err(Error::new(ErrorKind::UndefinedError, format!("`{path}` is undefined")))
        } else {
            Ok(value)
        }
    });
    env.add_filter("__optional", |value: Value| if value.is_undefined() { Value::from(()) } else { value });
    env.add_filter("__each", each);
    env.add_filter("__pairs", |value: Value| match value.kind() {
        ValueKind::Map => {
            Ok(list(pairs(&value).unwrap_or_default().into_iter().map(|(key, item)| list(vec![key, item])).collect()))
        }
        _ => each(value),
    });
    env.add_filter("__length", |value: Value| match value.kind() {
        ValueKind::Map => value.get_attr("length"),
        ValueKind::Undefined | ValueKind::None => Ok(Value::UNDEFINED),
        _ => Ok(Value::from(length(&value))),
    });
    env.add_filter("__val", |value: Value| match value.as_str() {
        Some(text) if value.is_safe() => Ok(Value::from(text)),
        Some(_) => Ok(Value::UNDEFINED),
        None => value.get_attr("val").or(Ok::<_, Error>(Value::UNDEFINED)),
    });

    env.add_filter("safe", |value: Value| Value::from_safe_string(text(&value).into_owned()));
    for name in ["escape", "e"] {
        env.add_filter(name, |value: Value| {
            if value.is_safe() { value } else { Value::from_safe_string(escape(&text(&value)).into_owned()) }
        });
    }
    for name in ["default", "d"] {
        env.add_filter(name, |value: Value, other: Option<Value>, falsy: Option<bool>| {
            let is_missing = if falsy == Some(true) { !value.is_true() } else { value.is_undefined() };
            if is_missing { other.unwrap_or(Value::UNDEFINED) } else { value }
        });
    }
    env.add_filter("trim", |value: Value| like(&value, text(&value).trim().to_owned()));
    env.add_filter("indent", indent);
    env.add_filter("replace", replace);
    env.add_filter("length", |value: Value| length(&value));
    env.add_filter("string", |value: Value| like(&value, text(&value).into_owned()));
    env.add_filter("lower", |value: Value| text(&value).to_lowercase());
    env.add_filter("upper", |value: Value| text(&value).to_uppercase());
    env.add_filter("capitalize", |value: Value| {
        let lower = text(&value).to_lowercase();
        let mut characters = lower.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        like(&value, first + characters.as_str())
    });
    env.add_filter("int", |value: Value, other: Option<Value>| {
        let text = text(&value);
        let text = text.trim_start();
        let sign = usize::from(text.starts_with(['-', '+']));
        let end = text[sign..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| sign + end);
        text[..end].parse::<i64>().map_or_else(|_| other.unwrap_or_else(|| Value::from(0)), Value::from)
    });
    env.add_filter("join", |value: Value, between: Option<Value>, attribute: Option<String>| {
        let between = between.unwrap_or_else(|| Value::from(""));
        let mut parts = Vec::new();
        for item in each(value)?.try_iter()? {
            let item = attribute.as_deref().map_or(Ok(item.clone()), |attribute| item.get_attr(attribute))?;
            parts.push(text(&item).into_owned());
        }
        Ok::<_, Error>(parts.join(&text(&between)))
    });
    env.add_filter("select", |state: &mut State, value: Value, test: Option<String>, arguments: Rest<Value>| {
        choose(state, value, test, &arguments.0, true)
    });
    env.add_filter("reject", |state: &mut State, value: Value, test: Option<String>, arguments: Rest<Value>| {
        choose(state, value, test, &arguments.0, false)
    });
    env.add_filter("date", |value: Value, format: String| dates::format(&text(&value), &format));
    env.add_filter("mojDate", |value: Value, kind: Option<String>| dates::moj_date(&text(&value), kind.as_deref()));
}

/// A changed text that is as safe as the value it came from.
fn like(value: &Value, changed: String) -> Value {
    if value.is_safe() { Value::from_safe_string(changed) } else { Value::from(changed) }
}

/// What a loop goes over: nothing for none and undefined.
fn each(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(list(Vec::new())),
        ValueKind::Map => {
            Err(Error::new(ErrorKind::InvalidOperation, "a loop over an object takes two names, the key and the value"))
        }
        ValueKind::Bool | ValueKind::Number => {
            Err(Error::new(ErrorKind::InvalidOperation, format!("a loop over a {}", value.kind())))
        }
        _ => Ok(value),
    }
}

fn length(value: &Value) -> usize {
    match value.as_str() {
        // JavaScript counts UTF-16 units.
        Some(text) => text.encode_utf16().count(),
        None => value.len().or_else(|| value.try_iter().ok().map(Iterator::count)).unwrap_or(0),
    }
}

fn indent(value: &Value, width: Option<usize>, first: Option<bool>) -> Value {
    let content = text(value);
    if content.is_empty() {
        return Value::from("");
    }
    let space = " ".repeat(width.unwrap_or(4));
    let mut out = String::with_capacity(content.len() + 64);
    for (index, line) in content.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if index > 0 || first == Some(true) {
            out.push_str(&space);
        }
        out.push_str(line);
    }
    like(value, out)
}

fn replace(value: Value, old: &Value, new: &Value, most: Option<usize>) -> Value {
    let content: Cow<'_, str> = match value.kind() {
        ValueKind::String | ValueKind::Number => text(&value),
        _ => return value,
    };
    let (old, new) = (text(old), text(new));
    let replaced = match most {
        Some(most) => content.replacen(&*old, &new, most),
        None => content.replace(&*old, &new),
    };
    like(&value, replaced)
}

fn choose(
    state: &mut State,
    value: Value,
    test: Option<String>,
    arguments: &[Value],
    wanted: bool,
) -> Result<Value, Error> {
    let test = test.unwrap_or_else(|| "truthy".to_owned());
    let mut chosen = Vec::new();
    for item in each(value)?.try_iter()? {
        let mut given = vec![item.clone()];
        given.extend_from_slice(arguments);
        if state.perform_test(&test, &given)? == wanted {
            chosen.push(item);
        }
    }
    Ok(list(chosen))
}
