//! Every action survives its stored form, and the stored form of one of each kind is pinned.

use super::*;

fn id(last: u8) -> Uuid {
    Uuid::from_u128(u128::from(last))
}

fn somebody() -> User {
    User { source: AuthSource::Auth, id: "b7".to_owned(), username: "PROVIDER_1".to_owned() }
}

fn slots() -> [Slot; 2] {
    [Slot::Assessment(SupplierAssessmentId(id(1))), Slot::Session(DeliverySessionId(id(2)), 3)]
}

fn announcements() -> Vec<Announcement> {
    let mut all = vec![
        Announcement::ReferralSent,
        Announcement::ReferralAssigned("PROVIDER_1".to_owned()),
        Announcement::PlanSubmitted(ActionPlanId(id(4))),
        Announcement::PlanApproved(ActionPlanId(id(5))),
        Announcement::ReportSubmitted(EndOfServiceReportId(id(6))),
    ];
    for state in ConcludedState::ALL {
        all.push(Announcement::ReferralConcluded(*state));
        all.push(Announcement::ReferralEnded(*state));
    }
    for slot in slots() {
        all.push(Announcement::FeedbackSubmitted(AppointmentId(id(7)), slot));
        for attended in Attended::ALL {
            all.push(Announcement::AttendanceRecorded(AppointmentId(id(8)), slot, *attended));
        }
    }
    all
}

fn emails() -> Vec<Action> {
    let recipients = [
        Recipient::ProviderMailbox,
        Recipient::Operators,
        Recipient::Practitioner { unless: None },
        Recipient::Practitioner { unless: Some(somebody()) },
        Recipient::ProviderUser(somebody()),
    ];
    let mut subjects = vec![
        EmailSubject::Referral,
        EmailSubject::Plan(ActionPlanId(id(9))),
        EmailSubject::Report(EndOfServiceReportId(id(10))),
        EmailSubject::CaseNote(CaseNoteId(id(11))),
        EmailSubject::Change(ChangeLogId(id(13))),
    ];
    subjects.extend(slots().map(|slot| EmailSubject::Appointment(AppointmentId(id(12)), slot)));
    let mut all = Vec::new();
    for purpose in EmailPurpose::ALL {
        for to in &recipients {
            all.extend(subjects.iter().map(|about| Action::Email { purpose: *purpose, to: to.clone(), about: *about }));
        }
    }
    all
}

#[test]
fn every_action_survives_its_stored_form() {
    let mut all = vec![Action::StartReferral, Action::RestartReferral, Action::LookUpCustody];
    all.extend([Action::PutAppointment(AppointmentId(id(13))), Action::BookAgain(AppointmentId(id(14)))]);
    all.push(Action::RecordOutcome(AppointmentId(id(15))));
    all.extend(announcements().into_iter().map(Action::Publish));
    all.extend(announcements().into_iter().map(Action::TellDelius));
    all.extend(emails());
    let mut unseen = KINDS.to_vec();
    for action in all {
        let (kind, payload) = to_json(&action);
        assert!(KINDS.contains(&(action.system(), kind)), "{kind}");
        unseen.retain(|(_, known)| *known != kind);
        assert_eq!(from_json(kind, payload), Some(action));
    }
    assert_eq!(unseen, [], "kinds that no action has");
}

#[test]
fn stored_forms_do_not_change() {
    let stored = [
        ("put-appointment", json!({"appointment": id(13)})),
        (
            "publish",
            json!({
                "event": "attendance-recorded",
                "appointment": id(8),
                "slot": {"slot": "session", "id": id(2), "number": 3},
                "attended": "LATE",
            }),
        ),
        (
            "email",
            json!({
                "purpose": "case-note-sent-pp",
                "to": {
                    "who": "practitioner",
                    "unless": {"source": "auth", "id": "b7", "username": "PROVIDER_1"},
                },
                "about": {"subject": "case-note", "id": id(11)},
            }),
        ),
        (
            "email",
            json!({
                "purpose": "enforceable-days-updated",
                "to": {"who": "provider-user", "user": {"source": "auth", "id": "b7", "username": "PROVIDER_1"}},
                "about": {"subject": "change", "id": id(13)},
            }),
        ),
    ];
    for (kind, payload) in stored {
        let action = from_json(kind, payload.clone()).expect("an action of this release");
        assert_eq!(to_json(&action), (kind, payload));
    }
}

#[test]
fn what_is_not_an_action_is_not_read() {
    assert_eq!(from_json("unheard-of", json!({})), None);
    assert_eq!(from_json("put-appointment", json!({})), None);
    assert_eq!(from_json("publish", json!({"event": "referral-ended", "state": "cancelled"})), None);
}
