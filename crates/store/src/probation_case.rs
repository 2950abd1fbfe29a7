//! The referrals of one case, as other systems ask for them by its reference number. Every function here asks the same
//! number of queries, however many referrals the case has. Drafts are nobody's business here.

use domain::accommodation::{ACCOMMODATION, AccommodationFacts, AccommodationStatus};
use domain::catalogue::Provider;
use domain::{AppointmentId, Crn, ReferralId, ReferralReference, User};
use jiff::Timestamp;
use uuid::Uuid;

use crate::column::{At, Place, instant};
use crate::user::Users;
use crate::{Db, StoreError, catalogue};

/// A sent referral of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReferral {
    /// The referral.
    pub id: ReferralId,
    /// What people call it.
    pub reference: ReferralReference,
    /// Names of the chosen service categories, in order.
    pub service_categories: Vec<String>,
    /// Name of the contract's type.
    pub contract_type: String,
    /// When its draft was begun.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
    /// When it was concluded.
    pub concluded_at: Option<Timestamp>,
    /// The intervention's title.
    pub intervention_title: String,
    /// The current caseworker.
    pub assigned_to: Option<User>,
    /// Name of the PCC region that the contract is for, else of the probation region.
    pub region: Option<String>,
    /// Name of the prime provider.
    pub provider: String,
}

/// A referral of a case with the appointments of its delivery sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseAppointments {
    /// What people call the referral.
    pub reference: ReferralReference,
    /// The intervention's title.
    pub intervention_title: String,
    /// The appointments, in order of time; those that were never agreed with Delius are left out.
    pub appointments: Vec<CaseAppointment>,
}

/// Where and when a delivery session takes place.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseAppointment {
    /// The appointment.
    pub id: AppointmentId,
    /// When it starts.
    pub time: Timestamp,
    /// How long it lasts.
    pub duration_minutes: u32,
    /// Whether a later appointment replaced it.
    pub superseded: bool,
    /// First line of the address; none unless held at an address of its own.
    pub first_address_line: Option<String>,
    /// Second line.
    pub second_address_line: Option<String>,
    /// Town or city.
    pub town_or_city: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode, without white space.
    pub postcode: Option<String>,
}

impl std::fmt::Debug for CaseAppointment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseAppointment").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A sent referral for accommodation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccommodationReferral {
    /// How far it has come.
    pub status: AccommodationStatus,
    /// When its draft was begun.
    pub created_at: Timestamp,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
    /// The prime provider, then the subcontractors.
    pub providers: Vec<Provider>,
}

/// The sent referrals of a case, oldest first. Two queries.
pub async fn referrals(db: &mut Db, crn: &Crn) -> Result<Vec<CaseReferral>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!", r.reference_number AS "reference_number!", r.created_at AS "created_at!: At",
            r.sent_at AS "sent_at!: At", r.sent_by_source AS "sent_by_source!", r.sent_by_id AS "sent_by_id!",
            r.concluded_at AS "concluded_at: At", i.title AS "title!", t.name AS "contract_type!",
            p.name AS "provider!", coalesce(pcc.name, nps.name) AS region,
            a.assigned_to_source AS "assigned_to_source?", a.assigned_to_id AS "assigned_to_id?",
            ARRAY(
                SELECT s.name
                FROM referral_selected_service_category c
                JOIN service_category s ON s.id = c.service_category_id
                WHERE c.referral_id = r.id
                ORDER BY s.name
            ) AS "categories!"
        FROM referral r
        JOIN intervention i ON i.id = r.intervention_id
        JOIN dynamic_framework_contract d ON d.id = i.dynamic_framework_contract_id
        JOIN contract_type t ON t.id = d.contract_type_id
        JOIN service_provider p ON p.id = d.prime_provider_id
        LEFT JOIN pcc_region pcc ON pcc.id = d.pcc_region_id
        LEFT JOIN nps_region nps ON nps.id = d.nps_region_id
        LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded
        WHERE r.service_usercrn = $1
        ORDER BY r.sent_at, r.id
        "#,
        crn.as_str(),
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.sent_by_source, &row.sent_by_id);
        users.may_want(row.assigned_to_source.as_ref(), row.assigned_to_id.as_ref());
    }
    users.load(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(CaseReferral {
                id: ReferralId(row.id),
                reference: ReferralReference(row.reference_number),
                service_categories: row.categories,
                contract_type: row.contract_type,
                created_at: row.created_at.to_jiff(),
                sent_at: row.sent_at.to_jiff(),
                sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
                concluded_at: instant(row.concluded_at),
                intervention_title: row.title,
                assigned_to: match (&row.assigned_to_source, &row.assigned_to_id) {
                    (Some(source), Some(id)) => Some(users.get(source, id)?),
                    _ => None,
                },
                region: row.region,
                provider: row.provider,
            })
        })
        .collect()
}

/// The sent referrals of a case, oldest first, with the appointments of their sessions. Two queries.
pub async fn appointments(db: &mut Db, crn: &Crn) -> Result<Vec<CaseAppointments>, StoreError> {
    let referrals = sqlx::query!(
        r#"
        SELECT r.id AS "id!", r.reference_number AS "reference_number!", i.title AS "title!"
        FROM referral r
        JOIN intervention i ON i.id = r.intervention_id
        WHERE r.service_usercrn = $1
        ORDER BY r.sent_at, r.id
        "#,
        crn.as_str(),
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<Uuid> = referrals.iter().map(|row| row.id).collect();
    let rows = sqlx::query!(
        r#"
        SELECT
            a.referral_id AS "referral_id!", a.id AS "id!", a.appointment_time AS "time!: At",
            a.duration_in_minutes AS "duration!", a.superseded AS "superseded!",
            x.first_address_line AS "first_address_line?", x.second_address_line, x.town_city, x.county,
            x.post_code AS "post_code?"
        FROM appointment a
        JOIN delivery_session_appointment s ON s.appointment_id = a.id
        LEFT JOIN appointment_delivery_address x ON x.appointment_delivery_id = a.id
        WHERE a.referral_id = ANY($1) AND a.booking_state NOT IN ('proposed', 'refused')
        ORDER BY a.appointment_time, a.id
        "#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut found: Vec<CaseAppointments> = referrals
        .into_iter()
        .map(|row| CaseAppointments {
            reference: ReferralReference(row.reference_number),
            intervention_title: row.title,
            appointments: Vec::new(),
        })
        .collect();
    for row in rows {
        let place = Place { table: "appointment", id: &row.id };
        let appointment = CaseAppointment {
            id: AppointmentId(row.id),
            time: row.time.to_jiff(),
            duration_minutes: place.unsigned("duration_in_minutes", row.duration)?,
            superseded: row.superseded,
            first_address_line: row.first_address_line,
            second_address_line: row.second_address_line,
            town_or_city: row.town_city,
            county: row.county,
            postcode: row.post_code,
        };
        let owner = ids.iter().position(|id| *id == row.referral_id).and_then(|index| found.get_mut(index));
        if let Some(referral) = owner {
            referral.appointments.push(appointment);
        }
    }
    Ok(found)
}

/// The sent referrals of a case that ask for accommodation, oldest first. Three queries.
pub async fn accommodation(db: &mut Db, crn: &Crn) -> Result<Vec<AccommodationReferral>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!", r.created_at AS "created_at!: At", r.sent_at AS "sent_at!: At",
            r.sent_by_source AS "sent_by_source!", r.sent_by_id AS "sent_by_id!",
            r.intervention_id AS "intervention_id!",
            num_nulls(r.withdrawal_reason_code, r.withdrawal_comments) = 0 AS "withdrawn!",
            r.concluded_at IS NOT NULL AS "concluded!",
            EXISTS (SELECT FROM end_of_service_report e WHERE e.referral_id = r.id) AS "has_report!"
        FROM referral r
        JOIN referral_selected_service_category c ON c.referral_id = r.id AND c.service_category_id = $2
        WHERE r.service_usercrn = $1
        ORDER BY r.sent_at, r.id
        "#,
        crn.as_str(),
        ACCOMMODATION.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.sent_by_source, &row.sent_by_id);
    }
    users.load(db).await?;
    let intervention_ids: Vec<Uuid> = rows.iter().map(|row| row.intervention_id).collect();
    let interventions = catalogue::interventions(db, &intervention_ids).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "referral", id: &row.id };
            let intervention = place.present("intervention_id", interventions.get(&row.intervention_id))?;
            let contract = &intervention.contract;
            let facts = AccommodationFacts {
                withdrawn_with_comment: row.withdrawn,
                concluded: row.concluded,
                has_report: row.has_report,
            };
            Ok(AccommodationReferral {
                status: AccommodationStatus::of_sent(facts),
                created_at: row.created_at.to_jiff(),
                sent_at: row.sent_at.to_jiff(),
                sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
                providers: std::iter::once(&contract.prime_provider).chain(&contract.subcontractors).cloned().collect(),
            })
        })
        .collect()
}
