//! The adapter for the older API (community-api), which had the same work before the integration API.
//!
//! Owns its paths and the translation of its shapes to the port's. It asks about one case at a time, knows neither
//! offices nor delivery units, and its writes name an activity by URN, or by type, sentence and date where it finds
//! none. Most of its writes cannot be repeated ([`write`] says which); an NSI id in an answer is not even read.

mod wire;
mod write;

use std::sync::Arc;

use domain::Crn;
use serde::de::DeserializeOwned;

use super::{CaseAccess, CaseDetails, CaseIdentifiers, Conviction, ManagedCase, ResponsibleOfficer, UserDetails};
use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::error::UpstreamError;
use crate::http::{Request, found};
use crate::trace::Trace;

pub(super) struct Legacy {
    service: Arc<Service>,
}

impl Legacy {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    pub(super) fn breaker_state(&self) -> BreakerState {
        self.service.breaker_state()
    }

    pub(super) async fn case_details(&self, trace: &Trace, crn: &Crn) -> Result<Option<CaseDetails>, UpstreamError> {
        Ok(self.person(trace, "case details", crn).await?.map(Into::into))
    }

    /// An unknown case has no prison number, as with the integration API.
    pub(super) async fn identifiers(&self, trace: &Trace, crn: &Crn) -> Result<CaseIdentifiers, UpstreamError> {
        let person = self.person(trace, "identifiers", crn).await?;
        let noms_number = person.and_then(wire::Person::into_noms_number);
        Ok(CaseIdentifiers { crn: crn.clone(), noms_number })
    }

    async fn person(
        &self,
        trace: &Trace,
        operation: &'static str,
        crn: &Crn,
    ) -> Result<Option<wire::Person>, UpstreamError> {
        self.find(trace, operation, &offender(crn, &["all"]), &[]).await
    }

    pub(super) async fn convictions(&self, trace: &Trace, crn: &Crn) -> Result<Option<Vec<Conviction>>, UpstreamError> {
        let path = offender(crn, &["convictions"]);
        let all: Option<Vec<wire::Conviction>> =
            self.find(trace, "convictions", &path, &[("activeOnly", "true")]).await?;
        // What has no sentence or no main offence is left out there too.
        Ok(all.map(|all| all.into_iter().filter_map(wire::Conviction::into_port).collect()))
    }

    pub(super) async fn conviction(
        &self,
        trace: &Trace,
        crn: &Crn,
        conviction_id: i64,
    ) -> Result<Option<Conviction>, UpstreamError> {
        let id = conviction_id.to_string();
        let one: Option<wire::Conviction> =
            self.find(trace, "conviction", &offender(crn, &["convictions", &id]), &[]).await?;
        Ok(one.and_then(wire::Conviction::into_port))
    }

    pub(super) async fn responsible_officer(
        &self,
        trace: &Trace,
        crn: &Crn,
    ) -> Result<Option<ResponsibleOfficer>, UpstreamError> {
        let path = offender(crn, &["allOffenderManagers"]);
        let managers: Option<Vec<wire::Manager>> = self.find(trace, "responsible officer", &path, &[]).await?;
        Ok(managers.and_then(wire::responsible_officer))
    }

    /// One call for each case. A case or user that is not there is not answered, hence closed.
    pub(super) async fn case_access(
        &self,
        trace: &Trace,
        username: &str,
        crns: &[Crn],
    ) -> Result<Vec<CaseAccess>, UpstreamError> {
        let mut all = Vec::with_capacity(crns.len());
        for crn in crns {
            let path = offender(crn, &["user", username, "userAccess"]);
            // "Forbidden" is an answer here, with the same body.
            let request = Request::get("case access", &path).also(reqwest::StatusCode::FORBIDDEN);
            let answer = found(self.service.call(trace, request).await)?;
            all.push(match answer {
                Some(answer) => answer.json::<wire::Access>()?.into_port(crn),
                None => CaseAccess {
                    crn: crn.clone(),
                    answered: false,
                    excluded: false,
                    restricted: false,
                    exclusion_message: None,
                    restriction_message: None,
                },
            });
        }
        Ok(all)
    }

    pub(super) async fn managed_cases(&self, trace: &Trace, username: &str) -> Result<Vec<ManagedCase>, UpstreamError> {
        let path = ["secure", "staff", "username", username];
        let Some(staff) = self.find::<wire::Staff>(trace, "managed cases", &path, &[]).await? else {
            return Ok(Vec::new());
        };
        let id = staff.staff_identifier.to_string();
        let path = ["secure", "staff", "staffIdentifier", &id, "caseload", "managedOffenders"];
        let cases: Option<Vec<wire::ManagedOffender>> = self.find(trace, "managed cases", &path, &[]).await?;
        Ok(cases.unwrap_or_default().into_iter().filter_map(wire::ManagedOffender::into_port).collect())
    }

    pub(super) async fn user_details(
        &self,
        trace: &Trace,
        username: &str,
    ) -> Result<Option<UserDetails>, UpstreamError> {
        let found: Option<wire::User> =
            self.find(trace, "user details", &["secure", "users", username, "details"], &[]).await?;
        Ok(found.map(Into::into))
    }

    async fn find<T: DeserializeOwned>(
        &self,
        trace: &Trace,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, UpstreamError> {
        match found(self.service.call(trace, Request::get(operation, path).query(query)).await)? {
            Some(answer) => answer.json().map(Some),
            None => Ok(None),
        }
    }
}

fn offender<'a>(crn: &'a Crn, rest: &[&'a str]) -> Vec<&'a str> {
    let mut path = vec!["secure", "offenders", "crn", crn.as_str()];
    path.extend_from_slice(rest);
    path
}
