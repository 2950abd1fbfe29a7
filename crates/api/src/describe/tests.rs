//! The description against the contract: every operation, parameter, member, status and word, in both directions. What
//! differs is in `docs/contracts/differences.md` with a reason, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::description;
use crate::router::{OPEN_ROUTES, ROUTES, handler};

const CONTRACT: &str = include_str!("../../../../docs/contracts/rest.json");
const DIFFERENCES: &str = include_str!("../../../../docs/contracts/differences.md");

/// A difference: where, and what.
type Difference = (String, String);

/// The comparison, as far as it has come.
struct Comparison {
    ours: Value,
    theirs: Value,
    found: BTreeSet<Difference>,
    /// Pairs of schemas that were compared, by their name or text.
    seen: BTreeSet<(String, String)>,
}

/// An operation by its id.
struct Described<'a> {
    place: String,
    parts: &'a Value,
}

fn operations(document: &Value) -> BTreeMap<String, Described<'_>> {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().expect("methods").iter().map(move |(method, parts)| {
            let id = parts["operationId"].as_str().expect("an operation id").to_owned();
            (id, Described { place: format!("{method} {path}"), parts })
        })
    });
    all.collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

fn texts(value: &Value) -> BTreeSet<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A schema with its null told apart from the rest of it.
fn without_null(schema: &Value) -> (Value, bool) {
    let is_null = |schema: &Value| schema["type"] == "null";
    if let Some(choices) = schema["anyOf"].as_array() {
        let rest: Vec<Value> = choices.iter().filter(|choice| !is_null(choice)).cloned().collect();
        let may_be_null = rest.len() < choices.len();
        return match &rest[..] {
            [only] => (only.clone(), may_be_null),
            _ => (json!({ "anyOf": rest }), may_be_null),
        };
    }
    let mut schema = schema.clone();
    let types = texts(&schema["type"]);
    if !types.contains("null") {
        return (schema, false);
    }
    let rest: Vec<String> = types.into_iter().filter(|name| name != "null").collect();
    schema["type"] = if let [only] = &rest[..] { json!(only) } else { json!(rest) };
    if let Some(words) = schema["enum"].as_array_mut() {
        words.retain(|word| !word.is_null());
    }
    (schema, true)
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

impl Comparison {
    fn of(ours: Value, theirs: Value) -> Self {
        Self { ours, theirs, found: BTreeSet::new(), seen: BTreeSet::new() }
    }

    fn differ(&mut self, place: &str, what: impl Into<String>) {
        self.found.insert((place.to_owned(), what.into()));
    }

    fn sets(&mut self, place: &str, what: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) {
        for name in ours.difference(theirs) {
            self.differ(place, format!("{what} `{name}` is only ours"));
        }
        for name in theirs.difference(ours) {
            self.differ(place, format!("{what} `{name}` is only the contract's"));
        }
    }

    fn run(mut self) -> BTreeSet<Difference> {
        let (ours, theirs) = (self.ours.clone(), self.theirs.clone());
        let (ours, theirs) = (operations(&ours), operations(&theirs));
        self.sets("operations", "operation", &ours.keys().cloned().collect(), &theirs.keys().cloned().collect());
        for (id, ours) in &ours {
            let Some(theirs) = theirs.get(id) else { continue };
            if ours.place != theirs.place {
                self.differ(id, format!("ours is `{}`, the contract's `{}`", ours.place, theirs.place));
            }
            self.operation(id, ours.parts, theirs.parts);
        }
        self.found
    }

    fn operation(&mut self, id: &str, ours: &Value, theirs: &Value) {
        let needs_token = |parts: &Value| parts.get("security").is_none();
        if needs_token(ours) != needs_token(theirs) {
            self.differ(id, "only one of the two needs a token");
        }
        self.sets(id, "role", &texts(&ours["x-access"]["anyRole"]), &texts(&theirs["x-access"]["anyRole"]));
        self.parameters(id, ours, theirs);
        let body = |parts: &Value| parts["requestBody"]["content"]["application/json"]["schema"].clone();
        match (body(ours), body(theirs)) {
            (Value::Null, Value::Null) => {}
            (Value::Null, _) => self.differ(id, "only the contract takes a body"),
            (_, Value::Null) => self.differ(id, "only ours takes a body"),
            (ours, theirs) => self.schema(&format!("{id} request"), &ours, &theirs),
        }
        self.responses(id, &ours["responses"], &theirs["responses"]);
    }

    fn parameters(&mut self, id: &str, ours: &Value, theirs: &Value) {
        let by_name = |parts: &Value| -> BTreeMap<String, Value> {
            let list = parts["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let name = |part: &Value, key: &str| part[key].as_str().expect("a text").to_owned();
            list.iter().map(|part| (format!("{} {}", name(part, "in"), name(part, "name")), part.clone())).collect()
        };
        let (ours, theirs) = (by_name(ours), by_name(theirs));
        self.sets(id, "parameter", &ours.keys().cloned().collect(), &theirs.keys().cloned().collect());
        for (name, ours) in &ours {
            let Some(theirs) = theirs.get(name) else { continue };
            let place = format!("{id} {name}");
            for key in ["required", "style", "explode"] {
                if ours[key] != theirs[key] {
                    self.differ(&place, format!("{key} is {} with us, {} in the contract", ours[key], theirs[key]));
                }
            }
            self.schema(&place, &ours["schema"], &theirs["schema"]);
        }
    }

    fn responses(&mut self, id: &str, ours: &Value, theirs: &Value) {
        self.sets(id, "status", &keys(ours), &keys(theirs));
        for status in keys(ours).intersection(&keys(theirs)) {
            let (ours, theirs) = (&ours[status], &theirs[status]);
            let place = format!("{id} {status}");
            self.sets(&place, "header", &keys(&ours["headers"]), &keys(&theirs["headers"]));
            self.sets(&place, "media type", &keys(&ours["content"]), &keys(&theirs["content"]));
            for media_type in keys(&ours["content"]).intersection(&keys(&theirs["content"])) {
                let schema = |parts: &Value| parts["content"][media_type]["schema"].clone();
                self.schema(&place, &schema(ours), &schema(theirs));
            }
        }
    }

    /// Compares two schemas; those of a name are compared once, under that name.
    fn schema(&mut self, place: &str, ours: &Value, theirs: &Value) {
        let ((ours, ours_null), (theirs, theirs_null)) = (without_null(ours), without_null(theirs));
        if ours_null != theirs_null {
            let who = if ours_null { "only ours" } else { "only the contract's" };
            self.differ(place, format!("{who} may be null"));
        }
        let place = reference(&theirs).unwrap_or(place).to_owned();
        let pair = (ours.to_string(), theirs.to_string());
        if reference(&theirs).is_some() && !self.seen.insert(pair) {
            return;
        }
        let resolve = |document: &Value, schema: &Value| match reference(schema) {
            Some(name) => document["components"]["schemas"][name].clone(),
            None => schema.clone(),
        };
        let (ours, theirs) = (resolve(&self.ours, &ours), resolve(&self.theirs, &theirs));
        for key in ["type", "format", "minLength", "maxLength", "anyOf"] {
            if ours[key] != theirs[key] {
                self.differ(&place, format!("{key} is {} with us, {} in the contract", ours[key], theirs[key]));
            }
        }
        self.sets(&place, "word", &texts(&ours["enum"]), &texts(&theirs["enum"]));
        self.members(&place, &ours, &theirs);
        if ours["items"].is_object() && theirs["items"].is_object() {
            self.schema(&format!("{place}[]"), &ours["items"], &theirs["items"]);
        }
        if ours["additionalProperties"].is_object() && theirs["additionalProperties"].is_object() {
            self.schema(&format!("{place}.*"), &ours["additionalProperties"], &theirs["additionalProperties"]);
        }
    }

    fn members(&mut self, place: &str, ours: &Value, theirs: &Value) {
        self.sets(place, "member", &keys(&ours["properties"]), &keys(&theirs["properties"]));
        let (ours_needs, theirs_needs) = (texts(&ours["required"]), texts(&theirs["required"]));
        for name in keys(&ours["properties"]).intersection(&keys(&theirs["properties"])) {
            let place = format!("{place}.{name}");
            match (ours_needs.contains(name), theirs_needs.contains(name)) {
                (true, false) => self.differ(&place, "only ours must be there"),
                (false, true) => self.differ(&place, "only the contract's must be there"),
                _ => {}
            }
            self.schema(&place, &ours["properties"][name], &theirs["properties"][name]);
        }
    }
}

/// Whether a text is of a pattern, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).any(|cut| text.is_char_boundary(cut) && matches(rest, &text[cut..]))),
    }
}

/// The rows of the page of differences: place and difference, both patterns. A row without a reason does not count.
fn known() -> Vec<(String, String)> {
    let rows = DIFFERENCES.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::trim).collect::<Vec<_>>());
    let of_three = cells.filter_map(|cells| match cells[..] {
        [place, difference, reason] if !reason.is_empty() && place != "place" => {
            Some((place.trim_matches('`').to_owned(), difference.to_owned()))
        }
        _ => None,
    });
    of_three.collect()
}

#[test]
fn the_description_is_the_contract_s_but_for_the_differences_that_are_told() {
    let contract: Value = serde_json::from_str(CONTRACT).expect("the contract is JSON");
    let found = Comparison::of(description("0"), contract).run();
    let known = known();
    let covers =
        |(place, what): &(String, String), found: &Difference| matches(place, &found.0) && matches(what, &found.1);
    let untold: Vec<_> = found.iter().filter(|found| !known.iter().any(|row| covers(row, found))).collect();
    let unused: Vec<_> = known.iter().filter(|row| !found.iter().any(|found| covers(row, found))).collect();
    let lines = |list: &[&Difference]| {
        list.iter().map(|(place, what)| format!("| `{place}` | {what} | |")).collect::<Vec<_>>().join("\n")
    };
    assert!(untold.is_empty(), "{} differences are not on the list:\n{}", untold.len(), lines(&untold));
    assert!(unused.is_empty(), "{} rows of the list match nothing:\n{}", unused.len(), lines(&unused));
}

#[test]
fn the_comparison_finds_what_differs() {
    let document = |schema: Value, statuses: &[&str]| {
        let reply = json!({ "content": { "application/json": { "schema": schema } } });
        let responses: Map<String, Value> =
            statuses.iter().map(|status| ((*status).to_owned(), reply.clone())).collect();
        json!({ "paths": { "/a": { "get": { "operationId": "getA", "responses": responses } } } })
    };
    let ours = json!({ "type": "object", "required": ["a"], "properties": {
        "a": { "type": ["string", "null"], "enum": ["x", null] }, "b": { "type": "integer" }, "d": { "type": "string" }
    } });
    let theirs = json!({ "type": "object", "required": ["b"], "properties": {
        "a": { "type": "string", "enum": ["x", "y"] }, "b": { "type": "string" }, "c": { "type": "string" },
        "d": { "anyOf": [{ "type": "string" }, { "type": "null" }] }
    } });
    let found = Comparison::of(document(ours.clone(), &["200", "404"]), document(theirs, &["200", "409"])).run();
    let found: Vec<String> = found.into_iter().map(|(place, what)| format!("{place}: {what}")).collect();
    assert_eq!(
        found,
        [
            "getA: status `404` is only ours",
            "getA: status `409` is only the contract's",
            "getA 200: member `c` is only the contract's",
            "getA 200.a: only ours may be null",
            "getA 200.a: only ours must be there",
            "getA 200.a: word `y` is only the contract's",
            "getA 200.b: only the contract's must be there",
            "getA 200.b: type is \"integer\" with us, \"string\" in the contract",
            "getA 200.d: only the contract's may be null",
        ]
    );
    assert!(Comparison::of(document(ours.clone(), &["200"]), document(ours, &["200"])).run().is_empty());
}

#[test]
fn every_routed_operation_is_described_with_each_value_of_its_path() {
    let document = description("0");
    for (method, path, operation) in ROUTES {
        let described = &document["paths"][*path][method.as_str().to_ascii_lowercase()];
        assert_eq!(handler(method, *operation).is_some(), described.is_object(), "{path}");
        let parameters = described["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        assert!(described.is_null() || of_path == path.matches('{').count(), "{path}");
    }
    for (method, path) in OPEN_ROUTES {
        let described = &document["paths"][*path][method.as_str().to_ascii_lowercase()];
        assert!(path.starts_with("/swagger-ui/") || described["security"] == json!([]), "{path}");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(reference(value).map(str::to_owned));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = description("0");
    let mut referred = BTreeSet::new();
    walk(&document, &mut referred);
    assert_eq!(keys(&document["components"]["schemas"]), referred);
}
