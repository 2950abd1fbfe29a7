//! Values with JavaScript's habits.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

/// An empty list or object, which is true in JavaScript.
#[derive(Debug)]
struct Empty(ObjectRepr);

impl Object for Empty {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        self.0
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A list literal.
pub(crate) fn list(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::from_object(Empty(ObjectRepr::Seq)) } else { Value::from(items) }
}

/// The literal `{}`.
pub(crate) fn empty_dict() -> Value {
    Value::from_object(Empty(ObjectRepr::Map))
}

/// A page's value as an official template must see it: empty lists and objects are true, at every depth.
pub(crate) fn from_page(value: &Value) -> Value {
    replace_empty(value).unwrap_or_else(|| value.clone())
}

/// The value with its empty lists and objects replaced, or nothing when there are none.
fn replace_empty(value: &Value) -> Option<Value> {
    match value.kind() {
        ValueKind::Seq => {
            let items: Vec<Value> = value.try_iter().ok()?.collect();
            if items.is_empty() {
                return Some(list(items));
            }
            let replaced: Vec<_> = items.iter().map(replace_empty).collect();
            if replaced.iter().all(Option::is_none) {
                return None;
            }
            Some(items.into_iter().zip(replaced).map(|(item, new)| new.unwrap_or(item)).collect())
        }
        ValueKind::Map => {
            let entries: Vec<(Value, Value)> = pairs(value)?;
            if entries.is_empty() {
                return Some(empty_dict());
            }
            let replaced: Vec<_> = entries.iter().map(|(_, item)| replace_empty(item)).collect();
            if replaced.iter().all(Option::is_none) {
                return None;
            }
            let entries = entries.into_iter().zip(replaced);
            Some(Value::from_pairs(entries.map(|((key, item), new)| (key, new.unwrap_or(item)))))
        }
        _ => None,
    }
}

/// The entries of an object, in order.
pub(crate) fn pairs(value: &Value) -> Option<Vec<(Value, Value)>> {
    let keys = value.try_iter().ok()?;
    keys.map(|key| value.get_item(&key).ok().map(|item| (key, item))).collect()
}

/// JavaScript's `String(value)`, but nothing for none and undefined.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    if let Some(text) = value.as_str() {
        return Cow::Borrowed(text);
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Cow::Borrowed(""),
        ValueKind::Bool => Cow::Borrowed(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) => Cow::Owned(format!("{number}")),
            Err(_) => Cow::Owned(value.to_string()),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let mut out = String::new();
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                let _ = write!(out, "{}{}", if index > 0 { "," } else { "" }, text(&item));
            }
            Cow::Owned(out)
        }
        ValueKind::Map => Cow::Borrowed("[object Object]"),
        _ => Cow::Owned(value.to_string()),
    }
}

/// Nunjucks' HTML escaping.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '"', '\'', '<', '>', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// JavaScript's `===`, except that two lists or objects are compared by content.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    left.kind() == right.kind() && left == right
}

/// Nunjucks' `in`: part of a text, item of a list, or key of an object.
pub(crate) fn contains(of: &Value, item: &Value) -> bool {
    if let Some(of) = of.as_str() {
        return of.contains(&*text(item));
    }
    match of.kind() {
        ValueKind::Map => of.get_item(item).is_ok_and(|found| !found.is_undefined()),
        _ => of.try_iter().is_ok_and(|mut items| items.any(|known| same(&known, item))),
    }
}

/// JavaScript's `+`, from left to right: numbers add up until the first text.
///
/// `nothing` is true for pages, where none joins as nothing; in a component it is the word, as in JavaScript.
pub(crate) fn join(parts: &[Value], nothing: bool) -> Result<Value, Error> {
    let text = |value: &Value| match value.kind() {
        ValueKind::None if !nothing => "null".to_owned(),
        ValueKind::Undefined if !nothing => "undefined".to_owned(),
        _ => text(value).into_owned(),
    };
    let Some((first, rest)) = parts.split_first() else { return Ok(Value::from("")) };
    let mut sum = first.clone();
    for part in rest {
        sum =
            if sum.is_number() && part.is_number() { add(&sum, part)? } else { Value::from(text(&sum) + &text(part)) };
    }
    Ok(sum)
}

fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64())
        && let Some(sum) = left.checked_add(right)
    {
        return Ok(Value::from(sum));
    }
    Ok(Value::from(f64::try_from(left.clone())? + f64::try_from(right.clone())?))
}

/// The methods of JavaScript's lists and strings that templates call.
pub(crate) fn method(_: &mut State, of: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let first = arguments.first().map(text).unwrap_or_default();
    if let Some(text) = of.as_str() {
        return match name {
            "includes" => Ok(Value::from(text.contains(&*first))),
            "startsWith" => Ok(Value::from(text.starts_with(&*first))),
            "endsWith" => Ok(Value::from(text.ends_with(&*first))),
            "toLowerCase" => Ok(Value::from(text.to_lowercase())),
            "toUpperCase" => Ok(Value::from(text.to_uppercase())),
            "trim" => Ok(Value::from(text.trim())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        };
    }
    if !matches!(of.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(Error::from(ErrorKind::UnknownMethod));
    }
    let mut items: Vec<Value> = of.try_iter()?.collect();
    match name {
        "concat" => {
            for argument in arguments {
                match argument.kind() {
                    ValueKind::Seq | ValueKind::Iterable => items.extend(argument.try_iter()?),
                    _ => items.push(argument.clone()),
                }
            }
            Ok(list(items))
        }
        "includes" => Ok(Value::from(arguments.first().is_some_and(|wanted| items.contains(wanted)))),
        "join" => {
            let between = if arguments.is_empty() { "," } else { &*first };
            Ok(Value::from(items.iter().map(text).collect::<Vec<_>>().join(between)))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}
