//! The plan itself: checked when a fault is added, drawn from when a request comes.

use serde::{Deserialize, Serialize};

use super::SYSTEMS;
use crate::state::digest;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request waits `value` milliseconds, then goes on.
    Latency,
    /// Nothing is done; the answer has status `value`.
    Status,
    /// Nothing is done; the connection is cut.
    Reset,
    /// The work is done; the answer's body is not what its content type says.
    Malformed,
    /// The work is done; half of the answer's body arrives, then the connection is cut.
    Truncate,
    /// The work is done and kept; the connection is cut instead of an answer.
    DropAfterCommit,
    /// The request is carried out twice; the first answer is given.
    Duplicate,
    /// Nothing is done; a gateway says 503.
    Down,
}

impl Kind {
    /// The name on the wire and in the request log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Status => "status",
            Self::Reset => "reset",
            Self::Malformed => "malformed",
            Self::Truncate => "truncate",
            Self::DropAfterCommit => "drop_after_commit",
            Self::Duplicate => "duplicate",
            Self::Down => "down",
        }
    }

    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Latency,
        Self::Status,
        Self::Reset,
        Self::Malformed,
        Self::Truncate,
        Self::DropAfterCommit,
        Self::Duplicate,
        Self::Down,
    ];
}

/// One entry of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A path prefix without its slash, or `delius-events`.
    pub system: String,
    /// A path below the prefix, `*` for one segment; absent: every operation. For `delius-events`, `/` and the event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// An HTTP method; absent: every method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What goes wrong.
    #[serde(rename = "fault")]
    pub kind: Kind,
    /// Milliseconds for `latency`, a status for `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// How many requests it strikes; absent: until it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How likely it strikes a request that fits, above 0 and up to 1; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// Why a fault was not added to the plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// No system has that name.
    #[error("unknown system `{0}`, expected one of {list}", list = SYSTEMS.join(", "))]
    UnknownSystem(String),
    /// The operation is not a path.
    #[error("field `operation`: `{0}` does not begin with a slash")]
    NotAPath(String),
    /// No such HTTP method.
    #[error("field `method`: unknown method `{0}`")]
    UnknownMethod(String),
    /// This fault needs a value that is absent or out of range.
    #[error("field `value`: fault `{fault}` needs {needs}")]
    BadValue {
        /// The fault's name.
        fault: &'static str,
        /// What would be right.
        needs: &'static str,
    },
    /// `times` is zero.
    #[error("field `times`: must be at least 1")]
    NeverStrikes,
    /// `probability` is not above 0 and up to 1.
    #[error("field `probability`: must be above 0 and at most 1")]
    BadProbability,
}

/// The faults in force, oldest first; how often one struck, and how many draws were made from the seed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    faults: Vec<Fault>,
    struck: u64,
    draws: u64,
}

impl Plan {
    /// Adds a fault after checking every field.
    ///
    /// # Errors
    /// [`PlanError`] names the field; the plan stays as it was.
    pub fn add(&mut self, fault: Fault) -> Result<(), PlanError> {
        fault.check()?;
        self.faults.push(fault);
        Ok(())
    }

    /// The faults in force, oldest first.
    pub fn list(&self) -> &[Fault] {
        &self.faults
    }

    /// Clears the plan; the draws go on.
    pub fn clear(&mut self) {
        self.faults.clear();
    }

    /// How often a fault struck.
    pub fn struck(&self) -> u64 {
        self.struck
    }

    /// Whether a draw for such a request could strike.
    pub(crate) fn concerns(&self, system: &str, method: &str, path: &str) -> bool {
        self.faults.iter().any(|fault| fault.fits(system, method, path))
    }

    /// Whether such a request is met by `down` for as long as nobody clears the plan.
    pub(crate) fn is_shut(&self, system: &str, method: &str, path: &str) -> bool {
        self.faults
            .iter()
            .find(|fault| fault.fits(system, method, path))
            .is_some_and(|fault| matches!(fault, Fault { kind: Kind::Down, times: None, probability: None, .. }))
    }

    /// The fault that strikes this request, if any; counts it off.
    pub(crate) fn draw(&mut self, seed: u64, system: &str, method: &str, path: &str) -> Option<Fault> {
        for index in 0..self.faults.len() {
            let fault = &self.faults[index];
            if !fault.fits(system, method, path) {
                continue;
            }
            if let Some(probability) = fault.probability {
                self.draws += 1;
                if fraction(seed, self.draws) >= probability {
                    continue;
                }
            }
            self.struck += 1;
            let struck = self.faults[index].clone();
            if let Some(times) = &mut self.faults[index].times {
                *times -= 1;
                if *times == 0 {
                    self.faults.remove(index);
                }
            }
            return Some(struck);
        }
        None
    }
}

impl Fault {
    fn check(&self) -> Result<(), PlanError> {
        if !SYSTEMS.contains(&self.system.as_str()) {
            return Err(PlanError::UnknownSystem(self.system.clone()));
        }
        if let Some(operation) = self.operation.as_ref().filter(|operation| !operation.starts_with('/')) {
            return Err(PlanError::NotAPath(operation.clone()));
        }
        if let Some(method) = &self.method
            && !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method.as_str())
        {
            return Err(PlanError::UnknownMethod(method.clone()));
        }
        let needs = match (self.kind, self.value) {
            (Kind::Latency, None) => Some("a number of milliseconds"),
            (Kind::Status, Some(400..=599)) | (Kind::Latency, Some(_)) => None,
            (Kind::Status, _) => Some("a status from 400 to 599"),
            (_, Some(_)) => Some("no value"),
            (_, None) => None,
        };
        if let Some(needs) = needs {
            return Err(PlanError::BadValue { fault: self.kind.name(), needs });
        }
        if self.times == Some(0) {
            return Err(PlanError::NeverStrikes);
        }
        if self.probability.is_some_and(|probability| !(probability > 0.0 && probability <= 1.0)) {
            return Err(PlanError::BadProbability);
        }
        Ok(())
    }

    fn fits(&self, system: &str, method: &str, path: &str) -> bool {
        self.system == system
            && self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.operation.as_deref().is_none_or(|pattern| path_fits(pattern, path))
    }
}

/// Whether `path` has the segments of `pattern`, `*` standing for any one.
fn path_fits(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.trim_end_matches('/'), path.trim_end_matches('/'));
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}

/// The `n`th draw from `seed`, from 0 up to but not including 1.
fn fraction(seed: u64, n: u64) -> f64 {
    let digest = digest(seed, "fault", n);
    let draw = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    f64::from(draw) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(system: &str, kind: Kind) -> Fault {
        Fault {
            system: system.to_owned(),
            operation: None,
            method: None,
            kind,
            value: None,
            times: None,
            probability: None,
        }
    }

    #[test]
    fn a_star_stands_for_one_segment() {
        assert!(path_fits("/probation-case/*/referrals", "/probation-case/X100001/referrals"));
        assert!(!path_fits("/probation-case/*/referrals", "/probation-case/X100001/referrals/appointments"));
        assert!(!path_fits("/probation-case/*", "/probation-case"));
        assert!(path_fits("/", ""));
    }

    #[test]
    fn a_counted_fault_strikes_as_often_as_it_says() {
        let mut plan = Plan::default();
        plan.add(Fault { times: Some(2), ..fault("sns", Kind::Reset) }).unwrap();
        let struck = (0..4).filter(|_| plan.draw(1, "sns", "POST", "/").is_some()).count();
        assert_eq!(struck, 2);
        assert!(plan.list().is_empty());
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let draws = |seed| {
            let mut plan = Plan::default();
            plan.add(Fault { probability: Some(0.5), ..fault("arns", Kind::Down) }).unwrap();
            (0..64).map(|_| plan.draw(seed, "arns", "GET", "/").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        let struck = draws(7).into_iter().filter(|struck| *struck).count();
        assert!((16..48).contains(&struck), "struck {struck} of 64 at one half");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut plan = Plan::default();
        let wrong = [
            (fault("dellius", Kind::Down), "dellius"),
            (Fault { operation: Some("x".to_owned()), ..fault("arns", Kind::Down) }, "operation"),
            (Fault { method: Some("get".to_owned()), ..fault("arns", Kind::Down) }, "method"),
            (fault("arns", Kind::Latency), "value"),
            (Fault { value: Some(200), ..fault("arns", Kind::Status) }, "value"),
            (Fault { value: Some(1), ..fault("arns", Kind::Down) }, "value"),
            (Fault { times: Some(0), ..fault("arns", Kind::Down) }, "times"),
            (Fault { probability: Some(1.5), ..fault("arns", Kind::Down) }, "probability"),
        ];
        for (fault, named) in wrong {
            let error = plan.add(fault).unwrap_err();
            assert!(error.to_string().contains(named), "{error} does not name {named}");
        }
        assert!(plan.list().is_empty());
    }
}
