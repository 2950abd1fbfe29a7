//! What probes, dashboards and deployments ask: health, build information, metrics. Open to everybody, so it says
//! nothing that an outsider may not know.

use std::collections::BTreeMap;

use app::health::Health;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::Id;
use crate::router::{Api, Build};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Up,
    Down,
}

/// One thing that can be up or down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "HealthComponent")]
pub(crate) struct Component {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, String>")]
    details: Option<BTreeMap<&'static str, String>>,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub(crate) struct Overall {
    status: Status,
    groups: [&'static str; 2],
    components: BTreeMap<&'static str, Component>,
}

fn word(is_up: bool) -> Status {
    if is_up { Status::Up } else { Status::Down }
}

fn http_status(status: Status) -> StatusCode {
    if status == Status::Up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn components(health: Health, version: &str) -> BTreeMap<&'static str, Component> {
    let plain = |is_up| Component { status: word(is_up), details: None };
    BTreeMap::from([
        ("db", plain(health.database)),
        (
            "healthInfo",
            Component { status: Status::Up, details: Some(BTreeMap::from([("version", version.to_owned())])) },
        ),
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

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct InfoBuild {
    name: &'static str,
    artifact: &'static str,
    version: String,
    time: Timestamp,
}

/// What it was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct InfoCommit {
    id: String,
}

/// What is running. Without a commit `git` is there, and empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Info {
    build: InfoBuild,
    git: BTreeMap<&'static str, InfoCommit>,
}

impl From<&Build> for Info {
    fn from(build: &Build) -> Self {
        let Build { version, time, commit } = build.clone();
        Self {
            build: InfoBuild { name: "interventions", artifact: "interventions", version, time },
            git: commit.map(|id| ("commit", InfoCommit { id })).into_iter().collect(),
        }
    }
}

/// `GET /info`.
pub(crate) async fn info(State(api): State<Api>) -> Json<Info> {
    Json(Info::from(&api.settings.build))
}

/// `GET /prometheus`.
pub(crate) async fn prometheus(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.settings.metrics.render())
        .into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_database_takes_readiness_down_and_not_liveness() {
        let down = components(Health { database: false }, "2031-02-03.1");
        let status = |name: &str| down.get(name).map(|component| component.status);
        assert_eq!((status("db"), status("readinessState")), (Some(Status::Down), Some(Status::Down)));
        assert_eq!((status("livenessState"), status("ping")), (Some(Status::Up), Some(Status::Up)));
        let version = down.get("healthInfo").and_then(|info| info.details.clone());
        assert_eq!(version, Some(BTreeMap::from([("version", "2031-02-03.1".to_owned())])));
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
            serde_json::to_value(Info::from(&build)).expect("serialises"),
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
        assert!(Info::from(&Build { commit: None, ..build }).git.is_empty());
    }
}
