//! The fields of one JSON object, read one by one. A fault is written down and reading goes on; null counts as absent.

use std::collections::BTreeSet;
use std::str::FromStr;

use app::import::Fault;
use serde_json::Value;

/// An object that is being read.
pub(super) struct Fields<'a> {
    file: &'a str,
    place: String,
    value: &'a Value,
    faults: &'a mut Vec<Fault>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(file: &'a str, place: &str, value: &'a Value, faults: &'a mut Vec<Fault>) -> Self {
        Self { file, place: place.to_owned(), value, faults, asked: BTreeSet::new() }
    }

    /// Names every field that nobody asked for.
    pub(super) fn finish(self) {
        let Some(object) = self.value.as_object() else {
            let field = self.place.trim_end_matches('.').to_owned();
            self.faults.push(Fault { file: self.file.to_owned(), line: None, field, rule: "is no object".to_owned() });
            return;
        };
        for name in object.keys().filter(|name| !self.asked.contains(name.as_str())) {
            let field = format!("{}{name}", self.place);
            self.faults.push(Fault {
                file: self.file.to_owned(),
                line: None,
                field,
                rule: "is not a known field".to_owned(),
            });
        }
    }

    fn fault(&mut self, name: &str, rule: String) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line: None,
            field: format!("{}{name}", self.place),
            rule,
        });
    }

    fn ask(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.value.get(name).filter(|value| !value.is_null())
    }

    /// The field read by `read`; a value that it does not take is a fault.
    fn maybe<T>(&mut self, name: &'static str, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.ask(name)?;
        let read = read(value);
        if read.is_none() {
            self.fault(name, format!("is not {kind}"));
        }
        read
    }

    /// The same; absent is a fault too.
    fn required<T>(&mut self, name: &'static str, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        if self.ask(name).is_none() {
            // An object that is none is told once, at the end.
            if self.value.is_object() {
                self.fault(name, "is missing".to_owned());
            }
            return None;
        }
        self.maybe(name, kind, read)
    }

    /// A text; empty in the place of one that cannot be read.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        let text = self.required(name, "a text", |value| value.as_str().map(|text| text.trim().to_owned()));
        text.unwrap_or_default()
    }

    pub(super) fn maybe_text(&mut self, name: &'static str) -> Option<String> {
        let text = self.maybe(name, "a text", |value| value.as_str().map(|text| text.trim().to_owned()));
        text.filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.required(name, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, name: &'static str) -> Option<i64> {
        self.required(name, "a whole number", Value::as_i64)
    }

    pub(super) fn maybe_number(&mut self, name: &'static str) -> Option<i64> {
        self.maybe(name, "a whole number", Value::as_i64)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, kind: &str) -> Option<T> {
        self.required(name, kind, |value| value.as_str()?.trim().parse().ok())
    }

    pub(super) fn maybe_parsed<T: FromStr>(&mut self, name: &'static str, kind: &str) -> Option<T> {
        self.maybe(name, kind, |value| value.as_str()?.trim().parse().ok())
    }

    pub(super) fn member<T>(&mut self, name: &'static str, from_text: fn(&str) -> Option<T>) -> Option<T> {
        self.required(name, "one of the known words", |value| from_text(value.as_str()?))
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let texts = self.required(name, "a list of texts", |value| {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(|text| text.trim().to_owned()));
            texts.collect::<Option<Vec<String>>>()
        });
        texts.unwrap_or_default()
    }

    pub(super) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.required(name, "an object", Some)?;
        let mut fields = Fields::of(self.file, &format!("{}{name}.", self.place), value, self.faults);
        let read = read(&mut fields);
        fields.finish();
        read
    }

    pub(super) fn list<T>(&mut self, name: &'static str, read: impl FnMut(&mut Fields<'_>) -> Option<T>) -> Vec<T> {
        if self.required(name, "a list", Value::as_array).is_none() { Vec::new() } else { self.maybe_list(name, read) }
    }

    pub(super) fn maybe_list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(all) = self.maybe(name, "a list", Value::as_array) else { return Vec::new() };
        let mut found = Vec::new();
        for (number, value) in all.iter().enumerate() {
            let place = format!("{}{name}[{number}].", self.place);
            let mut fields = Fields::of(self.file, &place, value, self.faults);
            found.extend(read(&mut fields));
            fields.finish();
        }
        found
    }
}
