//! Puts the description together.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use domain::access::{Check, Operation, Role, Rule, Side};
use serde_json::{Map, Value, json};

use super::handler::{Reply, Signature};
use super::operation::{about, asks_another_system};
use super::schema::Schemas;
use crate::error::ErrorResponse;
use crate::extract::QueryValue;
use crate::health;
use crate::idempotency;
use crate::router::{ROUTES, handler};
use crate::version::{self, is_versioned, takes_if_match};

/// The whole description, in OpenAPI 3.1; `version` is the build's.
pub fn description(version: &str) -> Value {
    let mut schemas = Schemas::new();
    let error = schemas.of::<ErrorResponse>();
    let mut paths = Map::new();
    for (method, path, operation) in ROUTES {
        if let Some(routed) = handler(method, *operation) {
            let signature = (routed.signature)(&mut schemas);
            add(&mut paths, path, method, guarded(method, path, *operation, signature, &error));
        }
    }
    for (path, id, summary, replies) in open_operations(&mut schemas) {
        let parameters =
            parameters(path, &Signature { path: vec![json!({ "type": "string" })], ..Signature::default() });
        let mut described = json!({ "operationId": id, "tags": ["service"], "summary": summary, "security": [] });
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        described["responses"] = responses(&replies).into();
        add(&mut paths, path, &Method::GET, described);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "interventions", "version": version, "license": { "name": "MIT", "identifier": "MIT" } },
        "servers": [{ "url": "/" }],
        "security": [{ "bearerJwt": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.named(),
            "securitySchemes": { "bearerJwt": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } }
        }
    })
}

fn add(paths: &mut Map<String, Value>, path: &str, method: &Method, described: Value) {
    let entry = paths.entry(path).or_insert_with(|| json!({}));
    entry[method.as_str().to_ascii_lowercase()] = described;
}

/// An operation that needs a token.
fn guarded(method: &Method, path: &str, operation: Operation, signature: Signature, error: &Value) -> Value {
    let (rule, about) = (operation.rule(), about(operation));
    let mut parameters = parameters(path, &signature);
    let mut failures = BTreeSet::from([401, 403, 500, 503]);
    failures.extend(about.fails_with);
    if *method == Method::POST {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": idempotency::key_schema()
        }));
        // A key that came with another request before; with a key, the body is read even where it is not used.
        failures.extend([413, 422]);
    }
    if takes_if_match(method, operation) {
        parameters.push(
            json!({ "name": "If-Match", "in": "header", "required": false, "schema": version::if_match_schema() }),
        );
        failures.insert(409);
    }
    if !parameters.is_empty() || signature.body.is_some() {
        failures.insert(400);
    }
    if signature.body.is_some() {
        failures.extend([413, 415]);
    }
    let mut replies = signature.replies;
    let successes: Vec<String> = replies.iter().map(|reply| reply.status.to_string()).collect();
    replies.extend(failures.into_iter().map(|status| match status {
        401 => Reply::empty(401),
        status => Reply { content: Some(("application/json", error.clone())), ..Reply::empty(status) },
    }));
    let mut responses = responses(&replies);
    if is_versioned(operation) {
        for status in successes {
            responses[&status]["headers"]["ETag"] = json!({ "schema": version::tag_schema() });
        }
    }
    if rule.check != Check::Open || asks_another_system(operation) {
        let content = json!({ "application/json": { "schema": error } });
        let passed_on = json!({ "description": "Another system failed, with its status.", "content": content });
        responses.insert("default".to_owned(), passed_on);
    }
    let mut described = json!({
        "operationId": operation.as_str(), "tags": [tag(path)], "summary": about.summary, "x-access": access(rule)
    });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = signature.body {
        described["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": body } } });
    }
    described["responses"] = responses.into();
    described
}

/// The part of the product, by the first name in the path.
fn tag(path: &str) -> &str {
    match path.split('/').nth(1).unwrap_or_default() {
        "draft-referral" | "draft-referrals" => "drafts",
        "sent-referral" | "sent-referrals" | "referral-withdrawal-reasons" | "referral-cancellation-reasons" => {
            "sent referrals"
        }
        "draft-action-plan" | "action-plan" => "action plans and sessions",
        "referral" | "supplier-assessment" => "appointments",
        "draft-end-of-service-report" | "end-of-service-report" => "end of service reports",
        "case-note" => "case notes",
        "interventions" | "my-interventions" | "intervention" | "pcc-regions" | "service-category" => "catalogue",
        _ => "other systems",
    }
}

/// The parameters: the names in the path with their schemas, then the query.
fn parameters(path: &str, signature: &Signature) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let of_path = names
        .zip(&signature.path)
        .map(|(name, schema)| json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    let of_query = signature.query.iter().map(|QueryValue { name, schema, is_required, is_repeated }| {
        let mut parameter = json!({ "name": name, "in": "query", "required": is_required, "schema": schema });
        if schema["type"] == "array" {
            parameter["style"] = "form".into();
            parameter["explode"] = (*is_repeated).into();
        }
        parameter
    });
    of_path.chain(of_query).collect()
}

/// The answers by status; those of one status are one entry.
fn responses(replies: &[Reply]) -> Map<String, Value> {
    let mut by_status: Map<String, Value> = Map::new();
    let mut sorted: Vec<&Reply> = replies.iter().collect();
    sorted.sort_by_key(|reply| reply.status);
    for reply in sorted {
        let words = words(reply.status);
        let entry = by_status.entry(reply.status.to_string()).or_insert_with(|| json!({ "description": words }));
        if let Some((media_type, schema)) = &reply.content {
            entry["content"][*media_type] = json!({ "schema": schema });
        }
        if reply.may_be_empty {
            entry["description"] = format!("{words} The body may be empty.").into();
            entry["x-may-be-empty"] = true.into();
        }
        if reply.has_location {
            entry["headers"]["Location"] = json!({ "required": true, "schema": { "type": "string", "format": "uri" } });
        }
        if reply.status == 401 {
            entry["headers"]["WWW-Authenticate"] = json!({ "required": true, "schema": { "type": "string" } });
        }
    }
    by_status
}

/// A status in words.
fn words(status: u16) -> String {
    let known = match status {
        209 => "The subject is not known by what was given.",
        400 => "Something of the request cannot be accepted.",
        401 => "No token, or none that is accepted.",
        403 => "The caller may not do this.",
        404 => "There is no such thing.",
        409 => "What it is about has a state that does not allow it, or was changed meanwhile.",
        500 => "Another system did not answer, or a fault of this service.",
        503 => "This service cannot answer just now.",
        _ => "",
    };
    if known.is_empty() {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        return format!("{}.", reason.unwrap_or("Answer"));
    }
    known.to_owned()
}

/// Who may, in the words of the access table.
fn access(rule: Rule) -> Value {
    let Rule { roles, side, check } = rule;
    let roles: Vec<&str> = roles.iter().map(|role: &Role| role.as_str()).collect();
    let callers = match side {
        Side::Practitioner => "probation practitioners",
        Side::Provider => "provider staff",
        Side::Either => "probation practitioners and provider staff",
        Side::AnyUser => "any person",
        Side::AnyoneReading => "probation practitioners, provider staff, and machines that read everything",
        Side::AnyToken => "any token",
    };
    let check = match check {
        Check::Open => "nothing further",
        Check::Case => "may see the case",
        Check::OwnDrafts => "only what the caller created",
        Check::Referral => "may see the case, or delivers the contract",
        Check::ProviderScope => "belongs to a provider with a contract",
        Check::Dashboard => "rows are limited to the caller's",
    };
    json!({ "anyRole": roles, "callers": callers, "check": check })
}

/// The operations that need no token: path, id, a line for readers, answers.
fn open_operations(schemas: &mut Schemas) -> Vec<(&'static str, &'static str, &'static str, Vec<Reply>)> {
    let mut health = |statuses: &[u16]| -> Vec<Reply> {
        statuses.iter().map(|status| Reply::json::<health::Component>(*status, schemas)).collect()
    };
    let (ping, probe) = (health(&[200]), health(&[200, 503]));
    let mut component = probe.clone();
    component.push(Reply::empty(404));
    let overall = [200, 503].map(|status| Reply::json::<health::Overall>(status, schemas)).to_vec();
    let any = Reply { content: Some(("application/json", json!({ "type": "object" }))), ..Reply::empty(200) };
    vec![
        ("/health", "getHealth", "How the service is, and its parts", overall),
        ("/health/ping", "getHealthPing", "Whether the service hears", ping),
        ("/health/liveness", "getLiveness", "Whether the process should be left alone", probe.clone()),
        ("/health/readiness", "getReadiness", "Whether requests may be sent here", probe),
        ("/health/{component}", "getHealthComponent", "How one part is", component),
        ("/info", "getInfo", "What was built", vec![Reply::json::<health::Info>(200, schemas)]),
        ("/prometheus", "getPrometheus", "Metrics", vec![Reply::text(200)]),
        ("/v3/api-docs", "getApiDocs", "This description", vec![any]),
        ("/swagger-ui.html", "getSwaggerUi", "A page on which this description can be read", vec![Reply::empty(302)]),
    ]
}
