//! Taking facts in: what a referral looks like once something has happened to it. Never refuses and never decides; a
//! fact about something unknown changes nothing, so that replaying a history cannot fail.

use crate::action_plan::{ActionPlan, PlanState};
use crate::amendment::Amended;
use crate::appointment::{Appointment, Booking, Slot};
use crate::end_of_service_report::EndOfServiceReport;
use crate::ending::ReferralStatus;
use crate::referral::DeliverySession;
use crate::{ActionPlanId, AppointmentId, EndOfServiceReportId, Fact, Referral};

impl Referral {
    /// Takes a fact in. The version is the store's to raise.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Sent | Fact::Ended(_) | Fact::CaseNoteAdded { .. } => {}
            Fact::Assigned(assignment) => self.assignments.push(assignment.clone()),
            Fact::Amended { part, .. } => self.apply_amendment(part),
            Fact::AppointmentProposed { .. }
            | Fact::AppointmentTaken { .. }
            | Fact::AppointmentConfirmed { .. }
            | Fact::AppointmentRefused(_)
            | Fact::AppointmentClashed(_)
            | Fact::DeliveryChanged { .. } => self.apply_booking(fact),
            Fact::AttendanceRecorded { .. } | Fact::SessionFeedbackRecorded { .. } | Fact::FeedbackSubmitted { .. } => {
                self.apply_feedback(fact);
            }
            Fact::FirstSessionHeld => self.status = ReferralStatus::PostIca,
            Fact::PlanDrafted(plan) => self.plans.push(plan.clone()),
            Fact::PlanSessionsSet(id, number) => {
                self.change_plan_with(*id, |plan| plan.number_of_sessions = Some(*number));
            }
            Fact::ActivityAdded(id, activity) => {
                self.change_plan_with(*id, |plan| plan.activities.push(activity.clone()));
            }
            Fact::ActivityReworded(id, activity_id, text) => self.change_plan_with(*id, |plan| {
                if let Some(activity) = plan.activities.iter_mut().find(|activity| activity.id == *activity_id) {
                    activity.description.clone_from(text);
                }
            }),
            Fact::PlanSubmitted(id, stamp) => {
                self.change_plan_with(*id, |plan| plan.state = PlanState::Submitted(stamp.clone()));
            }
            Fact::PlanApproved(id, approved) => self.change_plan_with(*id, |plan| {
                if let Some(submitted) = plan.submitted().cloned() {
                    plan.state = PlanState::Approved { submitted, approved: approved.clone() };
                }
            }),
            Fact::SessionsMade(sessions) => {
                let made = sessions.iter().map(|(id, number)| DeliverySession {
                    id: *id,
                    number: *number,
                    appointments: Vec::new(),
                });
                self.sessions.extend(made);
                self.sessions.sort_by_key(|session| session.number);
            }
            Fact::ReportBegun(report) => self.report = Some(report.clone()),
            Fact::ReportInformationSet(id, text) => {
                self.change_report_with(*id, |report| report.further_information = Some(text.clone()));
            }
            Fact::ReportOutcomeSet(id, outcome) => self.change_report_with(*id, |report| {
                report.outcomes.retain(|entry| entry.desired_outcome != outcome.desired_outcome);
                report.outcomes.push(outcome.clone());
                report.outcomes.sort_by_key(|entry| entry.desired_outcome);
            }),
            Fact::ReportSubmitted(id, stamp) => {
                self.change_report_with(*id, |report| report.submitted = Some(stamp.clone()));
            }
            Fact::EndRequested(request) => self.end_request = Some(request.clone()),
            Fact::Transferred(to) => self.intervention = (**to).clone(),
            Fact::Concluded(conclusion) => self.conclusion = Some(*conclusion),
        }
    }

    fn apply_amendment(&mut self, part: &Amended) {
        match part {
            Amended::Details(details) => self.details = Some(details.clone()),
            Amended::Complexity(category, level) => {
                self.selection.complexity_levels.insert(*category, *level);
            }
            Amended::Outcomes(category, outcomes) => {
                self.selection.desired_outcomes.insert(*category, outcomes.clone());
            }
            Amended::Needs(needs) => self.needs = needs.clone(),
            Amended::Location(location) => self.location = location.clone(),
            Amended::Practitioner(practitioner) => self.practitioner = practitioner.clone(),
        }
    }

    fn apply_booking(&mut self, fact: &Fact) {
        match fact {
            Fact::AppointmentProposed { slot, appointment, reschedule_requested_by, rescheduled_reason } => {
                if let Some(replaced) = appointment.replaces {
                    self.change_appointment(replaced, |replaced| {
                        replaced.reschedule_requested_by.clone_from(reschedule_requested_by);
                        replaced.rescheduled_reason.clone_from(rescheduled_reason);
                    });
                }
                match slot {
                    Slot::Assessment(_) => self.assessment.appointments.push((**appointment).clone()),
                    Slot::Session(id, _) => {
                        if let Some(session) = self.sessions.iter_mut().find(|session| session.id == *id) {
                            session.appointments.push((**appointment).clone());
                        }
                    }
                }
            }
            Fact::AppointmentTaken { appointment, confirmed } => {
                let booking = match confirmed {
                    Some(delius_id) => Booking::Confirmed(Some(*delius_id)),
                    None => Booking::Unconfirmed,
                };
                self.change_appointment(*appointment, |taken| taken.booking = booking);
                if let Some(replaced) = self.appointment(*appointment).and_then(|(_, taken)| taken.replaces) {
                    self.change_appointment(replaced, |replaced| replaced.superseded_by = Some(*appointment));
                }
            }
            Fact::AppointmentConfirmed { appointment, delius_id } => {
                self.change_appointment(*appointment, |held| held.booking = Booking::Confirmed(Some(*delius_id)));
            }
            Fact::AppointmentRefused(id) => {
                self.change_appointment(*id, |refused| refused.booking = Booking::Refused);
                if let Some(replaced) = self.appointment(*id).and_then(|(_, refused)| refused.replaces) {
                    self.change_appointment(replaced, |kept| {
                        kept.reschedule_requested_by = None;
                        kept.rescheduled_reason = None;
                    });
                }
            }
            Fact::AppointmentClashed(id) => self.change_appointment(*id, |held| held.booking = Booking::Clash),
            Fact::DeliveryChanged { appointment, delivery, session_type } => {
                self.change_appointment(*appointment, |held| {
                    held.delivery = delivery.clone();
                    held.session_type = *session_type;
                });
            }
            _ => {}
        }
    }

    fn apply_feedback(&mut self, fact: &Fact) {
        match fact {
            Fact::AttendanceRecorded { appointment, attendance, clears_session_feedback } => {
                self.change_appointment(*appointment, |held| {
                    held.feedback.attendance = Some(attendance.clone());
                    if *clears_session_feedback {
                        held.feedback.session = None;
                    }
                });
            }
            Fact::SessionFeedbackRecorded { appointment, feedback, recorded } => {
                self.change_appointment(*appointment, |held| {
                    held.feedback.session = Some(((**feedback).clone(), recorded.clone()));
                });
            }
            Fact::FeedbackSubmitted { appointment, submitted, .. } => {
                self.change_appointment(*appointment, |held| held.feedback.submitted = Some(submitted.clone()));
            }
            _ => {}
        }
    }

    fn change_appointment(&mut self, id: AppointmentId, change: impl FnOnce(&mut Appointment)) {
        let found = self
            .assessment
            .appointments
            .iter_mut()
            .chain(self.sessions.iter_mut().flat_map(|session| session.appointments.iter_mut()))
            .find(|appointment| appointment.id == id);
        if let Some(appointment) = found {
            change(appointment);
        }
    }

    fn change_plan_with(&mut self, id: ActionPlanId, change: impl FnOnce(&mut ActionPlan)) {
        if let Some(plan) = self.plans.iter_mut().find(|plan| plan.id == id) {
            change(plan);
        }
    }

    fn change_report_with(&mut self, id: EndOfServiceReportId, change: impl FnOnce(&mut EndOfServiceReport)) {
        if let Some(report) = self.report.as_mut().filter(|report| report.id == id) {
            change(report);
        }
    }
}
