//! The clients against the project's own stand-ins, over HTTP: two readings of each contract must agree.

use crate::server::trace;
use domain::{AuthSource, Crn, ReferralReference};
use runtime::{Clock, Secret, Shutdown, Tasks};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use upstream::arn::{HandOver, NewSupplementaryRisk, RiskAnswer, RiskText};
use upstream::delius::{Adapter, Adapters, Operation, PutAppointment, StartReferral};
use upstream::manage_users::EmailLookup;
use upstream::notify::{Email, Fault};
use upstream::token_verification::Verdict;
use upstream::{Config, Upstreams};

/// The stand-ins, served on a port of their own, and clients that know only the address.
pub(crate) struct World {
    sandbox: sandbox::Sandbox,
    root: String,
    pub(crate) clients: Upstreams,
    pub(crate) tasks: Tasks,
}

impl World {
    pub(crate) async fn start() -> Self {
        let clock = Clock::fixed("2026-03-02T10:15:30Z".parse().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let settings = sandbox::Config { public_url: root.clone(), ..sandbox::Config::default() };
        let stand_ins = sandbox::Sandbox::open_with_clock(settings, clock.clone()).await.unwrap();
        let tasks = Tasks::new(Shutdown::new());
        let (served, stop) = (stand_ins.clone(), tasks.shutdown().wait());
        tasks.spawn(async move { served.serve(listener, stop).await.unwrap() });
        let mut config = Config::sandbox(&root.parse().unwrap());
        config.delius.write_timeout = Duration::from_secs(5);
        let clients = Upstreams::new(config, clock).await.unwrap();
        Self { sandbox: stand_ins, root, clients, tasks }
    }

    fn user(&self, name: &str) -> Secret {
        Secret::new(self.sandbox.user_token(name).unwrap())
    }

    /// Clients that reach Delius through these adapters.
    pub(crate) async fn clients_through(&self, adapters: Adapters) -> Upstreams {
        let mut config = Config::sandbox(&self.root.parse().unwrap());
        config.delius_adapters = adapters;
        Upstreams::new(config, Clock::fixed("2026-03-02T10:15:30Z".parse().unwrap())).await.unwrap()
    }

    /// The code of an office that appointments may be booked at.
    pub(crate) async fn an_office(&self) -> String {
        self.clients.delius.office_locations(&trace()).await.unwrap()[0].code.clone()
    }

    /// Waits until a system was asked for something that begins so.
    pub(crate) async fn wait_for_request(&self, system: &str, path: &str) {
        let asked = async {
            loop {
                let all = self.control(&format!("/requests?system={system}"), None).await;
                let mut all = all.as_array().unwrap().iter();
                if all.any(|request| request["path"].as_str().unwrap().starts_with(path)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asked).await.expect("the request arrives");
    }

    pub(crate) async fn control(&self, path: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/control{path}", self.root);
        let request = match body {
            Some(body) => client.post(url).json(&body),
            None => client.get(url),
        };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.shutdown().trigger();
    }
}

pub(crate) fn crn(text: &str) -> Crn {
    Crn(text.to_owned())
}

pub(crate) async fn start_of(world: &World) -> StartReferral {
    let convictions = world.clients.delius.convictions(&trace(), &crn("X100001")).await.unwrap().unwrap();
    StartReferral {
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        started_at: "2026-03-02T10:15:30Z".parse().unwrap(),
        contract_type: "ACC".to_owned(),
        sentence_id: convictions[0].id,
        notes: "a referral".to_owned(),
    }
}

pub(crate) fn booking(start: &StartReferral) -> PutAppointment {
    PutAppointment {
        id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a12".parse().unwrap(),
        referral_id: start.referral_id,
        referral_reference: ReferralReference("AB1234AC".to_owned()),
        sentence_id: Some(start.sentence_id),
        contract_type: "ACC".to_owned(),
        referral_started_at: "2026-03-02T10:15:30Z".parse().unwrap(),
        operation: Operation::Book,
        start: "2026-03-09T14:00:00Z".parse().unwrap(),
        duration_in_minutes: 60,
        notes: None,
        office_location_code: None,
        counts_towards_rar: true,
        outcome: None,
        previous_id: None,
        delius_id: None,
        reschedule_requested_by: None,
    }
}

#[tokio::test]
async fn every_read_of_delius_is_understood() {
    let world = World::start().await;
    let (delius, trace) = (&world.clients.delius, trace());
    let case = delius.case_details(&trace, &crn("X100001")).await.unwrap().unwrap();
    assert_eq!(case.crn.as_str(), "X100001");
    assert!(delius.case_details(&trace, &crn("X999999")).await.unwrap().is_none());
    assert!(delius.identifiers(&trace, &crn("X999999")).await.unwrap().noms_number.is_none());
    let convictions = delius.convictions(&trace, &crn("X100002")).await.unwrap().unwrap();
    assert_eq!(convictions.len(), 2);
    let one = delius.conviction(&trace, &crn("X100002"), convictions[1].id).await.unwrap().unwrap();
    assert!(one == convictions[1]);
    let officer = delius.responsible_officer(&trace, &crn("X100001")).await.unwrap().unwrap();
    assert!(officer.effective().username.is_some());
    let access = delius.case_access(&trace, "PRACTITIONER_2", &[crn("X100038"), crn("X100001")]).await.unwrap();
    assert!(access[1].is_open() && access[0].crn.as_str() == "X100038");
    assert!(!delius.managed_cases(&trace, "PRACTITIONER_1").await.unwrap().is_empty());
    assert!(delius.user_details(&trace, "PRACTITIONER_1").await.unwrap().is_some());
    assert!(delius.user_details(&trace, "NOBODY").await.unwrap().is_none());
    assert!(!delius.office_locations(&trace).await.unwrap().is_empty());
    assert!(!delius.delivery_units(&trace).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_start_and_a_booking_whose_answers_are_lost_can_be_repeated() {
    let world = World::start().await;
    let (delius, trace) = (&world.clients.delius, trace());
    let start = start_of(&world).await;
    let lost = json!({"system": "delius", "method": "PUT", "fault": "drop_after_commit", "times": 1});
    world.control("/faults", Some(lost.clone())).await;
    let error = delius.start_referral(Adapter::Integration, &trace, &crn("X100001"), &start).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
    delius.start_referral(Adapter::Integration, &trace, &crn("X100001"), &start).await.unwrap();

    world.control("/faults", Some(lost)).await;
    let booking = booking(&start);
    let error = delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &booking).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
    let first = delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &booking).await.unwrap();
    assert_eq!(delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &booking).await.unwrap(), first);

    let record = world.control("/delius/X100001", None).await;
    let ours = |list: &Value, part: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["externalReference"].as_str().is_some_and(|urn| urn.contains(part)))
            .count()
    };
    assert_eq!(ours(&record["nsis"], "interventions-referral"), 1);
    assert_eq!(ours(&record["contacts"], "interventions-appointment"), 1);
}

#[tokio::test]
async fn a_clash_and_a_closed_activity_are_refusals_that_nobody_carried_out() {
    let world = World::start().await;
    let (delius, trace) = (&world.clients.delius, trace());
    let start = start_of(&world).await;
    let orphan =
        delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &booking(&start)).await.unwrap_err();
    assert_eq!(orphan.status(), Some(404));
    delius.start_referral(Adapter::Integration, &trace, &crn("X100001"), &start).await.unwrap();
    delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &booking(&start)).await.unwrap();
    let other = PutAppointment { id: "1d3f7c52-0000-4c35-9a5d-2f1f8f0f2a13".parse().unwrap(), ..booking(&start) };
    let clash = delius.put_appointment(Adapter::Integration, &trace, &crn("X100001"), &other).await.unwrap_err();
    assert_eq!(clash.status(), Some(409));
    assert!(!clash.is_ambiguous() && !clash.never_sent());
    let urn = format!("urn:hmpps:interventions-referral:{}", start.referral_id);
    world.control("/delius/nsi/close", Some(json!({"urn": urn}))).await;
    let closed = delius.start_referral(Adapter::Integration, &trace, &crn("X100001"), &start).await.unwrap_err();
    assert_eq!(closed.status(), Some(400));
}

#[tokio::test]
async fn risk_is_read_and_handed_over_once() {
    let world = World::start().await;
    let (arn, trace, user) = (&world.clients.arn, trace(), world.user("PRACTITIONER_1"));
    let answer = arn.risks(&trace, &user, &crn("X100001")).await.unwrap();
    assert!(matches!(answer, RiskAnswer::Known(_)), "{answer:?}");
    assert_eq!(arn.risks(&trace, &user, &crn("X999999")).await.unwrap(), RiskAnswer::UnknownPerson);
    let risk = NewSupplementaryRisk {
        referral_id: "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap(),
        crn: crn("X100001"),
        created_by_source: AuthSource::Delius,
        created_at: "2026-03-02T10:15:30.123456Z".parse().unwrap(),
        text: RiskText { redacted: None, comments: "further information".to_owned() },
    };
    let HandOver::Stored { id } = arn.hand_over(&trace, &user, &risk).await.unwrap() else { panic!("not stored") };
    let HandOver::AlreadyStored(first) = arn.hand_over(&trace, &user, &risk).await.unwrap() else {
        panic!("stored twice")
    };
    assert!(first.id == id && first.text.says_the_same_as(&risk.text));
    assert_eq!(first.created_on.unwrap().to_string(), "2026-03-02T10:15:30.123456");
    let provider = world.user("PROVIDER_1");
    assert!(arn.supplementary_risk(&trace, &provider, id).await.unwrap().is_some());
}

#[tokio::test]
async fn people_their_groups_and_their_tokens_are_understood() {
    let world = World::start().await;
    let (clients, trace) = (&world.clients, trace());
    let me = clients.manage_users.me(&trace, &world.user("PRACTITIONER_1")).await.unwrap();
    assert_eq!(me.auth_source.as_deref(), Some("delius"));
    let email = clients.manage_users.user_email(&trace, "PRACTITIONER_1").await.unwrap();
    assert!(matches!(email, EmailLookup::Verified(_)));
    assert_eq!(clients.manage_users.user_email(&trace, "NOBODY").await.unwrap(), EmailLookup::NoSuchUser);
    let provider = clients.manage_users.external_user(&trace, "PROVIDER_1").await.unwrap().unwrap();
    let address = provider.email.clone().unwrap();
    let by_email = clients.manage_users.external_users_by_email(&trace, &address).await.unwrap();
    assert!(by_email.contains(&provider));
    let groups = clients.manage_users.groups(&trace, &provider.user_id).await.unwrap().unwrap();
    assert!(groups.iter().any(|group| group.code == "INT_SP_HARBOUR_TRUST"), "{groups:?}");

    let token = world.user("PROVIDER_1");
    let check = clients.token_verification.as_ref().unwrap();
    assert_eq!(check.check(&trace, "a-jti", &token).await.unwrap(), Verdict::Active);
    assert_eq!(check.check(&trace, "another", &Secret::new("not.a.token")).await.unwrap(), Verdict::Rejected);
    let kid = jsonwebtoken::decode_header(token.expose()).unwrap().kid.unwrap();
    assert!(clients.auth.signing_key(&trace, &kid).await.unwrap().is_some());
    assert_eq!(clients.auth.issuer(), format!("{}/auth/issuer", world.root));
}

#[tokio::test]
async fn prisons_and_people_in_them_are_understood() {
    let world = World::start().await;
    let (clients, trace) = (&world.clients, trace());
    assert!(!clients.prison_register.prisons(&trace).await.unwrap().is_empty());
    assert!(!clients.prison_api.secure_homes(&trace).await.unwrap().is_empty());
    let mut found = 0;
    for case in sandbox::cast::cases().iter().filter_map(|case| case.noms.clone()) {
        let prisoner = clients.prisoner_search.prisoner(&trace, &domain::NomsNumber(case)).await.unwrap();
        found += usize::from(prisoner.is_some());
    }
    assert!(found > 0);
}

#[tokio::test]
async fn an_email_whose_answer_is_lost_is_found_by_its_reference() {
    let world = World::start().await;
    let (notify, trace) = (world.clients.notify.as_ref().unwrap(), trace());
    let template_id = sandbox::notify_template_id("referral-assigned").parse().unwrap();
    let template = notify.template(&trace, template_id).await.unwrap().unwrap();
    let values = template.placeholders.iter().map(|name| (name.clone(), json!("text"))).collect();
    let email = Email {
        template_id,
        address: "robin.provider@example.org",
        personalisation: &values,
        free_text: &[],
        reference: "0d1c2b3a-0000-4000-8000-000000000009",
    };
    assert_eq!(notify.find_by_reference(&trace, email.reference).await.unwrap(), []);
    let lost = json!({"system": "notify", "method": "POST", "fault": "drop_after_commit", "times": 1});
    world.control("/faults", Some(lost)).await;
    assert!(notify.send(&trace, &email).await.unwrap_err().is_ambiguous());
    let found = notify.find_by_reference(&trace, email.reference).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(notify.email(&trace, found[0].id).await.unwrap().unwrap().reference.as_deref(), Some(email.reference));
    let none = serde_json::Map::new();
    let error = notify.send(&trace, &Email { personalisation: &none, ..email }).await.unwrap_err();
    assert_eq!(Fault::of(&error), Fault::Configuration, "{error}");
}

#[tokio::test]
async fn an_event_arrives_as_it_was_published() {
    let world = World::start().await;
    let events = world.clients.events.as_ref().unwrap();
    let message = json!({"eventType": "intervention.referral.sent", "version": 1, "description": "é & <b>"});
    let published = events.publish(&trace(), "intervention.referral.sent", &message.to_string()).await.unwrap();
    assert!(!published.message_id.is_empty());
    let arrived = world.control("/events", None).await;
    assert_eq!(arrived[0]["eventType"], "intervention.referral.sent");
    assert_eq!(arrived[0]["message"], message);
}
