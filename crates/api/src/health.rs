//! What probes, dashboards and deployments ask: health, build information, metrics. Open to everybody, so it says
//! nothing that an outsider may not know.

use std::collections::BTreeMap;

use app::health::Health;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::extract::Id;
use crate::router::{Api, Build};

const UP: &str = "UP";
const DOWN: &str = "DOWN";

/// One thing that can be up or down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Component {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Overall {
    status: &'static str,
    groups: [&'static str; 2],
    components: BTreeMap<&'static str, Component>,
}

fn word(is_up: bool) -> &'static str {
    if is_up { UP } else { DOWN }
}

fn http_status(status: &str) -> StatusCode {
    if status == UP { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn components(health: Health, version: &str) -> BTreeMap<&'static str, Component> {
    let plain = |is_up| Component { status: word(is_up), details: None };
    BTreeMap::from([
        ("db", plain(health.database)),
        ("healthInfo", Component { status: UP, details: Some(json!({ "version": version })) }),
        ("livenessState", plain(true)),
        ("ping", plain(true)),
        ("readinessState", plain(health.is_up())),
    ])
}

/// `GET /health`.
pub(crate) async fn overall(State(api): State<Api>) -> Response {
    let health = api.app.health().await;
    let overall = Overall {
        status: word(health.is_up()),
        groups: ["liveness", "readiness"],
        components: components(health, &api.settings.build.version),
    };
    (http_status(overall.status), Json(overall)).into_response()
}

/// `GET /health/{component}`: one component, or the group that a probe asks for.
pub(crate) async fn component(State(api): State<Api>, Id(name): Id<String>) -> Response {
    let name = match name.as_str() {
        "liveness" => "livenessState",
        "readiness" => "readinessState",
        other => other,
    };
    // Whether we live must not depend on the database: a probe would restart us for its outage.
    let health = match name {
        "ping" | "livenessState" | "healthInfo" => Health { database: true },
        _ => api.app.health().await,
    };
    match components(health, &api.settings.build.version).remove(name) {
        Some(component) => (http_status(component.status), Json(component)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What is running. Without a commit `git` is there, and empty.
fn build_information(Build { version, time, commit }: &Build) -> Value {
    let git = commit.as_ref().map_or_else(|| json!({}), |id| json!({ "commit": { "id": id } }));
    let build = json!({
        "name": "interventions",
        "artifact": "interventions",
        "version": version,
        "time": time,
    });
    json!({ "build": build, "git": git })
}

/// `GET /info`.
pub(crate) async fn info(State(api): State<Api>) -> Json<Value> {
    Json(build_information(&api.settings.build))
}

/// `GET /prometheus`.
pub(crate) async fn prometheus(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.settings.metrics.render())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_takes_readiness_down_and_not_liveness() {
        let down = components(Health { database: false }, "2031-02-03.1");
        let status = |name: &str| down.get(name).map(|component| component.status);
        assert_eq!((status("db"), status("readinessState")), (Some(DOWN), Some(DOWN)));
        assert_eq!((status("livenessState"), status("ping")), (Some(UP), Some(UP)));
        let version = down.get("healthInfo").and_then(|info| info.details.clone());
        assert_eq!(version, Some(json!({ "version": "2031-02-03.1" })));
        assert_eq!(serde_json::to_value(&down["ping"]).expect("serialises"), json!({ "status": "UP" }));
    }

    #[test]
    fn the_build_says_what_it_was_made_of_as_far_as_it_knows() {
        let build = Build {
            version: "2031-02-03.1".to_owned(),
            time: "2031-02-03T04:05:06Z".parse().expect("an instant"),
            commit: Some("60031134f3b7dfd731c33dd529dbc060c4c6dcd1".to_owned()),
        };
        assert_eq!(
            build_information(&build),
            json!({
                "build": {
                    "name": "interventions",
                    "artifact": "interventions",
                    "version": "2031-02-03.1",
                    "time": "2031-02-03T04:05:06Z",
                },
                "git": { "commit": { "id": "60031134f3b7dfd731c33dd529dbc060c4c6dcd1" } },
            })
        );
        assert_eq!(build_information(&Build { commit: None, ..build })["git"], json!({}));
    }
}
