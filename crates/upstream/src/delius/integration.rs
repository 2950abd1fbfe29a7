//! The adapter for the integration API ("refer-and-monitor-and-delius").
//!
//! Owns its paths, its batches and the translation of its shapes to the port's. That API knows no idempotency key and
//! has no error codes, so only statuses are told apart: 404 is "not there" on reads and a refusal on writes.

mod wire;

use super::{
    ACCESS_BATCH, CaseAccess, CaseDetails, CaseIdentifiers, Conviction, DeliusContactId, DeliveryUnit, ManagedCase,
    OfficeLocation, PutAppointment, ResponsibleOfficer, StartReferral, UserDetails, call,
};
use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::error::UpstreamError;
use crate::http::{Request, found};
use crate::trace::Trace;
use domain::{Crn, ReferralId};
use reqwest::Method;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

pub(super) struct Integration {
    service: Service,
}

impl Integration {
    pub(super) fn new(service: Service) -> Self {
        Self { service }
    }

    pub(super) async fn case_details(&self, trace: &Trace, crn: &Crn) -> Result<Option<CaseDetails>, UpstreamError> {
        let details: Option<wire::CaseDetail> = self.find(trace, "case details", &case(crn, &["details"])).await?;
        Ok(details.map(Into::into))
    }

    pub(super) async fn identifiers(&self, trace: &Trace, crn: &Crn) -> Result<CaseIdentifiers, UpstreamError> {
        let identifiers: wire::Identifiers = self.get(trace, "identifiers", &case(crn, &["identifiers"])).await?;
        Ok(identifiers.into())
    }

    pub(super) async fn convictions(&self, trace: &Trace, crn: &Crn) -> Result<Option<Vec<Conviction>>, UpstreamError> {
        let found: Option<wire::Convictions> = self.find(trace, "convictions", &case(crn, &["convictions"])).await?;
        Ok(found.map(|found| found.convictions.into_iter().map(Into::into).collect()))
    }

    pub(super) async fn conviction(
        &self,
        trace: &Trace,
        crn: &Crn,
        conviction_id: i64,
    ) -> Result<Option<Conviction>, UpstreamError> {
        let id = conviction_id.to_string();
        let found: Option<wire::OneConviction> =
            self.find(trace, "conviction", &case(crn, &["convictions", &id])).await?;
        Ok(found.map(|found| found.conviction.into()))
    }

    pub(super) async fn responsible_officer(
        &self,
        trace: &Trace,
        crn: &Crn,
    ) -> Result<Option<ResponsibleOfficer>, UpstreamError> {
        let found: Option<wire::ResponsibleOfficer> =
            self.find(trace, "responsible officer", &case(crn, &["responsible-officer"])).await?;
        Ok(found.map(Into::into))
    }

    pub(super) async fn case_access(
        &self,
        trace: &Trace,
        username: &str,
        crns: &[Crn],
    ) -> Result<Vec<CaseAccess>, UpstreamError> {
        let path = ["users", username, "access"];
        let mut all = Vec::with_capacity(crns.len());
        for batch in crns.chunks(ACCESS_BATCH) {
            let asked: Vec<&str> = batch.iter().map(Crn::as_str).collect();
            let answer = self.service.call(trace, Request::ask("case access", &path).json(&asked)).await?;
            let answered: wire::Access = answer.json()?;
            let answered: HashMap<String, wire::CaseAccess> =
                answered.access.into_iter().map(|entry| (entry.crn.clone(), entry)).collect();
            // The order and the completeness of the answer are checked, not trusted: a gap must not open a case.
            all.extend(batch.iter().map(|crn| match answered.get(crn.as_str()) {
                Some(entry) => entry.clone().into(),
                None => not_answered(crn),
            }));
        }
        Ok(all)
    }

    pub(super) async fn managed_cases(&self, trace: &Trace, username: &str) -> Result<Vec<ManagedCase>, UpstreamError> {
        let path = ["users", username, "managed-cases"];
        let answer: Option<wire::ManagedCases> = self.find(trace, "managed cases", &path).await?;
        Ok(answer.map(|answer| answer.managed_cases.into_iter().map(Into::into).collect()).unwrap_or_default())
    }

    pub(super) async fn user_details(
        &self,
        trace: &Trace,
        username: &str,
    ) -> Result<Option<UserDetails>, UpstreamError> {
        let found: Option<wire::UserDetails> =
            self.find(trace, "user details", &["users", username, "details"]).await?;
        Ok(found.map(Into::into))
    }

    pub(super) async fn office_locations(&self, trace: &Trace) -> Result<Vec<OfficeLocation>, UpstreamError> {
        let list: Vec<wire::OfficeLocation> = self.get(trace, "office locations", &["office-locations"]).await?;
        Ok(list.into_iter().map(Into::into).collect())
    }

    pub(super) async fn delivery_units(&self, trace: &Trace) -> Result<Vec<DeliveryUnit>, UpstreamError> {
        let list: Vec<wire::DeliveryUnit> = self.get(trace, "delivery units", &["probation-delivery-units"]).await?;
        Ok(list.into_iter().map(Into::into).collect())
    }

    pub(super) async fn start_referral(
        &self,
        trace: &Trace,
        crn: &Crn,
        start: &StartReferral,
    ) -> Result<(), UpstreamError> {
        let body = wire::StartReferral::from(start);
        let path = case(crn, &["referrals"]);
        self.service.call(trace, Request::write(call::START, Method::PUT, &path).json(&body)).await?;
        Ok(())
    }

    pub(super) async fn put_appointment(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        let body = wire::PutAppointment::new(crn, appointment);
        let referral = appointment.referral_id.to_string();
        let path = case(crn, &["referrals", &referral, "appointments"]);
        let answer =
            self.service.call(trace, Request::write(call::PUT_APPOINTMENT, Method::PUT, &path).json(&body)).await?;
        let wire::AppointmentAnswer { appointment_id } = answer.json()?;
        Ok(DeliusContactId(appointment_id))
    }

    /// Our proposal to the owner; `None` when nothing carries the reference, or the read itself is not there.
    pub(super) async fn referral_by_urn<T: DeserializeOwned>(
        &self,
        trace: &Trace,
        crn: &Crn,
        referral: ReferralId,
    ) -> Result<Option<T>, UpstreamError> {
        self.find(trace, "referral by URN", &case(crn, &["referrals", &referral.to_string()])).await
    }

    pub(super) fn breaker_state(&self) -> BreakerState {
        self.service.breaker_state()
    }

    async fn get<T: DeserializeOwned>(
        &self,
        trace: &Trace,
        operation: &'static str,
        path: &[&str],
    ) -> Result<T, UpstreamError> {
        self.service.call(trace, Request::get(operation, path)).await?.json()
    }

    async fn find<T: DeserializeOwned>(
        &self,
        trace: &Trace,
        operation: &'static str,
        path: &[&str],
    ) -> Result<Option<T>, UpstreamError> {
        match found(self.service.call(trace, Request::get(operation, path)).await)? {
            Some(answer) => answer.json().map(Some),
            None => Ok(None),
        }
    }
}

fn case<'a>(crn: &'a Crn, rest: &[&'a str]) -> Vec<&'a str> {
    let mut path = vec!["probation-case", crn.as_str()];
    path.extend_from_slice(rest);
    path
}

fn not_answered(crn: &Crn) -> CaseAccess {
    CaseAccess {
        crn: crn.clone(),
        answered: false,
        excluded: false,
        restricted: false,
        exclusion_message: None,
        restriction_message: None,
    }
}
