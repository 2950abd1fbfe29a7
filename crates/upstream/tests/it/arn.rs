//! Risk: read as the user may see it, and handed over once.

use crate::server::{Reply, Server, fixture, fixture_json, trace};
use domain::{AuthSource, Crn};
use runtime::Secret;
use upstream::arn::{HandOver, NewSupplementaryRisk, RedactedRisk, RiskAnswer, RiskText};

const RISKS: &str = "GET /arns/risks/crn/X100001";
const HAND_OVER: &str = "POST /arns/risks/supplementary";

fn user() -> Secret {
    Secret::new("the-users-token")
}

fn risk() -> NewSupplementaryRisk {
    NewSupplementaryRisk {
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        crn: Crn("X100001".to_owned()),
        created_by_source: AuthSource::Delius,
        created_at: "2026-03-02T10:15:30.123456Z".parse().unwrap(),
        text: RiskText {
            redacted: Some(RedactedRisk {
                who: "neighbours".to_owned(),
                nature: "threats".to_owned(),
                vulnerability: "may be exploited".to_owned(),
                ..RedactedRisk::default()
            }),
            comments: "further information".to_owned(),
        },
    }
}

#[tokio::test]
async fn risks_are_asked_with_the_users_token() {
    let server = Server::start().await;
    server.on(RISKS, [Reply::fixture("arn/risks.json")]);
    let arn = server.upstreams().await.arn;
    let answer = arn.risks(&trace(), &user(), &Crn("X100001".to_owned())).await.unwrap();
    let RiskAnswer::Known(risks) = answer else { panic!("{answer:?}") };
    assert_eq!(risks.to_self.suicide.as_ref().unwrap().current_concerns.as_deref(), Some("concerns in words"));
    assert_eq!(risks.other.escape_or_abscond.as_deref(), Some("NA"));
    assert_eq!(risks.summary.risk_in_community["LOW"], ["Children", "Staff"]);
    assert_eq!(risks.assessed_on.unwrap().to_string(), "2026-01-15T11:30:00");
    assert!(!risks.is_empty());
    assert_eq!(server.seen(RISKS)[0].header("authorization"), Some("Bearer the-users-token"));
}

#[tokio::test]
async fn no_assessment_no_person_and_no_permission_are_told_apart() {
    let server = Server::start().await;
    server.on(
        RISKS,
        [
            Reply::fixture("arn/risks-empty.json"),
            Reply::status(404),
            Reply::body(403, fixture("arn/limited-access.json")),
            Reply::status(500),
        ],
    );
    let arn = server.upstreams().await.arn;
    let ask = async || arn.risks(&trace(), &user(), &Crn("X100001".to_owned())).await;
    assert!(matches!(ask().await.unwrap(), RiskAnswer::Known(risks) if risks.is_empty()));
    assert_eq!(ask().await.unwrap(), RiskAnswer::UnknownPerson);
    let RiskAnswer::NotAllowed { message: Some(message) } = ask().await.unwrap() else { panic!("not refused") };
    assert_eq!(message.reveal(), "You are excluded from viewing this case.");
    assert_eq!(ask().await.unwrap_err().status(), Some(500));
}

#[tokio::test]
async fn a_hand_over_is_posted_once_as_the_contract_has_it() {
    let server = Server::start().await;
    server.on(HAND_OVER, [Reply::fixture("arn/supplementary.json"), Reply::Reset]);
    let arn = server.upstreams().await.arn;
    let id = "3e0c7a30-9d7f-4a0f-8d0f-0c6a52a4b001".parse().unwrap();
    assert_eq!(arn.hand_over(&trace(), &user(), &risk()).await.unwrap(), HandOver::Stored { id });
    assert_eq!(server.seen(HAND_OVER)[0].json(), fixture_json("arn/supplementary.request.json"));
    assert!(arn.hand_over(&trace(), &user(), &risk()).await.unwrap_err().is_ambiguous());
    assert_eq!(server.seen(HAND_OVER).len(), 2);
}

#[tokio::test]
async fn a_second_hand_over_shows_the_first_however_long() {
    let server = Server::start().await;
    let mut stored = fixture_json("arn/supplementary.json");
    server.on(HAND_OVER, [Reply::body(409, stored.to_string())]);
    let arn = server.upstreams().await.arn;
    let HandOver::AlreadyStored(first) = arn.hand_over(&trace(), &user(), &risk()).await.unwrap() else {
        panic!("not a repeat")
    };
    assert_eq!(first.source_id, risk().referral_id.to_string());
    assert!(first.text.says_the_same_as(&risk().text), "absent and empty answers are the same");

    stored["riskSummaryComments"] = serde_json::json!("x".repeat(4000));
    server.on(HAND_OVER, [Reply::body(409, stored.to_string())]);
    let HandOver::AlreadyStored(first) = arn.hand_over(&trace(), &user(), &risk()).await.unwrap() else {
        panic!("not a repeat")
    };
    assert_eq!(first.text.comments.len(), 4000);
    assert!(!first.text.says_the_same_as(&risk().text));
}

#[tokio::test]
async fn a_stored_hand_over_can_be_read_back() {
    let server = Server::start().await;
    let path = "GET /arns/risks/supplementary/3e0c7a30-9d7f-4a0f-8d0f-0c6a52a4b001";
    server.on(path, [Reply::fixture("arn/supplementary.json"), Reply::status(404)]);
    let arn = server.upstreams().await.arn;
    let id = "3e0c7a30-9d7f-4a0f-8d0f-0c6a52a4b001".parse().unwrap();
    let stored = arn.supplementary_risk(&trace(), &user(), id).await.unwrap().unwrap();
    assert_eq!((stored.id, stored.crn.as_str()), (id, "X100001"));
    assert_eq!(format!("{stored:?}"), "SupplementaryRisk(***)");
    assert!(arn.supplementary_risk(&trace(), &user(), id).await.unwrap().is_none());
}
