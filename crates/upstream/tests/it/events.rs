//! The topic: what `Publish` carries, and what its failures say.

use crate::server::{Reply, Server, fixture, trace};
use std::collections::HashMap;
use std::time::Duration;
use upstream::{Kind, UpstreamError};

const PUBLISH: &str = "POST /sns/";
const MESSAGE: &str = r#"{"eventType":"intervention.referral.sent","version":1}"#;

async fn publish_to(server: &Server) -> Result<upstream::events::Published, UpstreamError> {
    let mut config = server.config();
    config.events.as_mut().unwrap().timeout = Duration::from_millis(400);
    let events = server.upstreams_with(config).await.events.unwrap();
    events.publish(&trace(), "intervention.referral.sent", MESSAGE).await
}

#[tokio::test]
async fn a_message_is_published_with_its_type_as_attribute() {
    let server = Server::start().await;
    server.on(PUBLISH, [Reply::fixture("events/published.xml")]);
    let published = publish_to(&server).await.unwrap();
    assert_eq!(published.message_id, "567910cd-659e-55d4-8ccb-5aaf14679dc0");
    let seen = &server.seen(PUBLISH)[0];
    let fields: HashMap<String, String> = url::form_urlencoded::parse(seen.body.as_bytes()).into_owned().collect();
    assert_eq!(fields["Action"], "Publish");
    assert_eq!(fields["TopicArn"], "arn:aws:sns:eu-west-2:000000000000:hmpps-domain-events");
    assert_eq!(fields["Message"], MESSAGE);
    assert_eq!(fields["MessageAttributes.entry.1.Name"], "eventType");
    assert_eq!(fields["MessageAttributes.entry.1.Value.DataType"], "String");
    assert_eq!(fields["MessageAttributes.entry.1.Value.StringValue"], "intervention.referral.sent");
    assert_eq!(seen.header("x-correlation-id"), Some("effect-17"));
    assert!(seen.header("authorization").unwrap().contains("/eu-west-2/sns/aws4_request"));
}

#[tokio::test]
async fn a_publication_is_tried_once_and_its_failures_are_told_apart() {
    let cases = [
        (Reply::body(404, fixture("events/not-found.xml")), "refused_4xx", false),
        (Reply::status(500), "refused_5xx", true),
        (Reply::status(503), "refused_5xx", false),
        (Reply::Hang, "timeout", true),
        (Reply::Reset, "unreachable", true),
        (Reply::body(200, "not xml"), "malformed", true),
    ];
    for (reply, outcome, ambiguous) in cases {
        let server = Server::start().await;
        server.on(PUBLISH, [reply]);
        let error = publish_to(&server).await.unwrap_err();
        assert_eq!((error.outcome(), error.is_ambiguous()), (outcome, ambiguous), "{error:?}");
        assert_eq!(server.seen(PUBLISH).len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_refusal_names_its_code() {
    let server = Server::start().await;
    server.on(PUBLISH, [Reply::body(404, fixture("events/not-found.xml"))]);
    let error = publish_to(&server).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().code.as_deref(), Some("NotFound"));
}

#[tokio::test]
async fn nothing_was_sent_when_no_topic_listens() {
    let server = Server::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = server.config();
    config.events.as_mut().unwrap().endpoint_url = Some(format!("http://{address}/sns").parse().unwrap());
    let events = server.upstreams_with(config).await.events.unwrap();
    let error = events.publish(&trace(), "intervention.referral.sent", MESSAGE).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Unreachable { sent: false }) && error.never_sent(), "{error:?}");
}
