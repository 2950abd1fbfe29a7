//! The supplier assessment: the first meeting, its appointments, and feedback on the current one.

use domain::Referral;
use domain::appointment::current;
use serde::Serialize;
use uuid::Uuid;

use crate::appointment::WireAppointment;

/// The assessment of a referral with every appointment that was ever ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireAssessment {
    id: Uuid,
    appointments: Vec<WireAppointment>,
    current_appointment_id: Option<Uuid>,
    referral_id: Uuid,
}

impl From<&Referral> for WireAssessment {
    fn from(referral: &Referral) -> Self {
        let history = &referral.assessment.appointments;
        Self {
            id: referral.assessment.id.0,
            appointments: history.iter().filter(|entry| entry.booking.is_ours()).map(Into::into).collect(),
            current_appointment_id: current(history).map(|appointment| appointment.id.0),
            referral_id: referral.id.0,
        }
    }
}
