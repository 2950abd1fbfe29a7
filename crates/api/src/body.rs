//! Reads a JSON request body member by member, so that every fault of a request is named by its path and all of them
//! are reported together. Unknown members are ignored. Owns no shape; each noun reads its own.
//!
//! The same code describes a shape: it is read from nothing, and what it asks for is written down. So the description
//! of a request cannot differ from what is accepted.

use domain::{ErrorCode, FieldErrors};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::word::{Spelled, schema_of};

/// The members of one JSON object of the request.
pub(crate) struct Members<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
    faults: &'a mut FieldErrors,
    asked: Option<&'a mut Asked>,
}

/// What a shape asks for, when it is described and not read.
#[derive(Default)]
struct Asked {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

/// A value of one member. `None` means that a fault was noted.
pub(crate) trait Member: Sized {
    /// Reads the value, which is not null, of the member at `path`.
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self>;

    /// The JSON schema of what is read, null left aside.
    fn schema() -> Value;
}

/// A shape made of members. `None` only when a fault was noted.
pub(crate) trait Object: Sized {
    /// Reads every member before it gives up, so that all faults are noted.
    fn read(members: &mut Members<'_>) -> Option<Self>;
}

/// Reads a whole body.
///
/// # Errors
/// Every fault of the request, by path.
pub(crate) fn read<T: Object>(object: &Map<String, Value>) -> Result<T, FieldErrors> {
    let mut faults = FieldErrors::default();
    let shape = T::read(&mut Members { object, path: "", faults: &mut faults, asked: None });
    match shape {
        Some(shape) if faults.0.is_empty() => Ok(shape),
        _ => Err(faults),
    }
}

/// The JSON schema of a shape: every member that it asks for, and whether it must be there or may be null.
pub(crate) fn describe<T: Object>() -> Value {
    let (object, mut faults, mut asked) = (Map::new(), FieldErrors::default(), Asked::default());
    T::read(&mut Members { object: &object, path: "", faults: &mut faults, asked: Some(&mut asked) });
    let Asked { properties, required } = asked;
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

/// The schema of a value that may also be null.
pub(crate) fn or_null(mut schema: Value) -> Value {
    if schema["type"].is_string() {
        schema["type"] = json!([schema["type"], "null"]);
        if let Some(Value::Array(words)) = schema.get_mut("enum") {
            words.push(Value::Null);
        }
        schema
    } else {
        json!({ "anyOf": [schema, { "type": "null" }] })
    }
}

impl Members<'_> {
    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn ask<T: Member>(&mut self, name: &str, is_required: bool, may_be_null: bool) {
        if let Some(asked) = &mut self.asked {
            let schema = if may_be_null { or_null(T::schema()) } else { T::schema() };
            asked.properties.insert(name.to_owned(), schema);
            if is_required {
                asked.required.push(name.into());
            }
        }
    }

    /// A member that must be there and not null.
    pub(crate) fn required<T: Member>(&mut self, name: &str) -> Option<T> {
        self.ask::<T>(name, true, false);
        self.demand(name)
    }

    fn demand<T: Member>(&mut self, name: &str) -> Option<T> {
        let path = self.path_of(name);
        match self.object.get(name) {
            None | Some(Value::Null) => {
                self.faults.add(&path, ErrorCode::CannotBeEmpty);
                None
            }
            Some(value) => T::read(value, &path, self.faults),
        }
    }

    /// A member that may be absent or null, which mean the same.
    pub(crate) fn optional<T: Member>(&mut self, name: &str) -> Option<T> {
        self.ask::<T>(name, false, true);
        match self.object.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => T::read(value, &self.path_of(name), self.faults),
        }
    }

    /// A list that may be absent, but not null.
    pub(crate) fn list<T: Member>(&mut self, name: &str) -> Option<Vec<T>> {
        self.ask::<Vec<T>>(name, false, false);
        if self.object.contains_key(name) { self.demand(name) } else { Some(Vec::new()) }
    }

    /// A yes or no that is no when it is not said.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.optional(name).unwrap_or(false)
    }
}

impl<T: Object> Member for T {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let Value::Object(object) = value else {
            faults.add(path, ErrorCode::InvalidFormat);
            return None;
        };
        T::read(&mut Members { object, path, faults, asked: None })
    }

    fn schema() -> Value {
        describe::<T>()
    }
}

impl<T: Member> Member for Vec<T> {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let Value::Array(items) = value else {
            faults.add(path, ErrorCode::InvalidFormat);
            return None;
        };
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let path = format!("{path}[{index}]");
                if item.is_null() {
                    faults.add(&path, ErrorCode::CannotBeEmpty);
                    return None;
                }
                T::read(item, &path, faults)
            })
            .collect();
        read.into_iter().collect()
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// The text of a member. The database cannot hold the zero character, so no text may.
fn text<'a>(value: &'a Value, path: &str, faults: &mut FieldErrors) -> Option<&'a str> {
    let text = value.as_str().filter(|text| !text.contains('\0'));
    if text.is_none() {
        faults.add(path, ErrorCode::InvalidFormat);
    }
    text
}

/// The schema of a text of the request.
pub(crate) fn text_schema() -> Value {
    json!({ "type": "string", "pattern": "^[^\\u0000]*$" })
}

/// The schema of a whole number of the request, which has bounds of its own.
pub(crate) fn number_schema<N: Into<Value>>(format: &str, least: N, most: N) -> Value {
    json!({ "type": "integer", "format": format, "minimum": least.into(), "maximum": most.into() })
}

/// The schema of a text that has a form.
pub(crate) fn formed_schema(format: &str) -> Value {
    json!({ "type": "string", "format": format })
}

/// A member whose text must be of some form.
fn formed<T>(
    value: &Value,
    path: &str,
    faults: &mut FieldErrors,
    code: ErrorCode,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let parsed = parse(text(value, path, faults)?);
    if parsed.is_none() {
        faults.add(path, code);
    }
    parsed
}

impl Member for String {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        text(value, path, faults).map(str::to_owned)
    }

    fn schema() -> Value {
        text_schema()
    }
}

impl Member for bool {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let read = value.as_bool();
        if read.is_none() {
            faults.add(path, ErrorCode::InvalidFormat);
        }
        read
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Member for i64 {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let Value::Number(number) = value else {
            faults.add(path, ErrorCode::InvalidFormat);
            return None;
        };
        // `12.0` is a whole number to JSON; its text is that of the whole number and a zero fraction.
        let whole = number.as_i64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok());
        if whole.is_none() {
            faults.add(path, ErrorCode::InvalidValue);
        }
        whole
    }

    fn schema() -> Value {
        number_schema("int64", i64::MIN, i64::MAX)
    }
}

impl Member for i32 {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let narrow = i32::try_from(i64::read(value, path, faults)?).ok();
        if narrow.is_none() {
            faults.add(path, ErrorCode::InvalidValue);
        }
        narrow
    }

    fn schema() -> Value {
        number_schema("int32", i32::MIN, i32::MAX)
    }
}

impl Member for Uuid {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        formed(value, path, faults, ErrorCode::InvalidFormat, parse_uuid)
    }

    fn schema() -> Value {
        formed_schema("uuid")
    }
}

impl Member for Date {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        formed(value, path, faults, ErrorCode::InvalidFormat, parse_date)
    }

    fn schema() -> Value {
        formed_schema("date")
    }
}

impl Member for Timestamp {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        formed(value, path, faults, ErrorCode::InvalidFormat, parse_instant)
    }

    fn schema() -> Value {
        formed_schema("date-time")
    }
}

macro_rules! id_members {
    ($($id:ident),+ $(,)?) => {$(
        impl Member for domain::$id {
            fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
                Uuid::read(value, path, faults).map(Self)
            }

            fn schema() -> Value {
                Uuid::schema()
            }
        }
    )+};
}

id_members!(ReferralId, InterventionId, ServiceCategoryId, ComplexityLevelId, DesiredOutcomeId);

macro_rules! spelled_members {
    ($($set:path),+ $(,)?) => {$(
        impl Member for $set {
            fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
                formed(value, path, faults, ErrorCode::InvalidValue, <$set>::of_word)
            }

            fn schema() -> Value {
                schema_of::<$set>().to_value()
            }
        }
    )+};
}

spelled_members!(
    domain::referral::LocationType,
    domain::appointment::DeliveryType,
    domain::appointment::SessionType,
    domain::feedback::Attended,
    domain::feedback::NoSessionReason,
    domain::end_of_service_report::AchievementLevel,
);

/// A UUID in its usual form of 36 characters; the shorter and decorated forms are refused.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

/// A calendar date, `yyyy-MM-dd`, nothing more.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10 && !text.starts_with('-')).then(|| text.parse().ok()).flatten()
}

/// An instant with any offset, cut to whole microseconds: what the database keeps.
pub(crate) fn parse_instant(text: &str) -> Option<Timestamp> {
    let instant: Timestamp = text.parse().ok()?;
    Timestamp::from_microsecond(instant.as_microsecond()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Inner(i32);

    impl Object for Inner {
        fn read(members: &mut Members<'_>) -> Option<Self> {
            Some(Self(members.required("number")?))
        }
    }

    #[derive(Debug, PartialEq)]
    struct Outer {
        id: Uuid,
        note: Option<String>,
        late: bool,
        inner: Option<Inner>,
        items: Vec<Inner>,
    }

    impl Object for Outer {
        fn read(members: &mut Members<'_>) -> Option<Self> {
            let (id, note, late) = (members.required("id"), members.optional("note"), members.flag("late"));
            let (inner, items) = (members.optional("inner"), members.list("items"));
            Some(Self { id: id?, note, late, inner, items: items? })
        }
    }

    fn outer(body: &Value) -> Result<Outer, String> {
        read(body.as_object().expect("an object")).map_err(|faults| faults.to_string())
    }

    #[test]
    fn absent_and_null_are_alike_and_unknown_members_are_ignored() {
        let id = Uuid::nil();
        let expected = Outer { id, note: None, late: false, inner: None, items: vec![] };
        assert_eq!(outer(&json!({"id": id, "note": null, "late": null, "more": 1})), Ok(expected));
    }

    #[test]
    fn every_fault_is_named_by_its_path() {
        let body = json!({"note": 7, "late": "yes", "inner": {}, "items": [{"number": 1}, {"number": "x"}, null]});
        assert_eq!(
            outer(&body),
            Err("id CANNOT_BE_EMPTY, note INVALID_FORMAT, late INVALID_FORMAT, inner.number CANNOT_BE_EMPTY, \
                 items[1].number INVALID_FORMAT, items[2] CANNOT_BE_EMPTY"
                .to_owned())
        );
    }

    #[test]
    fn a_shape_describes_what_it_asks_for() {
        let (text, number) = (text_schema(), i32::schema());
        let inner = json!({ "type": "object", "properties": { "number": number }, "required": ["number"] });
        let expected = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string", "format": "uuid" },
                "note": { "type": ["string", "null"], "pattern": text["pattern"] },
                "late": { "type": ["boolean", "null"] },
                "inner": { "type": ["object", "null"], "properties": inner["properties"], "required": ["number"] },
                "items": { "type": "array", "items": inner }
            },
            "required": ["id"]
        });
        assert_eq!(describe::<Outer>(), expected);
    }

    #[test]
    fn texts_with_the_zero_character_are_refused() {
        let faults = outer(&json!({"id": Uuid::nil(), "note": "a\u{0}b"}));
        assert_eq!(faults, Err("note INVALID_FORMAT".to_owned()));
    }

    #[test]
    fn whole_numbers_must_fit_and_may_be_written_with_a_zero_fraction() {
        let number = |value: Value| {
            let mut faults = FieldErrors::default();
            i32::read(&value, "n", &mut faults).ok_or(faults.to_string())
        };
        assert_eq!(number(json!(12)), Ok(12));
        assert_eq!(number(json!(12.0)), Ok(12));
        assert_eq!(number(json!(12.5)), Err("n INVALID_VALUE".to_owned()));
        assert_eq!(number(json!(2_147_483_648_i64)), Err("n INVALID_VALUE".to_owned()));
        assert_eq!(number(json!("12")), Err("n INVALID_FORMAT".to_owned()));
    }

    #[test]
    fn uuids_dates_and_instants_have_one_form() {
        assert!(parse_uuid("7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11").is_some());
        assert!(parse_uuid("7f3c1d526b0e4c359a5d2f1f8f0f2a11").is_none());
        assert!(parse_date("2031-02-03").is_some());
        for bad in ["2031-02-30", "2031-2-3", "20310203", "2031-02-03T00:00:00Z", ""] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
        let summer = parse_instant("2031-07-03T10:00:00.123456789+01:00").expect("an instant");
        assert_eq!(summer.to_string(), "2031-07-03T09:00:00.123456Z");
        for bad in ["2031-07-03T10:00:00", "2031-07-03", "now"] {
            assert!(parse_instant(bad).is_none(), "{bad}");
        }
    }
}
