//! Faults of a request, named by field and rule. The codes and field paths are the REST contract's.

use std::fmt;

spelled_enum! {
    /// The rule that a field broke.
    pub enum ErrorCode {
        /// The value is fixed and differs from the stored one.
        FieldCannotBeChanged = "FIELD_CANNOT_BE_CHANGED",
        /// The date has passed; today itself is accepted.
        DateMustBeInTheFuture = "DATE_MUST_BE_IN_THE_FUTURE",
        /// A service category must be chosen first.
        ServiceCategoryMustBeSet = "SERVICE_CATEGORY_MUST_BE_SET",
        /// Another answer of the same request makes this one necessary.
        ConditionalFieldMustBeSet = "CONDITIONAL_FIELD_MUST_BE_SET",
        /// The value is missing or blank.
        CannotBeEmpty = "CANNOT_BE_EMPTY",
        /// The number is not above zero.
        CannotBeNegativeOrZero = "CANNOT_BE_NEGATIVE_OR_ZERO",
        /// The number is below the approved plan's.
        CannotBeReduced = "CANNOT_BE_REDUCED",
        /// The service category is not one of the contract type's.
        InvalidServiceCategoryForContract = "INVALID_SERVICE_CATEGORY_FOR_CONTRACT",
        /// The text is not of the form that the field takes.
        InvalidFormat = "INVALID_FORMAT",
        /// The text is longer than the field holds.
        InvalidLength = "INVALID_LENGTH",
        /// The value contradicts another of the same request, or is not one of the field's.
        InvalidValue = "INVALID_VALUE",
        /// The appointment would be before the day on which the referral was sent.
        AppointmentTimeBeforeReferralStartDate = "APPOINTMENT_TIME_BEFORE_REFERRAL_START_DATE",
        /// The appointment would be more than six months from today.
        AppointmentTimeTooFarInFuture = "APPOINTMENT_TIME_TOO_FAR_IN_FUTURE",
        /// The assessment appointment was not attended, or its feedback was not submitted.
        AppointmentMustBeCompleted = "APPOINTMENT_MUST_BE_COMPLETED",
    }
}

/// One fault: the property path in the request (dots for nesting) and the rule it broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The property path, for example `sessionFeedback.late`.
    pub field: String,
    /// The rule.
    pub code: ErrorCode,
}

/// Every fault of one request, in the order in which they were found; all are reported together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// A single fault.
    pub fn one(field: &str, code: ErrorCode) -> Self {
        Self(vec![FieldError { field: field.to_owned(), code }])
    }

    /// Adds a fault.
    pub fn add(&mut self, field: &str, code: ErrorCode) {
        self.0.push(FieldError { field: field.to_owned(), code });
    }

    /// Adds a fault when `holds` is false.
    pub fn require(&mut self, holds: bool, field: &str, code: ErrorCode) {
        if !holds {
            self.add(field, code);
        }
    }

    /// Adds a fault when a text is longer than `max` characters.
    pub fn limit(&mut self, text: Option<&str>, field: &str, max: usize) {
        let fits = text.is_none_or(|text| text.len() <= max || text.chars().count() <= max);
        self.require(fits, field, ErrorCode::InvalidLength);
    }

    /// `Ok` when nothing was found.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {}", error.field, error.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

/// The longest free text, in characters, unless a field says otherwise. Our choice: the limit that pages state.
pub const TEXT_MAX: usize = 4000;
/// The longest text of one line, in characters. Our choice: the limit that pages state.
pub const LINE_MAX: usize = 255;

/// Whether a text says nothing: absent, empty or only white space.
pub fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}
